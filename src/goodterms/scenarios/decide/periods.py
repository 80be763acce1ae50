"""Questions about the dates that the law counts: from what happened, or from dates given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from goodterms.compliance.decide import dates
from goodterms.compliance.decide.case import places_of
from goodterms.compliance.model import Circumstance, Facts, Reach, Rulebook
from goodterms.kit.money import Money, MoneyError
from goodterms.scenarios.decide.clock import day_of, take_whens
from goodterms.scenarios.decide.facts import facts_at
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.questions import Asking, Stage
from goodterms.scenarios.model import Reply

_Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one debt: dates that the question gives, else what was recorded."""

    rulebook: Rulebook
    facts: Facts
    account_id: int
    given: _Given

    @property
    def where(self) -> tuple[str, ...]:
        """The places whose law counts."""
        return places_of(self.facts)

    def _recorded(self, kind: str) -> list[Circumstance]:
        found = [
            one
            for one in self.facts.circumstances
            if one.kind == kind and one.account_id in (None, self.account_id)
        ]
        return sorted(found, key=lambda one: (one.on, one.at))

    def first(self, name: str, kind: str) -> date | None:
        """Return the date given, or that of the first circumstance of a kind."""
        if name in self.given:
            return _date(self.given[name])
        return next((one.on for one in self._recorded(kind)), None)

    def notice(self) -> Circumstance | None:
        """Return the latest validation notice on record."""
        sent = [n for n in self._recorded("notice") if n.data.get("notice") == "validation"]
        return sent[-1] if sent else None

    def sent(self) -> date | None:
        """Return when the validation notice was sent."""
        if "sent" in self.given:
            return _date(self.given["sent"])
        notice = self.notice()
        return notice.on if notice else None

    @property
    def communicated(self) -> date | None:
        """Return when the debt was first communicated about, as the contacts show."""
        return min(
            [
                one.day
                for one in self.facts.log
                if self.account_id in one.account_ids
                and one.to == "consumer"
                and one.message not in ("limited_content", "opt_out_confirmation")
                and one.reach in (Reach.MESSAGE, Reach.CONVERSATION)
            ],
            default=None,
        )

    def dispute(self) -> date | None:
        """Return the date of the latest dispute."""
        if "dispute" in self.given:
            return _date(self.given["dispute"])
        found = self._recorded("dispute")
        return found[-1].on if found else None

    def last_activity(self, *, calls: bool = False) -> date | None:
        """Return the date of the last contact about the debt, or of the last call."""
        if "since" in self.given:
            return _date(self.given["since"])
        return max(
            [
                one.day
                for one in self.facts.log
                if self.account_id in one.account_ids and (one.medium == "call" or not calls)
            ],
            default=None,
        )


def _date(value: Any) -> date | None:
    return value if isinstance(value, date) else None


def _notice_due(known: Known) -> Any:
    """When the validation information is due, from the ``initial_communication``."""
    began = known.first("initial_communication", "initial_communication") or known.communicated
    return began and dates.validation_notice_due(known.rulebook, began, known.where)


def _receipt(known: Known) -> Any:
    """When a validation notice may be assumed to have been received, from ``sent``."""
    sent = known.sent()
    return sent and dates.assumed_receipt(known.rulebook, sent, known.where)


def _period(known: Known) -> Any:
    """When the validation period ends, from ``sent`` or ``received``."""
    sent, received = known.sent() or _date(known.given.get("received")), known.given.get("received")
    return sent and dates.validation_period_ends(
        known.rulebook, sent, known.where, received=received
    )


def _in_time(known: Known) -> Any:
    """Whether the last ``dispute`` came within the period of the notice ``sent``."""
    dispute = known.dispute()
    return dispute and dates.dispute_in_time(known.rulebook, dispute, known.sent(), known.where)


def _furnishing(known: Known) -> Any:
    """The first day on which the debt may be reported, from ``sent`` and ``conversation``."""
    notice = known.notice()
    missed = bool(known.given.get("undelivered", notice and notice.data.get("undelivered")))
    talked = known.first("conversation", "first_conversation") or _talked(known)
    return dates.furnishable_from(
        known.rulebook, known.sent(), talked, known.where, undelivered=missed
    )


def _talked(known: Known) -> date | None:
    talks = [
        one.day
        for one in known.facts.log
        if one.reach is Reach.CONVERSATION and known.account_id in one.account_ids
    ]
    return min(talks, default=None)


def _reportable(known: Known) -> Any:
    """The last day it may stand in a consumer report, from the ``first_delinquency``."""
    began = known.first("first_delinquency", "first_delinquency")
    return began and dates.reportable_until(known.rulebook, began, known.where)


def _records(known: Known) -> Any:
    """The last day records must be kept, from the last activity (``since``)."""
    since = known.last_activity()
    return since and dates.kept_until(known.rulebook, "records", since, known.where)[0]


def _recordings(known: Known) -> Any:
    """The last day a recording must be kept, from the call (``since``)."""
    since = known.last_activity(calls=True)
    return since and dates.kept_until(known.rulebook, "recordings", since, known.where)[0]


