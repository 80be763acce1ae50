"""Building a list: who may not be contacted whatever the hour is left out, with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from goodterms.accounts.model import Channel
from goodterms.compliance.model import Moment, ProposedContact
from goodterms.compliance.service import ComplianceService
from goodterms.dialing import store
from goodterms.dialing.decide import standing_refusal
from goodterms.dialing.model import Candidate, Member
from goodterms.kit.sql import Connection

BATCH = 500
"""How many people the gate is asked about at once."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """The members who stay, each with the number to begin with, and why others do not."""

    kept: tuple[Member, ...]
    removed: dict[Member, str]


async def sift(
    conn: Connection,
    compliance: ComplianceService,
    campaign_id: int,
    members: Sequence[Member],
    *,
    rested_since: datetime,
    now: datetime,
) -> Sifted:
    """Ask the gate at LOAD about everybody whom a refresh would put on the list.

    Who is on it already is not asked about again: restrictions take people off it by themselves,
    and the gate decides again before each call. Where a number is refused and not the person, the
    next one is tried. Nothing is recorded, and nothing is granted.
    """
    found = await store.candidates(conn, campaign_id, members, rested_since)
    kept: dict[int, Member] = {member.consumer_id: member for member in members}
    removed: dict[Member, str] = {}
    for first in range(0, len(found), BATCH):
        for member, code in await _judge(conn, compliance, found[first : first + BATCH], now):
            if code:
                removed[kept.pop(member.consumer_id)] = code
            else:
                kept[member.consumer_id] = member
    return Sifted(tuple(kept.values()), removed)


async def _judge(
    conn: Connection, compliance: ComplianceService, batch: Sequence[Candidate], now: datetime
) -> list[tuple[Member, str]]:
    """Judge people by their numbers in turn; give each with the code that removes them, or none."""
    judged: list[tuple[Member, str]] = []
    while batch:
        verdicts = await compliance.previews(
            conn, [_proposed(one) for one in batch], now=now, moment=Moment.LOAD
        )
        again: list[Candidate] = []
        for one, verdict in zip(batch, verdicts, strict=True):
            refusal = standing_refusal(verdict)
            if refusal is not None and refusal[1] and len(one.points) > 1:
                again.append(replace(one, points=one.points[1:]))
                continue
            member = replace(one.member, contact_point_id=one.points[0][0])
            judged.append((member, refusal[0] if refusal else ""))
        batch = again
    return judged


def _proposed(one: Candidate) -> ProposedContact:
    point_id, number = one.points[0]
    return ProposedContact(
        attempt_id="load",
        consumer_id=one.member.consumer_id,
        account_ids=one.member.account_ids,
        contact_point_id=point_id,
        number=number,
        channel=Channel.CALL,
        agent_guaranteed=True,
    )
