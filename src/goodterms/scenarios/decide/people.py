"""Who is contacted about what by whom: consumer, numbers, debts and caller IDs as written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

import phonenumbers
from phonenumbers import timezone as number_zones

from goodterms.accounts.model import AccountStatus, HoldKind
from goodterms.compliance.decide.places import is_jurisdiction, jurisdictions, read_code
from goodterms.compliance.decide.readers import PLACES
from goodterms.compliance.decide.windows import zone
from goodterms.compliance.model import AccountFacts, DebtKind, PointFacts, Role
from goodterms.kit.money import exponent
from goodterms.kit.phone import PhoneError, parse_phone
from goodterms.kit.postcodes import zones_of, zones_of_region
from goodterms.scenarios.decide.clock import Clock
from goodterms.scenarios.decide.nodes import Fields, Node
from goodterms.scenarios.model import Caller, Person, Point

_PLACE_OF = {
    "cell": "mobile", "mobile": "mobile", "cellphone": "mobile", "home": "home",
    "landline": "home", "work": "work", "office": "work", "employer": "work",
}  # fmt: skip
_LINES = {
    "cell": "mobile", "wireless": "mobile", "fixed": "landline", "fixed_line": "landline",
    "residential": "landline", "tollfree": "toll_free",
}  # fmt: skip
_LINE_TYPES = ("mobile", "landline", "voip", "toll_free", "unknown")
_LINE_OF_PLACE = {"mobile": "mobile", "home": "landline", "work": "landline"}
_RELATIONS = (
    "consumer", "spouse", "parent", "guardian", "executor", "administrator", "successor",
    "third_party", "attorney", "creditor", "bureau",
)  # fmt: skip
_STATUSES = ("active", "wrong", "disconnected", "retired")
_LANDS = {"UK": "GB", "USA": "US"}
_MOST = Decimal(10) ** 12
_CODE = re.compile(r"[A-Za-z]{2,3}([- ][A-Za-z]{2,3})?")


@dataclass(frozen=True, slots=True)
class Home:
    """A place: country, region, city, postal code, and the zones it may lie in."""

    country: str
    region: str = ""
    city: str = ""
    postal_code: str = ""
    zones: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The finest jurisdiction of the place."""
        found = jurisdictions(self.country, self.region, self.city, self.postal_code)
        return found[-1] if found else ""


def read_place(node: Node) -> Home:
    """Read a place: a code such as US-MA, US-NYC or UK, or fields from country to ZIP."""
    if node.is_text:
        return _coded(node)
    fields = node.fields()
    code = fields.take("code", "jurisdiction", "place")
    base = _coded(code) if code else Home("")
    country = fields.text("country", otherwise=base.country).upper()
    country = _LANDS.get(country, country)
    region = fields.text("state", "region", "province", otherwise=base.region).upper()
    postal_code = fields.text("zip", "postal_code", "postcode")
    city = fields.text("city", "town", otherwise=base.city)
    zones = fields.get(read_zones, None, "zones", "timezone", "zone", "time_zone")
    fields.text("street", "address")
    fields.done()
    if not country:
        country = "US" if region or postal_code else ""
    region = region.removeprefix(f"{country}-")
    if country and not is_jurisdiction(country):
        node.refuse(f"names the country {country!r}", "write two letters such as US, GB or PL")
    derived = zones_of(country, postal_code) or zones_of_region(country, region)
    return Home(country, region, city, postal_code, derived if zones is None else zones)


def _coded(node: Node) -> Home:
    text = node.text()
    if text.lower() in ("unknown", "nowhere"):
        return Home("")
    if not _CODE.fullmatch(text):
        node.refuse(f"is {text!r}", "write a place such as US-MA, US-NYC, UK, PL or CA-ON")
    code = text.upper().replace(" ", "-")
    found = read_code(_LANDS.get(code, code))
    country, _, region = code.partition("-")
    country = _LANDS.get(country, country)
    if len(country) != 2:  # noqa: PLR2004 - ISO 3166-1
        node.refuse(f"is {text!r}", "write a place such as US-MA, US-NYC, UK, PL or CA-ON")
    if "US-NYC" in found:
        return Home("US", "NY", "New York", zones=zones_of_region("US", "NY"))
    if found[0] != country:  # a territory that is a country of its own to ISO
        return Home(country, zones=zones_of_region("US", country))
    return Home(country, region, zones=zones_of_region(country, region))


