"""Payment attempts, their outcomes, refunds and pay links."""
