"""The demo: the whole line on one machine, with a simulated carrier and automatic agents."""
