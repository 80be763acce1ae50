"""People who sign in, programs that hold keys, and who did what."""
