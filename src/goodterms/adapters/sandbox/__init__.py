"""The embedded sandbox processor: test cards, a bank that survives us, hosted pages, webhooks."""
