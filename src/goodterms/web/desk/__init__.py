"""The agent's desk: the call on the line, the person, the matter, and what to say and do."""
