"""The gate, its rulebook, the contact log and the decision record."""
