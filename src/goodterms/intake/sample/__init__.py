"""Invented portfolios: the one that ships with the project, and people for whom it is daytime.

Nobody in them exists. Every number lies in the range 555-0100 to 555-0199 that is kept for
fiction in each area code; its last two digits choose how the simulated carrier answers.
"""
