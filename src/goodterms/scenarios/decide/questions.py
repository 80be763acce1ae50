"""What is asked: whether a contact may be made, a payment be taken, a pace be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from goodterms.accounts.model import Channel
from goodterms.compliance.decide.gate import ask, gate
from goodterms.compliance.model import (
    Activation,
    Answer,
    CallProgress,
    Facts,
    Moment,
    ProposedContact,
    ProposedErasure,
    ProposedPace,
    ProposedPayment,
    ProposedReport,
    Rulebook,
    Subject,
    Verdict,
    Wording,
)
from goodterms.scenarios.decide.cast import Cast
from goodterms.scenarios.decide.clock import LONG_AGO, NOON, day_of, take_whens
from goodterms.scenarios.decide.facts import facts_at
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.people import minor_units
from goodterms.scenarios.decide.replies import told
from goodterms.scenarios.decide.timeline import VOICE_WORDS, VOICES
from goodterms.scenarios.model import Caller, Point, Reply, World

Asking = Callable[[Rulebook], Reply]
CONTACTS = {"call": "call", "sms": "sms", "text": "sms", "email": "email", "e-mail": "email",
            "letter": "letter", "social": "social", "meeting": "meeting"}  # fmt: skip
PROGRESS = {
    "ring": Moment.RING,
    "ringing": Moment.RING,
    "answer": Moment.ANSWER,
    "answered": Moment.ANSWER,
    "incall": Moment.INCALL,
    "in_call": Moment.INCALL,
}
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CAMPAIGN = 1


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a question is asked: the world, and the names it may use."""

    world: World
    cast: Cast

    @property
    def end(self) -> datetime:
        """The instant of the last event: then all that is given counts."""
        return max([event.at for event in self.world.events], default=LONG_AGO)

    def time(self, fields: Fields) -> datetime:
        """Take the instant of the question; a date alone means noon."""
        whens = take_whens(fields, ("at", "on"))
        if len(whens) != 1:
            fields.node.refuse("has no time, or several", "add 'at' with a date and time")
        return self.cast.clock.of(whens[0], NOON)


def contact_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read a proposed contact: PREDIAL for calls, PRESEND for messages, LOAD if it says so."""
    contact, point, caller = proposed(CONTACTS[kind], fields.need(kind), fields, stage)
    moment = _load(fields)
    at = stage.time(fields)
    facts = facts_at(stage.world, at, point, caller, contact.account_ids)

    def asking(rulebook: Rulebook) -> Reply:
        return _of_verdict(gate(contact, facts, rulebook, at, moment=moment), stage)

    return asking


def _load(fields: Fields) -> Moment | None:
    words = {"dial": "predial", "send": "presend", "before_dialing": "predial"}
    node = fields.take("moment")
    if node is None:
        return None
    word = node.choice(("load", "predial", "presend"), words)
    return Moment.LOAD if word == "load" else None


def proposed(
    medium: str, node: Node, fields: Fields, stage: Stage
) -> tuple[ProposedContact, Point | None, Caller | None]:
    """Read a contact as somebody would propose it."""
    cast = stage.cast
    if medium not in set(Channel):
        node.refuse(f"proposes a {medium}", "propose a call, sms, email, letter or social")
    point = first_point(node, medium, cast)
    caller = _caller(fields, cast) if medium != "email" else None
    contact = ProposedContact(
        attempt_id="att_asked",
        consumer_id=1,
        account_ids=cast.accounts(fields),
        contact_point_id=point.id if point else 0,
        number=point.value if point else "",
        channel=Channel(medium),
        caller_id=caller.number if caller else None,
        campaign_id=_CAMPAIGN,
        hours=fields.get(read_hours, {}, "hours", "campaign_hours"),
        voice=fields.get(lambda n: n.choice(VOICES, VOICE_WORDS), "live", "voice"),
        autodialed=fields.flag("autodialed", "autodialer"),
        purpose=fields.text("purpose", otherwise="collection").lower().replace(" ", "_"),
        message=fields.text("message", "message_class", "template_class"),
        agent_guaranteed=fields.flag("agent_guaranteed", "guaranteed_agent"),
        wording=wording(fields, medium),
        text_form=fields.text("form", "text_form").lower(),
    )
    return contact, point, caller


def first_point(node: Node, medium: str, cast: Cast) -> Point | None:
    """Find the number or address of a proposal: the named one, or the first that fits.

    A letter goes to the residence unless it names an address that is known.
    """
    if medium == "letter" and (node.is_null or node.text() not in cast.person.points):
        return None
    if not node.is_null and not node.is_plain:
        return cast.point(node)
    fitting = [p for p in cast.person.points.values() if p.email == (medium == "email")]
    if not fitting:
        node.refuse("names no number or address", "write one of the consumer's")
    return fitting[0]


def _caller(fields: Fields, cast: Cast) -> Caller | None:
    node = fields.take("caller_id", "shown", "from")
    if node is None:
        return next(iter(cast.callers.values()))
    if node.is_null or node.text().lower() in ("none", "hidden", "no"):
        return None
    name = node.text()
    for key, caller in cast.callers.items():
        if name in (key, caller.number):
            return caller
    return Caller(name, owned=False)


def read_hours(node: Node) -> dict[str, tuple[str, str]]:
    """Read a campaign's hours: days or ranges of days to a window."""
    found: dict[str, tuple[str, str]] = {}
    for name, span in node.fields().rest().items():
        first, _, last = name.lower().partition("-")
        if first not in _DAYS or (last or first) not in _DAYS:
            span.refuse("is no day", "write mon … sun, or a range such as mon-fri")
        opens, dash, closes = span.text().partition("-") if span.is_text else ("", "", "")
        if not span.is_text:
            opens, dash, closes = (*span.texts(), "", "")[0], "-", span.texts()[-1]
        if not dash:
            span.refuse("is no window", "write hours such as 09:00-17:00")
        for day in range(_DAYS.index(first), _DAYS.index(last or first) + 1):
            found[str(day)] = (opens.strip().zfill(5), closes.strip().zfill(5))
    return found


