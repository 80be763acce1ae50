"""goodterms: the open-source contact centre for accounts receivable."""
