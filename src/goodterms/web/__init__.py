"""Routes and templates; no decisions."""