def read_zones(node: Node) -> tuple[str, ...]:
    """Read IANA time zones; ``[]`` or ``unknown`` means that none is known."""
    names = [] if node.is_text and node.text().lower() == "unknown" else node.texts()
    for name in names:
        if zone(name) is None:
            node.refuse(f"names {name!r}", "write IANA zones such as America/New_York")
    return tuple(names)


def read_person(node: Node | None) -> Person:
    """Read the consumer; without one it is somebody in the United States with one cell phone."""
    if node is None or node.is_null:
        return Person("US", points=_some_cell(), address_zones=("America/New_York",))
    fields = node.fields()
    home = fields.get(read_place, Home("US"), "residence", "lives_in", "home", "address")
    language = fields.text("language", otherwise="en")
    zones = fields.get(read_zones, None, "zones", "timezone", "time_zone", "zone")
    points: dict[str, Point] = {}
    for name, entry in _entries(fields.take("numbers", "phones", "phone", "number"), "cell"):
        points[name] = _number(name, entry, len(points) + 1, home)
    for name, entry in _entries(fields.take("emails", "email"), "email"):
        points[name] = _email(name, entry, len(points) + 1)
    fields.text("name")
    fields.text("born", "birth_date")
    fields.done(" ('location' stands beside 'consumer' or among the events)")
    if not points:
        points = _some_cell()
    return Person(
        home.country, home.region, home.city, home.postal_code, language, home.zones, zones, points
    )


def _some_cell() -> dict[str, Point]:
    return {"cell": Point(1, "cell", "cell", (), PointFacts(line_type="mobile"))}


def _entries(node: Node | None, alone: str) -> list[tuple[str, Node]]:
    """Give named entries: fields by name, a list of values named by themselves, or one value."""
    if node is None or node.is_null:
        return []
    if node.is_text:
        return [(alone, node)]
    if node.is_list:
        return [_named(item) for item in node.items()]
    return list(node.fields().rest().items())


def _named(item: Node) -> tuple[str, Node]:
    if item.is_text:
        return item.text(), item
    fields = item.fields()
    return fields.text("name", otherwise=fields.text("number", "address", "value")), item


def _number(name: str, node: Node, point_id: int, home: Home) -> Point:
    alone = node.is_text or node.is_null
    fields = Fields(node, {}) if alone else node.fields()
    fields.take("name")
    written = node if alone else fields.take("number", "value", "phone")
    value, zones, line = _parsed(written, home.country or "US", name)
    given = fields.get(read_zones, None, "zones", "timezone", "zone", "time_zone")
    region = fields.take("state", "region", "location")
    if region is not None and given is None:
        given = read_place(region).zones
    facts = _number_facts(name, line, fields)
    fields.done()
    return Point(point_id, name, value, zones if given is None else given, facts)


def _number_facts(name: str, line: str, fields: Fields) -> PointFacts:
    """Describe a number: what it is called says where it rings and what line it is, unless told."""
    label = fields.take("place", "class", "label")
    place = label.choice(PLACES, _PLACE_OF) if label else _PLACE_OF.get(name.lower(), "other")
    known = fields.get(lambda n: n.choice(_LINE_TYPES, _LINES), "", "line", "line_type", "type")
    return PointFacts(
        status=fields.get(lambda n: n.choice(_STATUSES), "active", "status"),
        belongs=fields.flag("belongs", "on_record", otherwise=True),
        line_type=known or (line if line != "unknown" else _LINE_OF_PLACE.get(place, line)),
        place=place,
        relation=_relation(fields),
        number_class=fields.text("number_class"),
    )


