"""Settings, composition root, processes and the command line."""
