"""The audit pages: every answer of the gate, readable and replayable."""
