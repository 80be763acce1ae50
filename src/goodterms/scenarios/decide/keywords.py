"""Words by which a consumer opts out in a message."""

from __future__ import annotations

_WORDS = frozenset(
    {"stop", "stopall", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe"}
)


def opts_out(text: str) -> bool:
    """Tell whether a message is a word of opting out, whatever its case and punctuation.

    Reference: 47 CFR 64.1200(a)(10).
    """
    word = "".join(c for c in text.lower().replace("-", " ") if c.isalpha() or c == " ").strip()
    return word in _WORDS
