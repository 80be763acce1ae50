"""The life of a call: from a written attempt to its disposition."""