def wording(fields: Fields, kind: str = "script") -> Wording | None:
    """Take a text as it would be sent or spoken: a text alone, or with its kind and elements."""
    node = fields.take("wording", "text", "script", "template")
    if node is None or node.is_null:
        return None
    if kind == "call":
        kind = "script"
    if node.is_text:
        return Wording("wording", kind, node.text())
    inner = node.fields()
    found = Wording(
        name=inner.text("name", otherwise="wording"),
        kind=inner.text("kind", otherwise=kind).lower().replace(" ", "_"),
        text=inner.text("text"),
        message=inner.text("message", "class").lower(),
        says=frozenset(inner.get(Node.texts, list[str](), "says", "elements")),
    )
    inner.done()
    return found


def progress_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read how a permitted call stands: ringing, answered, or in conversation."""
    moment = PROGRESS[kind]
    node = fields.need(kind)
    contact, point, caller = proposed("call", node, fields, stage)
    progress = CallProgress(
        rang=fields.get(_seconds, 0.0, "rang", "rang_seconds"),
        waited=fields.get(_seconds, None, "waited", "waited_seconds"),
        agent=fields.flag("agent", "agent_there"),
        message_played=fields.flag("message_played"),
        recording=fields.flag("recording"),
        announced=fields.flag("announced"),
        paying=fields.flag("paying"),
        machine=fields.flag("machine"),
        giving_up=fields.flag("giving_up", "hanging_up"),
        wording=contact.wording,
        answered=fields.get(_seconds, None, "since_salutation", "answered_seconds"),
        rings=fields.get(Node.whole, None, "rings", "rang_times"),
        cut_off=fields.flag("cut_off"),
    )
    at = stage.time(fields)
    facts = facts_at(stage.world, at, point, caller, contact.account_ids)
    return _asking(moment, progress, _Known(facts, at, contact), stage)


def _seconds(node: Node) -> float:
    return float(node.number())


def payment_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read a payment that somebody wants to take."""
    account_id = stage.cast.one_account(fields)
    currency = stage.cast.currency[account_id]

    def money(*names: str) -> int:
        return fields.get(lambda n: minor_units(n, currency), 0, *names)

    payment = ProposedPayment(
        account_id=account_id,
        amount_minor=minor_units(fields.need(kind), currency),
        currency=currency,
        instrument=fields.text("instrument", otherwise="debit").lower(),
        channel=fields.text("channel", otherwise="web").lower(),
        fee_minor=money("fee"),
        surcharge_minor=money("surcharge"),
        fee_basis=fields.get(Node.text, None, "fee_basis"),
        post_dated_to=fields.get(day_of, None, "post_dated_to", "post_dated"),
        network=fields.text("network").lower(),
        return_code=fields.text("return_code").upper(),
        failed_on=fields.get(_dates, tuple[date, ...](), "failed_on"),
        mandate=fields.flag("mandate"),
        varies=fields.flag("varies"),
        noticed_on=fields.get(day_of, None, "noticed_on"),
        charged_minor=money("charged"),
        principal_minor=money("principal"),
        product=fields.text("product").lower(),
        tried_at=fields.get(lambda n: _instants(n, stage), tuple[datetime, ...](), "tried_at"),
        received_on=fields.get(day_of, None, "received_on", "accepted"),
        interest_minor=money("interest"),
        days=fields.get(Node.whole, None, "days"),
        interest_rate=fields.get(_rate, "", "interest_rate"),
    )
    at = stage.time(fields)
    facts = facts_at(stage.world, at, None, None, (account_id,))
    return _asking(Moment.PAY, payment, _Known(facts, at), stage)


