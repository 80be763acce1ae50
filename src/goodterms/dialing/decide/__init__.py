"""How many lines to place, and what becomes of a due attempt."""

from goodterms.dialing.decide.due import (
    DEFAULT_RETRY,
    after_disposition,
    after_end,
    after_verdict,
    caller_id,
    later_point,
    point_to_dial,
    retry_rule,
    standing_refusal,
    without_number,
)
from goodterms.dialing.decide.pace import pace, per_window, rate_window

__all__ = [
    "DEFAULT_RETRY",
    "after_disposition",
    "after_end",
    "after_verdict",
    "caller_id",
    "later_point",
    "pace",
    "per_window",
    "point_to_dial",
    "rate_window",
    "retry_rule",
    "standing_refusal",
    "without_number",
]
