"""``goodterms audit``: the evidence looked through, judged again, and handed over."""
