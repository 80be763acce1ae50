"""Quotes, plans and promises decided: values in, decision out."""

from __future__ import annotations

from goodterms.arrangements.decide.promises import check_promise, fate, kept, smallest
from goodterms.arrangements.decide.quoting import everyday, quote, terms
from goodterms.arrangements.decide.spreading import WATERFALL, allocate, give_back

__all__ = [
    "WATERFALL", "allocate", "check_promise", "everyday", "fate", "give_back", "kept", "quote",
    "smallest", "terms",
]  # fmt: skip
