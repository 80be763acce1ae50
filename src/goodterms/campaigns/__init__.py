"""Who should be reached, how, and within which limits."""
