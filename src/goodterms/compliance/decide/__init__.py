"""The gate: whether a contact may be made, decided from facts and rules alone."""

from goodterms.compliance.decide.gate import gate
from goodterms.compliance.decide.record import Record, record, replay, worded
from goodterms.compliance.decide.rows import (
    RulebookError,
    content,
    from_content,
    lookback_days,
    make_rulebook,
    read_rules,
)
from goodterms.compliance.decide.words import explain, headline

__all__ = [
    "Record",
    "RulebookError",
    "content",
    "explain",
    "from_content",
    "gate",
    "headline",
    "lookback_days",
    "make_rulebook",
    "read_rules",
    "record",
    "replay",
    "worded",
]