def _barred(known: Known) -> Any:
    """The first day it is too late to sue, from ``accrued`` and the ``contract``."""
    accrued = known.first("accrued", "claim_accrued")
    contract = str(known.given.get("contract", _contract(known)))
    return accrued and dates.time_barred_from(known.rulebook, accrued, known.where, contract)


def _contract(known: Known) -> str:
    for one in known.facts.circumstances:
        if one.kind == "claim_accrued" and "contract" in one.data:
            return str(one.data["contract"])
    return "written"


def _bureau(known: Known) -> Any:
    """The last day to answer a dispute ``received`` through a bureau (``more_came``: yes or no)."""
    received = _date(known.given.get("received")) or known.dispute()
    more = bool(known.given.get("more_came"))
    return received and dates.bureau_answer_due(
        known.rulebook, received, known.where, more_came=more
    )


def _notice_first(known: Known) -> Any:
    """The first day to send the notice of a payment ``accepted`` for a later ``deposit``."""
    span = _notice_span(known)
    return span and span[0]


def _notice_last(known: Known) -> Any:
    """The last day to send the notice of a payment ``accepted`` for a later ``deposit``."""
    span = _notice_span(known)
    return span and span[1]


def _notice_span(known: Known) -> tuple[date, date] | None:
    accepted, deposit = _date(known.given.get("accepted")), _date(known.given.get("deposit"))
    if accepted is None or deposit is None:
        return None
    return dates.post_dated_notice(known.rulebook, accepted, deposit, known.where)


_INPUTS = (
    "initial_communication", "sent", "received", "dispute", "conversation", "first_delinquency",
    "since", "accrued", "accepted", "deposit",
)  # fmt: skip
PERIODS: Mapping[str, tuple[Callable[[Known], Any], str]] = {
    "validation_notice_due": (_notice_due, "date"),
    "assumed_receipt": (_receipt, "date"),
    "validation_period_ends": (_period, "date"),
    "dispute_in_period": (_in_time, "inside"),
    "furnishing_date": (_furnishing, "date"),
    "reportable_until": (_reportable, "date"),
    "records_kept_until": (_records, "date"),
    "recordings_kept_until": (_recordings, "date"),
    "time_barred_from": (_barred, "date"),
    "bureau_answer_due": (_bureau, "date"),
    "post_dated_notice_from": (_notice_first, "date"),
    "post_dated_notice_until": (_notice_last, "date"),
}
"""Every date question: what counts it, and the name of its value."""


def read_period(name: str) -> Callable[[Node, Fields, Stage], Asking]:
    """Make the reader of a date question: about a debt by name, or with dates of its own.

    Without ``at`` all that is given counts.
    """
    count, value = PERIODS[name]

    def read(node: Node, fields: Fields, stage: Stage) -> Asking:
        given, about = _given(node, stage)
        account_id = about or stage.cast.one_account(fields)
        whens = take_whens(fields, ("at", "on"))
        at = stage.cast.clock.of(whens[0]) if whens else stage.end
        facts = facts_at(stage.world, at)

        def asking(rulebook: Rulebook) -> Reply:
            try:
                found = count(Known(rulebook, facts, account_id, given))
            except dates.NoRowError as error:
                return Reply(values={value: None}, trace=(str(error),))
            told = (
                f"  {name}: {found}" if found is not None else "  a date it counts from is missing"
            )
            return Reply(values={value: found}, trace=(told,))

        return asking

    read.__doc__ = count.__doc__
    return read


def _given(node: Node, stage: Stage) -> tuple[_Given, int | None]:
    """Read the dates of the question itself, and the debt it names."""
    if node.is_null or node.is_plain:
        return {}, None
    if node.is_text:
        found = stage.cast.accounts_of(node)
        if len(found) != 1:
            node.refuse("names several debts", "ask about one at a time")
        return {}, found[0]
    fields = node.fields()
    given: dict[str, Any] = {}
    for name in _INPUTS:
        if (one := fields.take(name)) is not None:
            given[name] = day_of(one)
    for name in ("undelivered", "more_came"):
        if (one := fields.take(name)) is not None:
            given[name] = one.flag()
    if (one := fields.take("contract")) is not None:
        given["contract"] = one.text()
    about = stage.cast.about(fields)
    fields.done()
    return given, about[0] if about else None


def read_itemisation(node: Node, fields: Fields, stage: Stage) -> Asking:
    """Add up an itemisation exactly: a list of amounts in one ``currency``."""
    currency = fields.text("currency", otherwise="USD").upper()
    fields.take("at", "on")
    _ = stage
    try:
        amounts = [Money.written(item.text(), currency) for item in node.items()]
    except MoneyError as error:
        node.refuse("is no list of amounts", str(error).rstrip("."))
    total = sum((amount.amount for amount in amounts), start=Money.of(0, currency).amount)
    return lambda _rulebook: Reply(values={"total": total}, trace=(f"  total: {total}",))
