"""What happened, as written: contacts, consents, holds, notices, payments and other facts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from goodterms.accounts.model import AccountStatus, Channel, HoldKind
from goodterms.accounts.model.circumstances import CIRCUMSTANCES
from goodterms.compliance.decide.counting import CONSUMERS
from goodterms.compliance.decide.keywords import Asked, read_message
from goodterms.compliance.model import Circumstance, ConsentFact, LoggedContact, Reach
from goodterms.messaging.decide import stopped_by
from goodterms.scenarios.decide.cast import Cast
from goodterms.scenarios.decide.circumstances import read_circumstance
from goodterms.scenarios.decide.clock import LONG_AGO, Clock, When, take_whens
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.decide.outcomes import read_reach
from goodterms.scenarios.decide.people import minor_units
from goodterms.scenarios.model import (
    Changed,
    Contacted,
    Ended,
    Event,
    Held,
    Paid,
    Point,
    Returned,
    Stated,
    Worded,
)

VOICES = ("live", "prerecorded", "artificial")
VOICE_WORDS = {"recorded": "prerecorded", "ai": "artificial", "agent": "live", "human": "live"}
_CHANNELS = ("call", "sms", "email", "letter", "meeting", "all")
CHANNEL_WORDS = {
    "calls": "call", "phone": "call", "telephone": "call", "voice": "call", "text": "sms",
    "texts": "sms", "text_message": "sms", "e_mail": "email", "emails": "email", "mail": "letter",
    "post": "letter", "everything": "all", "any": "all", "letters": "letter",
}  # fmt: skip
_RECIPIENTS = ("consumer", "attorney", "third_party", "creditor", "bureau")
_CONTACTS = {"call": "call", "sms": "sms", "text": "sms", "email": "email", "e-mail": "email",
             "letter": "letter", "meeting": "meeting", "visit": "meeting"}  # fmt: skip


def read_events(node: Node | None, cast: Cast) -> list[Event]:
    """Read the timeline: a list whose entries begin with what happened."""
    if node is None or node.is_null:
        return []
    if not node.is_list:
        node.refuse("is no list", "begin each event with '-', such as: - {call: cell, at: …}")
    return [event for item in node.items() for event in _read(item, cast)]


def _read(node: Node, cast: Cast) -> Sequence[Event]:
    fields = node.fields()
    kind = _kind_of(fields)
    fields.text("note")
    if kind in _CONTACTS:
        found: Sequence[Event] = _contacts(kind, fields, cast)
    elif kind in _READERS:
        found = _READERS[kind](fields.need(kind), fields, cast)
    else:
        found = read_circumstance(kind, fields.need(kind), fields, cast)
    fields.done()
    return found


def _kind_of(fields: Fields) -> str:
    known = (*_CONTACTS, *_READERS, *CIRCUMSTANCES)
    written = [name for name in fields.names if name in known]
    # These two are fields of other events as well.
    if not written:
        fields.node.refuse(
            f"does not say what happened ('{fields.first}' is no event)",
            f"begin it with one of: {', '.join(known)}",
        )
    return min(written, key=("email", "number").__contains__)


def _one(whens: Sequence[When], clock: Clock) -> datetime:
    return clock.of(whens[0]) if whens else LONG_AGO


def _contacts(kind: str, fields: Fields, cast: Cast) -> list[Event]:
    medium = _CONTACTS[kind]
    node = fields.need(kind)
    whens = take_whens(fields)
    if not whens:
        node.refuse("has no time", "add 'at' with a date and time")
    point = _point_of(node, medium, cast)
    logged, caller_id = _logged(medium, fields, cast, point)
    live = fields.flag("open", "under_way")
    return [
        Contacted(at, _moved(logged, at, cast), caller_id, f"att_{node.line}" if live else "")
        for at in (cast.clock.of(one) for one in whens)
    ]


def _moved(logged: LoggedContact, at: datetime, cast: Cast) -> LoggedContact:
    return LoggedContact(
        at, cast.clock.day(at), logged.medium, logged.account_ids, logged.reach, logged.number,
        logged.outcome, logged.place, logged.direction, logged.purpose, logged.to, logged.voice,
        logged.message,
    )  # fmt: skip


def _point_of(node: Node, medium: str, cast: Cast) -> Point | None:
    """Find the number or address; letters and meetings need none."""
    word = "" if node.is_null else node.text()
    if medium in ("letter", "meeting") and word not in cast.person.points:
        return None
    if node.is_null or node.is_plain:
        return _first(node, medium, cast)
    return cast.point(node)


def _logged(
    medium: str, fields: Fields, cast: Cast, point: Point | None
) -> tuple[LoggedContact, str]:
    relation = point.facts.relation if point else "consumer"
    to = "consumer" if relation in CONSUMERS else relation
    place = point.facts.place if point else "home"
    node_to = fields.take("to", "with")
    inbound = _direction(fields)
    reach, outcome = read_reach(medium, fields)
    label = fields.take("place", "class")
    shown = fields.take("caller_id", "shown", "from_number")
    logged = LoggedContact(
        at=LONG_AGO,
        day=LONG_AGO.date(),
        medium=medium,
        account_ids=cast.accounts(fields),
        reach=reach,
        number=point.value if point else "",
        outcome=outcome,
        place=label.choice(("home", "mobile", "work", "other")) if label else place,
        direction=inbound,
        purpose=fields.text("purpose", otherwise="collection"),
        to=node_to.choice(_RECIPIENTS, {"lawyer": "attorney"}) if node_to else to,
        voice=fields.get(lambda n: n.choice(VOICES, VOICE_WORDS), "live", "voice"),
        message=fields.text("message", "message_class"),
    )
    return logged, caller_number(shown, cast)


def _direction(fields: Fields) -> str:
    words = {"inbound": "in", "incoming": "in", "outbound": "out", "outgoing": "out",
             "consumer": "in", "us": "out"}  # fmt: skip
    node = fields.take("direction", "by", "initiated_by")
    return node.choice(("in", "out"), words) if node else "out"


def caller_number(node: Node | None, cast: Cast) -> str:
    """Read a caller ID by name or number."""
    if node is None or node.is_null:
        return ""
    text = node.text()
    return cast.callers[text].number if text in cast.callers else text


def _consent(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    return _word(node, fields, cast, granted=True)


def _revoke(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    return _word(node, fields, cast, granted=False)


def _word(node: Node, fields: Fields, cast: Cast, *, granted: bool) -> list[Event]:
    to = fields.get(
        lambda n: n.choice(("us", "creditor"), {"collector": "us", "bank": "creditor"}),
        "us", "to", "given_to",
    )  # fmt: skip
    purpose = fields.text("purpose", "for", otherwise="contact").lower().replace(" ", "_")
    point = fields.take("number", "address", "point", "email")
    point_id = cast.point(point).id if point else None
    at = _one(take_whens(fields), cast.clock)
    return [
        Worded(at, ConsentFact(channel, purpose, granted, at, point_id, to == "us"))
        for channel in _channels(node)
    ]


def _channels(node: Node) -> list[str]:
    if node.is_null or node.is_plain:
        return ["all"]
    if node.is_text:
        return [node.choice(_CHANNELS, CHANNEL_WORDS)]
    return [item.choice(_CHANNELS, CHANNEL_WORDS) for item in node.items()]


def _keyword(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    """A message came in: it is in the log, and a word of opting out takes effect at once.

    Reference: 47 CFR 64.1200(a)(10).
    """
    medium = fields.get(lambda n: n.choice(("sms", "email"), CHANNEL_WORDS), "sms", "medium")
    named = fields.take("number", "from", "address", "point")
    point = cast.point(named) if named else _first(node, medium, cast)
    whens = take_whens(fields)
    if not whens:
        node.refuse("has no time", "add 'at' with a date and time")
    at = cast.clock.of(whens[0])
    logged = LoggedContact(
        at, cast.clock.day(at), medium, cast.accounts(fields), Reach.MESSAGE, point.value,
        place=point.facts.place, direction="in",
    )  # fmt: skip
    return [Contacted(at, logged), *_wishes(node.text(), medium, at, cast)]


def _wishes(text: str, medium: str, at: datetime, cast: Cast) -> list[Event]:
    """Return what a message from the consumer asks for: to stop a way of contact, or all of it."""
    reading = read_message(text)
    day, data = cast.clock.day(at), {"channel": medium}
    if not reading.stops:
        return [Stated(at, Circumstance("consumer_wrote", day, at, data=data))]
    events: list[Event] = []
    if reading.asked is Asked.EVERYTHING:
        events.append(Held(at, HoldKind.CEASE, None))
    for channel in stopped_by(reading, Channel(medium)):
        events.append(Worded(at, ConsentFact(channel.value, "contact", False, at)))
        if channel.value == medium:
            events.append(Stated(at, Circumstance("opted_out", day, at, data=data)))
    return events


def _first(node: Node, medium: str, cast: Cast) -> Point:
    wanted = [p for p in cast.person.points.values() if p.email == (medium == "email")]
    if not wanted:
        node.refuse("came from nowhere", "add 'number' with one of the consumer's")
    return wanted[0]


def _hold(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    return _holding(node, fields, cast, placed=True)


def _release(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    return _holding(node, fields, cast, placed=False)


def _holding(node: Node, fields: Fields, cast: Cast, *, placed: bool) -> list[Event]:
    whole = fields.flag("person", "whole_person")
    about = () if whole else cast.about(fields)
    at = _one(take_whens(fields), cast.clock)
    words = {"dispute": "disputed", "disputes": "disputed"}
    return [
        Held(at, item.choice([*HoldKind], words), about or None, placed) for item in node.items()
    ]


def _of_kind(kind: HoldKind) -> Callable[[Node, Fields, Cast], list[Event]]:
    """Make the reader of an event that is a hold by itself: ``bankruptcy: yes``."""

    def read(node: Node, fields: Fields, cast: Cast) -> list[Event]:
        about = cast.about(fields)
        at = _one(take_whens(fields), cast.clock)
        if not node.is_null and not node.is_plain:
            node.refuse(f"is {node.text()!r}", "write yes, or no once it has ended")
        return [Held(at, kind, about or None, node.is_null or node.flag())]

    return read


def _cease(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    """A written request stops contact; an oral one closes the medium it names."""
    how = node.choice(("written", "oral", "yes"), {"true": "yes", "in_writing": "written"})
    at = _one(take_whens(fields), cast.clock)
    about = cast.about(fields)
    medium = fields.take("medium", "channel")
    if how == "oral":
        channels = _channels(medium) if medium else ["call"]
        return [Worded(at, ConsentFact(c, "contact", False, at)) for c in channels]
    return [Held(at, HoldKind.CEASE, about or None)]


def _payment(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    account_id = cast.one_account(fields)
    minor = minor_units(node, cast.currency[account_id])
    fields.take("instrument", "channel", "by")
    return [Paid(_one(take_whens(fields), cast.clock), account_id, minor)]


def _status(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    status = node.choice([*AccountStatus])
    at = _one(take_whens(fields), cast.clock)
    return [Changed(at, a, None, {"status": status}) for a in cast.accounts(fields)]


def _number_change(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    point = cast.point(node)
    changes: dict[str, Any] = {}
    for name in ("status", "line_type", "place", "relation"):
        changed = fields.take(name)
        if changed is not None:
            changes[name] = changed.text()
    if not changes:
        node.refuse("changes nothing", "add 'status' with wrong, disconnected, retired or active")
    return [Changed(_one(take_whens(fields), cast.clock), None, point.name, changes)]


def _end(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    kind = node.choice(CIRCUMSTANCES)
    about = cast.about(fields)
    point = fields.take("number", "address", "point")
    at = _one(take_whens(fields), cast.clock)
    point_id = cast.point(point).id if point else None
    return [Ended(at, kind, account_id, point_id) for account_id in about or (None,)]


def _undelivered(node: Node, fields: Fields, cast: Cast) -> list[Event]:
    """A notice came back: the latest of its kind was not received."""
    kinds = CIRCUMSTANCES["notice"].fields["notice"].split("|")
    kind = "validation" if node.is_plain else node.choice(kinds)
    about = cast.about(fields)
    at = _one(take_whens(fields), cast.clock)
    return [Returned(at, kind, account_id) for account_id in about or (None,)]


def _circumstance(node: Node, fields: Fields, cast: Cast) -> Sequence[Event]:
    return read_circumstance(node.choice(CIRCUMSTANCES), None, fields, cast)


def _location(node: Node, fields: Fields, cast: Cast) -> Sequence[Event]:
    return read_circumstance("stated_location", node, fields, cast)


_Reader = Callable[[Node, Fields, Cast], Sequence[Event]]
_READERS: dict[str, _Reader] = {
    "consent": _consent,
    "revoke": _revoke,
    "revocation": _revoke,
    "opt_out": _revoke,
    "keyword": _keyword,
    "hold": _hold,
    "release": _release,
    "bankruptcy": _of_kind(HoldKind.BANKRUPTCY),
    "deceased": _of_kind(HoldKind.DECEASED),
    "cease": _cease,
    "payment": _payment,
    "account_status": _status,
    "number": _number_change,
    "undelivered": _undelivered,
    "returned": _undelivered,
    "end": _end,
    "circumstance": _circumstance,
    "location": _location,
}
