"""What the rules say of a campaign's pace, by the counts of the window that is in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from goodterms.compliance.decide.abandonment import Tally, false_positives
from goodterms.compliance.model import Decision, Moment, ProposedPace
from goodterms.compliance.service import ComplianceService
from goodterms.dialing import store
from goodterms.dialing.model import DialPolicy, Mode
from goodterms.kit.sql import Connection

ASK_EVERY = timedelta(seconds=15)
"""Between two counts pacing goes by its own, which only rise."""


class PaceRules:
    """Asks at PACE which campaigns may place no more lines than they have agents."""

    def __init__(self, compliance: ComplianceService) -> None:
        self._compliance = compliance
        self._held: dict[int, str] = {}
        self._asked: tuple[datetime, frozenset[int]] | None = None

    async def held(
        self, conn: Connection, policies: Sequence[DialPolicy], *, now: datetime
    ) -> dict[int, str]:
        """Say which campaigns are held to one line per agent, and why.

        Those that place more are asked about, in each country where they called somebody: one
        that holds them holds them everywhere.
        """
        ahead = {
            policy.campaign_id: policy
            for policy in policies
            if policy.running and policy.mode is not Mode.PROGRESSIVE
        }
        asked = self._asked
        if asked and asked[1] == frozenset(ahead) and now - asked[0] < ASK_EVERY:
            return self._held
        self._held = await self._ask(conn, ahead, now) if ahead else {}
        self._asked = (now, frozenset(ahead))
        return self._held

    async def _ask(
        self, conn: Connection, ahead: dict[int, DialPolicy], now: datetime
    ) -> dict[int, str]:
        counted = await store.tallies(conn, list(ahead), self._compliance.pace_windows(now))
        held: dict[int, str] = {}
        for campaign_id, policy in ahead.items():
            # Who has called nobody yet has no rate, by the rule that holds everywhere.
            for country, (tally, taken) in counted.get(campaign_id, {"": (Tally(0, 0), 0)}).items():
                [answer] = await self._compliance.ask_everywhere(
                    conn, Moment.PACE, [_proposed(policy, tally, taken)], [(country, "")], now=now
                )
                if answer.decision is not Decision.ALLOW:
                    held[campaign_id] = next(f.words for f in answer.findings if not f.passed)
        return held


def _proposed(policy: DialPolicy, tally: Tally, taken: int) -> ProposedPace:
    """Give a pace with its counts; ``taken`` calls were taken for machines by detection."""
    return ProposedPace(
        campaign_id=policy.campaign_id,
        abandoned=tally.abandoned,
        live=tally.live,
        machines=tally.machines,
        false_positives=false_positives(taken),
        amd=policy.amd,
        ring_seconds=policy.ring_seconds,
    )
