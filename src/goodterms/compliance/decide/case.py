"""What a predicate looks at, and the shape that all predicates share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from goodterms.compliance.decide.places import jurisdictions, read_code
from goodterms.compliance.decide.windows import dates, places
from goodterms.compliance.model import (
    AccountFacts,
    Circumstance,
    ConsentFact,
    Facts,
    Finding,
    Moment,
    ProposedContact,
    ReasonCode,
    Rule,
    Subject,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case:
    """A question with the facts, at an instant (UTC), where the consumer may be.

    ``contact`` is what is proposed or, at the moments of a call, what was permitted; other
    moments have none. ``subject`` is what those are about. ``days`` are the local dates it may be
    now; like ``zones`` they are empty if a zone is unknown. ``held`` are the kinds of all holds,
    wherever they are. ``terse`` leaves the words of passing rules empty: they cost time and
    follow from the facts again. ``memo`` keeps what several rules ask of the same case.
    """

    moment: Moment
    facts: Facts
    now: datetime
    zones: tuple[ZoneInfo, ...]
    days: tuple[date, ...]
    held: frozenset[str]
    terse: bool
    contact: ProposedContact | None = None
    subject: Subject | None = None
    memo: dict[Any, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        moment: Moment,
        contact: ProposedContact | None,
        facts: Facts,
        now: datetime,
        *,
        subject: Subject | None = None,
        terse: bool = False,
    ) -> Case:
        """Make the case; one unreadable zone makes the whole place unknown."""
        instant = now.astimezone(UTC)
        zones = places(facts.zones)
        days = dates(zones, instant)
        return cls(moment, facts, instant, zones, days, _held(facts), terse, contact, subject)

    @property
    def proposed(self) -> ProposedContact:
        """The contact; only rules that are asked about contacts may look at it."""
        assert self.contact is not None  # the loader lets no other rule ask here
        return self.contact

    @property
    def message(self) -> str:
        """The class of the message that is proposed; empty for none."""
        return self.contact.message if self.contact else ""

    def about(self, kind: type[T]) -> T | None:
        """Return what the question is about if it is of this kind."""
        return self.subject if isinstance(self.subject, kind) else None

    def circumstances(
        self, kind: str, account_id: int | None = None, contact_point_id: int | None = None
    ) -> tuple[Circumstance, ...]:
        """Return what is recorded of a kind: of the person, and of this account or point.

        Without an account or point all of the kind are meant.
        """
        of_kind: dict[str, list[Circumstance]] | None = self.memo.get("circumstances")
        if of_kind is None:
            of_kind = {}
            for one in self.facts.circumstances:
                of_kind.setdefault(one.kind, []).append(one)
            self.memo["circumstances"] = of_kind
        found = of_kind.get(kind)
        if found is None:
            return ()
        return tuple(
            [
                one
                for one in found
                if account_id is None or one.account_id in (None, account_id)
                if contact_point_id is None or one.contact_point_id in (None, contact_point_id)
            ]
        )

    def word(
        self, purpose: str, channels: Iterable[str], contact_point_id: int | None = None
    ) -> ConsentFact | None:
        """Return the consumer's newest word on a purpose, here or altogether; None: never a word.

        A word about the very point counts more than one about all, unless consent was taken back
        altogether after it.
        """
        known = (*channels, "all")
        here: ConsentFact | None = None
        overall: ConsentFact | None = None
        for word in self.facts.consents:
            if word.purpose != purpose or word.channel not in known:
                continue
            if word.contact_point_id is None:
                overall = word if overall is None or word.at > overall.at else overall
            elif word.contact_point_id == contact_point_id:
                here = word if here is None or word.at > here.at else here
        if here is None or (overall and not overall.granted and overall.at > here.at):
            return overall
        return here

    def consent(self, purpose: str, channel: str, contact_point_id: int | None = None) -> bool:
        """Tell whether the consumer's newest word on a purpose is a yes, here or altogether."""
        word = self.word(purpose, (channel,), contact_point_id)
        return word is not None and word.granted


