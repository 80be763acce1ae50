"""``goodterms why``: an attempt, an account or a campaign, in plain words."""

from __future__ import annotations

from datetime import datetime, timedelta

from rich.console import Console
from rich.table import Table

from goodterms.accounts.model import AccountRow, Channel
from goodterms.app.audit.reports import opened
from goodterms.app.compose import Services
from goodterms.app.settings import Settings
from goodterms.campaigns.model import Campaign
from goodterms.compliance.model import ProposedContact, ReasonCode
from goodterms.kit.errors import NotFound
from goodterms.kit.sql import Connection

_DAY = timedelta(days=1)


async def explain(settings: Settings, out: Console, subject: str, at: datetime | None) -> int:
    """Explain an attempt's verdict, whether an account may be called, or a campaign's silence.

    Raises:
        NotFound: nothing has this name.
    """
    async with opened(settings, "goodterms why") as parts, parts.pool.connection() as conn:
        if subject.startswith("att_"):
            out.print((await parts.compliance.why(conn, subject)).text(), highlight=False)
            return 0
        account = await _account(parts, conn, subject)
        campaign = None if account else await _campaign(parts, conn, subject)
        if account:
            await _explain_account(parts, conn, out, account, at)
        elif campaign:
            await _explain_campaign(parts, conn, out, campaign, at or parts.clock.now())
        else:
            raise NotFound(
                "SUBJECT_UNKNOWN",
                f"There is no account and no campaign {subject!r}: give an account's reference as"
                " in the accounts list, a campaign's name, or an attempt (att_…).",
            )
    return 0


async def _account(parts: Services, conn: Connection, reference: str) -> AccountRow | None:
    page = await parts.accounts.search(conn, reference, limit=5)
    return next((row for row in page.rows if row.reference == reference), None)


async def _campaign(parts: Services, conn: Connection, name: str) -> Campaign | None:
    named = name.removeprefix("campaign:").strip().lower()
    for campaign in await parts.campaigns.campaigns(conn):
        if named in (campaign.name.lower(), str(campaign.id)):
            return campaign
    return None


async def _explain_account(
    parts: Services, conn: Connection, out: Console, account: AccountRow, at: datetime | None
) -> None:
    now = parts.clock.now()
    if at is not None and at < now:
        verdict = await parts.compliance.last_verdict(
            conn, account.consumer_id, account.account_id, before=at
        )
        if verdict is None:
            out.print(f"By {at:%Y-%m-%d %H:%M} UTC nothing had been decided about"
                      f" {account.reference}: nobody wanted to call.", highlight=False)  # fmt: skip
            return
        out.print((await parts.compliance.why_of(conn, verdict)).text(), highlight=False)
        return
    number, because = await parts.compliance.callers.number_for(
        conn, account.consumer_id, now=at or now
    )
    points = await parts.accounts.contact_points(conn, account.consumer_id)
    phones = [point for point in points if point.kind == "phone"]
    if not phones:
        out.print(f"{account.consumer_name} has no telephone on record.", highlight=False)
    for point in phones:
        contact = ProposedContact(
            attempt_id="att_preview", consumer_id=account.consumer_id,
            account_ids=(account.account_id,), contact_point_id=point.id, number=point.value,
            channel=Channel.CALL, caller_id=number, caller_because=because,
        )  # fmt: skip
        verdict = await parts.compliance.preview(conn, contact, now=at or now)
        out.print(f"A call to {point.value}:", style="bold", highlight=False)
        out.print(parts.compliance.explain(verdict).text(), highlight=False)


async def _explain_campaign(
    parts: Services, conn: Connection, out: Console, campaign: Campaign, at: datetime
) -> None:
    """Print what the gate answered in the 24 hours before, and how the list stands."""
    out.print(f"{campaign.name} is {campaign.state}.", style="bold", highlight=False)
    answers = await parts.reporting.answers(
        conn, campaign_id=campaign.id, since=at - _DAY, until=at
    )
    if answers:
        table = Table("decision", "reason", "contacts", "people", "next possible")
        table.title = f"What the gate answered in the day before {at:%Y-%m-%d %H:%M} UTC"
        for one in answers:
            following = f"{one.next_at:%Y-%m-%d %H:%M} UTC" if one.next_at else ""
            table.add_row(
                one.decision, f"{one.reason_code}: {ReasonCode(one.reason_code).meaning}",
                f"{one.contacts:,}", f"{one.people:,}", following,
            )  # fmt: skip
        out.print(table)
    else:
        out.print("The gate was not asked in the day before: nothing was due, no agent was free, or"
                  " the campaign did not run.", highlight=False)  # fmt: skip
    counts = await parts.dialing.counts(conn, campaign.id)
    for state, (number, due_at) in counts.items():
        when = f", the next at {due_at:%Y-%m-%d %H:%M} UTC" if state == "waiting" else ""
        out.print(f"{number:,} people {state}{when}.", highlight=False)
    pace = await parts.reporting.pace(conn, campaign.id)
    if pace:
        out.print(f"The dialer said last: {pace}", highlight=False)
