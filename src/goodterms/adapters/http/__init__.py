"""Host ledgers and webhook receivers over HTTP, signed in the way of Standard Webhooks."""