def places_of(facts: Facts) -> tuple[str, ...]:
    """Return all jurisdictions whose law may bind: of residence and of every location known."""
    home = jurisdictions(facts.country, facts.region, facts.city, facts.postal_code)
    if not facts.circumstances:
        return home
    found = dict.fromkeys(home)
    for one in facts.circumstances:
        if one.kind == "stated_location":
            found.update(dict.fromkeys(read_code(str(one.data.get("place", "")))))
    return tuple(found)


def _held(facts: Facts) -> frozenset[str]:
    held = {*facts.holds_anywhere, *facts.holds}
    for account in facts.accounts:
        held.update(account.holds)
    return frozenset(held)


Debts = tuple[AccountFacts, ...]
Check = Callable[[Case, Debts], tuple[Finding, ...]]


class Level(Enum):
    """What a failing finding means.

    PERSON: the contact fails. DROP: the debt it names drops out of the contact, and the contact
    fails if no debt is left. DEBT: asked about the debts that are left; the contact fails.
    """

    PERSON = 1
    DROP = 2
    DEBT = 3


CONTACT_MOMENTS = frozenset({Moment.LOAD, Moment.PREDIAL, Moment.PRESEND})
CALL_MOMENTS = frozenset({Moment.RING, Moment.ANSWER, Moment.INCALL})
ANY_CONTACT = CONTACT_MOMENTS | CALL_MOMENTS


@dataclass(frozen=True, slots=True)
class Predicate:
    """A pure test with its parameters.

    ``params`` maps each parameter's name to a reader that raises ValueError with a sentence;
    those in ``optional`` may be left out. ``make`` turns a rule into its check once, so that
    judging reads no parameter again. ``moments`` are those it can be asked at. ``tightens`` says
    per parameter which way is stricter ("down", "up", "more", "fewer", "later", "earlier",
    "narrower", "off");
    a parameter that is not named there may not differ in an overlay. The docstring of ``make``
    says in the words of the law what is tested, with its ``Reference:``. ``fuse`` makes one
    check of many rules that usually have nothing to look at: each call of a check costs time.
    """

    level: Callable[[Mapping[str, Any]], Level]
    params: Mapping[str, Callable[[Any], object]]
    make: Callable[[Rule], Check]
    moments: frozenset[Moment] = CONTACT_MOMENTS
    optional: frozenset[str] = frozenset()
    tightens: Mapping[str, str] = field(default_factory=dict)
    fuse: Callable[[Sequence[Check], Sequence[Rule]], Check] | None = None


def always(level: Level) -> Callable[[Mapping[str, Any]], Level]:
    """Give a level that does not depend on the parameters."""
    return lambda _params: level


@dataclass(frozen=True, slots=True)
class Voice:
    """Makes the findings of one rule."""

    rule: Rule

    def passes(
        self, words: str, account_id: int | None = None, obligations: Iterable[str] = ()
    ) -> Finding:
        """Say that the rule lets the contact through, and what must be done with it."""
        return Finding(
            self.rule.id, self.rule.version, True, ReasonCode.ALLOWED, words, None, account_id,
            False, tuple(obligations),
        )  # fmt: skip

    def fails(
        self,
        words: str,
        earliest: datetime | None = None,
        account_id: int | None = None,
        reason_code: str | None = None,
        obligations: Iterable[str] = (),
    ) -> Finding:
        """Say that it does not, and from when on it would; None: until a fact changes.

        ``obligations`` say what to do instead.
        """
        rule = self.rule
        code = reason_code or rule.reason_code
        return Finding(
            rule.id, rule.version, False, code, words, earliest, account_id, False,
            tuple(obligations),
        )  # fmt: skip

    def refers(self, words: str, account_id: int | None = None) -> Finding:
        """Say that a person must decide; once one has let it through, it passes."""
        rule = self.rule
        return Finding(
            rule.id, rule.version, False, rule.reason_code, words, None, account_id, True
        )
