"""Agents, their states, and who takes which call."""
