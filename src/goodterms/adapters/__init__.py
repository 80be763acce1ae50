"""The outside world behind ports; no adapter knows another."""
