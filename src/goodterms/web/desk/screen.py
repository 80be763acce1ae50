"""The desk's screen: the call on the line with its person, matter, script and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from goodterms.accounts.model import Creditor
from goodterms.arrangements.model import OptionKind, Promise, Quote
from goodterms.calls.model import Attempt, Disposition
from goodterms.compliance.model import CallProgress, Duty, Explanation
from goodterms.kit.errors import NotFound
from goodterms.kit.ids import new_id
from goodterms.kit.sql import Connection
from goodterms.payments.model import Payment, PaymentState
from goodterms.web.accounts import facts, words
from goodterms.web.accounts.actions import allowed
from goodterms.web.accounts.person import Debt, Person, load
from goodterms.web.accounts.wish import Said
from goodterms.web.context import Signed, Web
from goodterms.web.desk.script import Script, script
from goodterms.web.formats import money_text
from goodterms.web.forms import Form

_COMMON = (
    Disposition.PAID,
    Disposition.PROMISE,
    Disposition.REFUSED_TO_PAY,
    Disposition.CALL_BACK,
    Disposition.THIRD_PARTY,
    Disposition.HUNG_UP,
)
CONSEQUENCES = {
    Disposition.DISPUTE,
    Disposition.WRONG_NUMBER,
    Disposition.CEASE,
    Disposition.ATTORNEY,
    Disposition.BANKRUPTCY,
    Disposition.DECEASED,
    Disposition.OPT_OUT,
}
_REST = (
    Disposition.DISPUTE,
    Disposition.WRONG_NUMBER,
    Disposition.OPT_OUT,
    Disposition.CEASE,
    Disposition.ATTORNEY,
    Disposition.BANKRUPTCY,
    Disposition.DECEASED,
    Disposition.MACHINE,
    Disposition.OTHER,
)


@dataclass(frozen=True, slots=True)
class Call:
    """A call on the desk. ``over``: it has ended and waits for its disposition."""

    attempt: Attempt
    campaign: str
    person: Person
    why: Explanation | None
    duties: tuple[Duty, ...]
    script: Script
    payments: tuple[Payment, ...]
    promises: tuple[Promise, ...]

    @property
    def over(self) -> bool:
        """True when nobody is on the line any more."""
        return self.attempt.ended_at is not None

    @property
    def debts(self) -> tuple[Debt, ...]:
        """The debts this call may be about, first; then the person's others."""
        mine = self.attempt.account_ids
        return tuple(sorted(self.person.debts, key=lambda debt: debt.account.id not in mine))

    @property
    def account_id(self) -> int | None:
        """The account to begin with: the first of the call's that can be paid."""
        chosen = next((d for d in self.debts if d.payable), next(iter(self.debts), None))
        return chosen.account.id if chosen else None

    @property
    def likely(self) -> tuple[Disposition, ...]:
        """The common dispositions, what happened in this call first."""
        return tuple(sorted(_COMMON, key=lambda one: one not in self.happened))

    @property
    def happened(self) -> frozenset[Disposition]:
        """What the records say came of the call."""
        paid = any(p.state is PaymentState.SUCCEEDED for p in self.payments)
        found = {Disposition.PAID} if paid else set()
        return frozenset(found | ({Disposition.PROMISE} if self.promises else set()))


async def call_of(web: Web, conn: Connection, signed: Signed) -> Call | None:
    """Return the call the agent is in, or has still to dispose of; None between calls."""
    screen = await web.reporting.screen(conn, signed.person.id)
    if screen is None:
        return None
    attempt = await web.calls.attempt(conn, screen.attempt_id)
    now = web.clock.now()
    person = await load(web, conn, attempt.consumer_id, now=now, ask_gate=False)
    return Call(
        attempt=attempt,
        campaign=screen.campaign_name or "",
        person=person,
        why=await _why(web, conn, attempt.id),
        duties=await web.compliance.in_call(conn, attempt.id, _progress(attempt, now), now=now),
        script=_spoken(web, signed, person, attempt, screen.script),
        payments=tuple(p for p in person.payments if p.attempt_id == attempt.id),
        promises=tuple(p for p in person.promises if p.attempt_id == attempt.id),
    )


def _progress(attempt: Attempt, now: datetime) -> CallProgress:
    """Say how the call stands for the rules of a conversation; it is not recorded."""
    joined = attempt.bridged_at
    since = attempt.greeting_ended_at or attempt.answered_at
    waited = max(0.0, ((joined or now) - since).total_seconds()) if since else None
    return CallProgress(waited=waited, agent=joined is not None)


async def _why(web: Web, conn: Connection, attempt_id: str) -> Explanation | None:
    try:
        return await web.compliance.why(conn, attempt_id)
    except NotFound:
        return None


def _spoken(web: Web, signed: Signed, person: Person, attempt: Attempt, name: str | None) -> Script:
    mine = [debt for debt in person.debts if debt.account.id in attempt.account_ids]
    first = next(iter(mine or person.debts), None)
    creditor: Creditor | None = first.creditor if first else None
    return script(name).spoken(
        {
            "consumer": person.consumer.name,
            "creditor": (creditor.spoken_name or creditor.name) if creditor else "",
            "agent": signed.person.display_name,
            "organisation": web.settings.organisation,
            "total": money_text(first.balance.total) if first else "",
        }
    )


async def quote_of(
    web: Web, conn: Connection, signed: Signed, call: Call, account_id: int | None
) -> Quote | None:
    """Quote the chosen account; None where nothing can be paid on it."""
    debt = call.person.debt(account_id)
    if debt is None or not debt.payable:
        return None
    return await web.arrangements.quote(
        conn, debt.account.id, actor=signed.actor.name, now=web.clock.now()
    )


def context(
    web: Web,
    signed: Signed,
    call: Call,
    account_id: int | None,
    *,
    quote: Quote | None = None,
    form: Form | None = None,
    said: Said | None = None,
) -> dict[str, Any]:
    """Return what the desk's templates need."""
    chosen = account_id if account_id is not None else call.account_id
    latest = (
        next((o.latest_on for o in quote.options if o.kind is OptionKind.PROMISE), None)
        if quote
        else None
    )
    return {
        "call": call,
        "person": call.person,
        "debt": call.person.debt(chosen),
        "quote": quote,
        "latest": latest,
        "form": form or Form(),
        "said": said,
        "may": allowed(signed),
        "words": words.TABLES,
        **facts.SHOWN,
        "rest": _REST,
        "consequences": CONSEQUENCES,
        "fresh": new_id("pay", web.clock.now()),
        "test_cards": web.settings.test_cards,
    }
