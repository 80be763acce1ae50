"""Append-only double entry; the only writer of balances."""
