"""Messages from consumers: heard at once, before anything else is sent."""
