"""A telephone network of our own in virtual time, with consumers who follow scripts."""
