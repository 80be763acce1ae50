"""The accounts pages: the list, one person with all that is known of them, and what can be done."""
