"""Accounts coming in: files and upserts, checked row by row, nothing lost."""