def _relation(fields: Fields) -> str:
    other = {"other": "third_party", "self": "consumer", "relative": "third_party",
             "neighbour": "third_party", "lawyer": "attorney"}  # fmt: skip
    return fields.get(lambda n: n.choice(_RELATIONS, other), "consumer", "relation", "whose", "of")


def _parsed(node: Node | None, country: str, name: str) -> tuple[str, tuple[str, ...], str]:
    """Read a number: E.164 text, zones, line type. One that nobody has is taken as written."""
    if node is None or node.is_null or not any(c.isdigit() for c in node.text()):
        return name, (), "unknown"
    text = node.text()
    try:
        phone = parse_phone(text, country)
    except PhoneError:
        return _unassigned(node, text, country)
    return phone.e164, phone.zones, phone.line_type


def _unassigned(node: Node, text: str, country: str) -> tuple[str, tuple[str, ...], str]:
    """Read a number kept free for stories: it must be possible, and has its prefix's zones."""
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        node.refuse(f"is {text!r}", 'write a telephone number such as "+1 617 555 0123"')
    if not phonenumbers.is_possible_number(number):
        node.refuse(f"is {text!r}", 'write a telephone number such as "+1 617 555 0123"')
    zones = [z for z in number_zones.time_zones_for_number(number) if z != "Etc/Unknown"]
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164, tuple(zones), "unknown"


def _email(name: str, node: Node, point_id: int) -> Point:
    alone = node.is_text or node.is_null
    fields = Fields(node, {}) if alone else node.fields()
    fields.take("name")
    value = fields.text("address", "value", "email", otherwise=name)
    if alone and not node.is_null:
        value = node.text()
    label = fields.take("place", "class", "label")
    place = label.choice(PLACES, _PLACE_OF) if label else _PLACE_OF.get(name.lower(), "other")
    facts = PointFacts(
        status=fields.get(lambda n: n.choice(_STATUSES), "active", "status"),
        belongs=fields.flag("belongs", "on_record", otherwise=True),
        place=place,
        relation=_relation(fields),
    )
    fields.done()
    return Point(point_id, name, value, (), facts, email=True)


@dataclass(frozen=True, slots=True)
class Debts:
    """The debts by name, and the currency of each by number."""

    by_name: Mapping[str, AccountFacts]
    currency: Mapping[int, str]


def read_debts(node: Node | None, role: str) -> Debts:
    """Read the debts; without any there is one, called A, of 1,000.00."""
    entries = _debt_entries(node)
    found: dict[str, AccountFacts] = {}
    currency: dict[int, str] = {}
    for number, (name, entry) in enumerate(entries, 1):
        debt, money = _debt(name, entry, number, role)
        if name in found and entry is not None:
            entry.refuse(f"names the debt '{name}' a second time", "give it a name of its own")
        found[name], currency[number] = debt, money
    return Debts({name: _with_siblings(debt, found) for name, debt in found.items()}, currency)


def _with_siblings(debt: AccountFacts, debts: Mapping[str, AccountFacts]) -> AccountFacts:
    """Let a debt know those that are serviced as one with it."""
    others = tuple(
        one.account_id
        for one in debts.values()
        if debt.group and one.group == debt.group and one.account_id != debt.account_id
    )
    return replace(debt, siblings=others)


def _debt_entries(node: Node | None) -> list[tuple[str, Node | None]]:
    if node is None or node.is_null:
        return [("A", None)]
    if node.is_list:
        return [
            (item.text(), None) if item.is_text else (_debt_name(item), item)
            for item in node.items()
        ]
    if node.is_text:
        return [(name, None) for name in node.texts()]
    return list(node.fields().rest().items())


def _debt_name(item: Node) -> str:
    return item.fields().need("name", "id", "reference").text()


