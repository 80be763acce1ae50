"""Scenarios: what is given, what is asked and what is expected, in words a lawyer can read."""
