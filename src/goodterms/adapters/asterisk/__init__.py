"""Asterisk: the program, its instances, speech for them, and the simulated carrier."""