def _debt(name: str, node: Node | None, number: int, role: str) -> tuple[AccountFacts, str]:
    if node is None or node.is_null:
        return AccountFacts(number, "active", 100000, role=role, reference=name), "USD"
    if node.is_text:
        minor = _minor(node, "USD")
        return AccountFacts(number, "active", minor, role=role, reference=name), "USD"
    fields = node.fields()
    fields.take("name", "id", "reference")
    currency = fields.text("currency", otherwise="USD").upper()
    owed = fields.take("owed", "balance", "amount")
    host = fields.take("host", "host_answer")
    debt = AccountFacts(
        account_id=number,
        status=fields.get(lambda n: n.choice([*AccountStatus]), "active", "status"),
        balance_minor=100000 if owed is None else _minor(owed, currency),
        holds=tuple(fields.get(_holds, [], "holds", "hold")),
        role=fields.get(read_role, role, "role", "our_role", "we_are"),
        kind=fields.get(_kind, DebtKind.CONSUMER, "kind", "debt_kind"),
        in_default=fields.flag("in_default", "in_default_when_obtained", otherwise=True),
        group=fields.text("group", "servicing_group"),
        lives_in_host=host is not None,
        host_age_seconds=None if host is None else fields.get(_seconds, 0.0, "host_age_seconds"),
        host_answer=host.text() if host else None,
        reference=name,
        currency=currency,
    )
    fields.done()
    return debt, currency


def _seconds(node: Node) -> float:
    return float(node.number())


def _holds(node: Node) -> list[str]:
    return [item.choice([*HoldKind]) for item in node.items()]


def _kind(node: Node) -> DebtKind:
    personal = {"personal": "consumer", "household": "consumer", "business": "commercial"}
    return DebtKind(node.choice([*DebtKind], personal))


def read_role(node: Node) -> str:
    """Read what we are to a debt."""
    words = {"debt_collector": "collector", "agency": "collector", "original_creditor": "creditor",
             "first_party": "creditor", "third_party": "collector"}  # fmt: skip
    return node.choice([*Role], words)


def _minor(node: Node, currency: str) -> int | None:
    if node.text().lower() == "unknown":
        return None
    return minor_units(node, currency)


def minor_units(node: Node, currency: str) -> int:
    """Read an amount exactly, in the currency's smallest unit."""
    amount = node.number().scaleb(exponent(currency))
    if amount != int(amount) or abs(amount) > _MOST:
        node.refuse(f"is {node.text()}", f"write an amount that {currency} can be paid in")
    return int(amount)


def read_callers(node: Node | None, clock: Clock) -> dict[str, Caller]:
    """Read the caller IDs by name; without any there is one, called main, ours and answered."""
    found: dict[str, Caller] = {}
    for name, entry in _entries(node, "main"):
        found[name] = _caller(name, entry, clock)
    return found or {"main": Caller("+12025550100")}


def _caller(name: str, node: Node, clock: Clock) -> Caller:
    if node.is_text or node.is_null:
        number = node.text() if node.is_text and not node.is_null else name
        return Caller(_caller_number(number))
    fields = node.fields()
    fields.take("name")
    number = fields.text("number", "value", otherwise=name)
    tested = fields.take("tested", "tested_at", "last_test")
    never = tested is not None and tested.is_text and tested.text().lower() in ("never", "no")
    at = None
    if tested is not None and not never and not tested.is_plain:
        at = clock.instant(tested)
    return Caller(
        _caller_number(number),
        owned=fields.flag("owned", "ours", "registered", otherwise=True),
        pool=fields.text("pool"),
        tested_at=at,
        tested=not never,
        answers=fields.flag("answers", "answered", otherwise=True),
        extra={key: _plain(value) for key, value in fields.rest().items()},
    )


def _plain(node: Node) -> object:
    return node.flag() if node.is_plain else node.text()


def _caller_number(text: str) -> str:
    try:
        return parse_phone(text, "US").e164
    except PhoneError:
        return text