def _rate(node: Node) -> str:
    return f"{node.number():f}"


def _instants(node: Node, stage: Stage) -> tuple[datetime, ...]:
    return tuple(stage.cast.clock.instant(item) for item in node.items())


def _dates(node: Node) -> tuple[date, ...]:
    return tuple(day_of(item) for item in node.items())


def pace_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read a campaign that wants to place more lines than it has agents."""
    fields.need(kind)
    pace = ProposedPace(
        campaign_id=_CAMPAIGN,
        abandoned=fields.get(Node.whole, 0, "abandoned", "drops"),
        live=fields.get(Node.whole, 0, "live"),
        machines=fields.get(Node.whole, 0, "machines"),
        false_positives=fields.get(Node.whole, 0, "false_positives"),
        amd=fields.flag("amd"),
        ring_seconds=fields.get(Node.whole, 25, "ring_seconds", "rings"),
        overdials=fields.flag("overdials", otherwise=True),
    )
    at = stage.time(fields)
    return _asking(Moment.PACE, pace, _Known(facts_at(stage.world, at), at), stage)


def report_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read whether debts may be reported to a consumer reporting agency now."""
    about = stage.cast.accounts_of(fields.need(kind))
    report = ProposedReport(fields.text("agency"))
    at = stage.time(fields)
    known = _Known(facts_at(stage.world, at, None, None, about), at)
    return _asking(Moment.PERIODIC, report, known, stage)


def erasure_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read whether records or recordings may be erased now."""
    what = fields.need(kind).choice(("records", "recordings"))
    erasure = ProposedErasure(what, fields.get(day_of, None, "since", "last_activity", "call_on"))
    at = stage.time(fields)
    known = _Known(facts_at(stage.world, at, None, None, stage.cast.accounts(fields)), at)
    return _asking(Moment.PERIODIC, erasure, known, stage)


def publish_question(kind: str, fields: Fields, stage: Stage) -> Asking:
    """Read something to be published: a campaign, a wording, a policy, a caller ID."""
    node = fields.need(kind)
    shown = fields.take("caller_ids", "caller_id")
    callers = stage.cast.callers
    named = shown.texts() if shown else []
    activation = Activation(
        kind=node.text().lower(),
        name=fields.text("name", otherwise=node.text()),
        purpose=fields.text("purpose", otherwise="collection").lower().replace(" ", "_"),
        wording=wording(fields, fields.text("wording_kind", otherwise="script")),
        caller_ids=tuple(callers[n].number if n in callers else n for n in named),
        strategy=fields.text("strategy", otherwise="sticky").lower(),
        presence=fields.flag("presence", otherwise=True),
        channel=fields.text("channel", otherwise="call").lower(),
        automated=fields.flag("automated"),
        reviewable=fields.flag("reviewable"),
        pools=tuple(callers[n].pool for n in named if n in callers),
        sticky_days=fields.get(Node.whole, 0, "sticky_days"),
        ring_seconds=fields.get(Node.whole, None, "ring_seconds"),
        amd=fields.flag("amd"),
    )
    at = stage.time(fields)
    return _asking(Moment.PUBLISH, activation, _Known(facts_at(stage.world, at), at), stage)


@dataclass(frozen=True, slots=True)
class _Known:
    """The facts at the instant of a question, and the contact while a call goes on."""

    facts: Facts
    at: datetime
    contact: ProposedContact | None = None


def _asking(moment: Moment, subject: Subject, known: _Known, stage: Stage) -> Asking:
    def asking(rulebook: Rulebook) -> Reply:
        answer = ask(moment, subject, known.facts, rulebook, known.at, contact=known.contact)
        return _of_answer(answer, stage)

    return asking


def _of_verdict(verdict: Verdict, stage: Stage) -> Reply:
    names = {debt.account_id: name for name, debt in stage.world.debts.items()}
    return Reply(
        decision=verdict.decision,
        findings=verdict.findings,
        obligations=verdict.obligations,
        earliest=verdict.earliest_allowed_at,
        debts=tuple(names[a] for a in verdict.account_ids),
        permit=verdict.permit is not None,
        trace=told(verdict.findings, verdict.decided_at, stage.cast.clock),
    )


def _of_answer(answer: Answer, stage: Stage) -> Reply:
    return Reply(
        decision=answer.decision,
        findings=answer.findings,
        obligations=answer.obligations,
        earliest=answer.earliest_allowed_at,
        trace=told(answer.findings, answer.decided_at, stage.cast.clock),
    )
