"""A quote: what is owed line by line, what policy adds, and every way to settle it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from goodterms.accounts.model import AccountStatus
from goodterms.arrangements.decide import options, standing
from goodterms.arrangements.decide.book import PolicyBook, PolicySet
from goodterms.arrangements.decide.charges import charge
from goodterms.arrangements.decide.explaining import told
from goodterms.arrangements.decide.permissions import ruling
from goodterms.arrangements.decide.policies import Policy, PolicyError, PolicyKind
from goodterms.arrangements.decide.spreading import WATERFALL
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.model import ArrangementPolicy, Quote, QuoteLine
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money
from goodterms.ledger.model import Book

_ENDED = (AccountStatus.RECALLED, AccountStatus.CLOSED)
_TITLES = {
    Book.PRINCIPAL: "principal",
    Book.INTEREST: "interest",
    Book.LATE_FEE: "late fee",
    Book.SERVICE_FEE: "service fee",
    Book.NSF_FEE: "returned-payment fee",
    Book.COURT_COST: "court costs",
    Book.ATTORNEY_FEE: "attorney's fee",
    Book.COLLECTION_COST: "collection costs",
    Book.DEPOSIT: "deposit",
    Book.CREDIT: "credit",
}
_CONSUMER_WORDS = {
    Book.PRINCIPAL: "The amount you owe {creditor} before interest and fees.",
    Book.INTEREST: "Interest on the amount you owe.",
    Book.LATE_FEE: "A fee because a payment was late.",
    Book.SERVICE_FEE: "A fee for a service.",
    Book.NSF_FEE: "A fee because a payment was returned unpaid.",
    Book.COURT_COST: "Costs of a court.",
    Book.ATTORNEY_FEE: "The fee of an attorney.",
    Book.COLLECTION_COST: "Costs of collection.",
    Book.DEPOSIT: "A deposit that was asked for.",
    Book.CREDIT: "Money in your favour: it lowers what you owe.",
}
_ORDER = (*reversed(WATERFALL), Book.CREDIT)
INPUT_MISSING = "INPUT_MISSING"


@dataclass(frozen=True, slots=True)
class Terms:
    """The policies a quote is made under: the book, the set in force, the house's limits."""

    book: PolicyBook
    chosen: PolicySet
    house: ArrangementPolicy = field(default_factory=ArrangementPolicy)


def terms(book: PolicyBook, stands: Standing, as_of: date, house: ArrangementPolicy) -> Terms:
    """Choose the policies in force for an account on a day.

    Raises:
        Refusal: no set covers it (``NO_POLICY``): unknown means no.
    """
    where = stands.situation
    chosen = book.chosen(where.jurisdiction, where.client, where.product, as_of)
    if chosen is None:
        raise Refusal(
            "NO_POLICY",
            f"No policy set covers account {stands.account.reference} in"
            f" '{where.jurisdiction}' on {as_of}: add one to the policies.",
        )
    promise = chosen.slot("promise")
    return Terms(book, chosen, house if promise is None else _house(house, promise.constants))


def everyday(book: PolicyBook, house: ArrangementPolicy) -> ArrangementPolicy:
    """Return the limits of promises that the most general set of a book gives."""
    general = [found for found in book.sets if found.jurisdiction == found.client == "*"]
    promise = general[0].slot("promise") if general else None
    return house if promise is None else _house(house, promise.constants)


def _house(house: ArrangementPolicy, given: Mapping[str, Any]) -> ArrangementPolicy:
    """Take the limits of promises from the promise policy in force."""
    return replace(
        house,
        longest_promise_days=int(given.get("longest", house.longest_promise_days)),
        grace_days=int(given.get("grace", house.grace_days)),
        kept_share=Decimal(given.get("tolerance", house.kept_share)),
    )


def quote(
    quote_id: str,
    stands: Standing,
    under: Terms,
    *,
    now: datetime,
    as_of: date | None = None,
    known_at: datetime | None = None,
) -> Quote:
    """Explain what is owed on an account and list the ways to settle it.

    The quote is a function of the standing, the policies and the day.
    """
    day = as_of or now.date()
    balance, account = stands.balance, stands.account
    given = standing.values(stands, day)
    owed = balance.total > Money.zero(balance.total.currency)
    is_open = owed and account.status not in _ENDED
    lines = [_line(stands, book) for book in _ORDER if book in balance.components]
    added, absent = _charges(stands, under, given, day) if is_open else ([], [])
    lines += added
    total = sum((line.amount for line in added), balance.total)
    permitted = ruling(under.book.permissions, Book.INTEREST.value, stands.situation, day)
    ask = options.Ask(
        under.chosen, under.house, total, {**given, "total": total.amount}, now, day,
        permitted.permitted,
    )  # fmt: skip
    offered, removed = options.listed(ask) if is_open else ((), ())
    return Quote(
        quote_id, account.id, account.consumer_id, balance.version, total, tuple(lines), offered,
        now, now + timedelta(minutes=under.house.quote_minutes), tuple(absent), removed,
        policy_set=under.chosen.name, policy_hash=under.book.hash, policies=under.chosen.hashes,
        as_of=day, known_at=known_at or now,
    )  # fmt: skip


def _line(stands: Standing, book: Book) -> QuoteLine:
    amount, title = stands.balance.components[book], _TITLES[book]
    return QuoteLine(
        component=book.value,
        amount=amount,
        agent_words=f"{title.capitalize()}: {amount}, as posted in the ledger.",
        consumer_words=_CONSUMER_WORDS[book].format(creditor=stands.creditor_name),
    )


def _charges(
    stands: Standing, under: Terms, given: dict[str, Any], day: date
) -> tuple[list[QuoteLine], list[QuoteLine]]:
    """Return the charges that policy adds to the ledger's lines, and those that are absent."""
    added, absent = [], []
    posted = standing.causes(stands.entries)
    for name in under.chosen.use.get("charges", ()):
        policy = under.chosen.policies[name]
        cause = _cause(policy, stands, day)
        once = {**given, "already_charged": cause in posted}
        line = replace(_charge(policy, stands, under, once, day), cause=cause)
        if line.amount and cause not in posted:
            added.append(line)
        elif not line.amount:
            absent.append(line)
    return added, absent


def _cause(policy: Policy, stands: Standing, day: date) -> str:
    """Name what a charge is posted for: interest up to a day, a fee once for what fell due."""
    until = day if policy.kind is PolicyKind.INTEREST else stands.account.due_on
    return f"policy:{policy.name}:{until}"


def _charge(
    policy: Policy, stands: Standing, under: Terms, given: dict[str, Any], day: date
) -> QuoteLine:
    currency = stands.account.currency
    try:
        found = charge(
            policy, given, under.book.permissions, stands.situation, on=day,
            limits=under.chosen.limits,
        )  # fmt: skip
    except PolicyError as error:
        return QuoteLine(
            policy.component, Money.zero(currency), f"{error} No charge is made.",
            "There is no such charge.", INPUT_MISSING, posted=False,
        )  # fmt: skip
    words = told(found.outcome, currency)
    agent, consumer = words.agent, words.consumer
    if not found.ruling.permitted:
        agent = f"No {_TITLES[Book(policy.component)]} by '{policy.name}': {found.ruling.because}."
        consumer = "There is no such charge."
    return QuoteLine(
        policy.component, Money(found.amount, currency), agent, consumer, found.reason_code,
        posted=False, trace=words,
    )  # fmt: skip
