"""People who sign in, programs that hold keys, and the record of who did what."""
