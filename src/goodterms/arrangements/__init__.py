"""What may be paid now and what was promised: quotes and promises."""
