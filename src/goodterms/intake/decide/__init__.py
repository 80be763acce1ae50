"""What a file says: its columns, its rows, its cells."""
