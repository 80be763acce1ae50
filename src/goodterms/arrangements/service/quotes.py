"""Quotes: made now and kept, honoured when money is taken, and made again as of any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path

from goodterms.accounts.model import Account, AccountStatus, Hold
from goodterms.accounts.service import AccountService
from goodterms.arrangements import decide, store
from goodterms.arrangements.decide.book import PolicyBook, build
from goodterms.arrangements.decide.permissions import Situation
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.model import ArrangementPolicy, Quote
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.places import shipped
from goodterms.kit.sql import Connection
from goodterms.ledger import decide as ledger_of
from goodterms.ledger.model import Balance, Book, EntryKind, PostedEntry
from goodterms.ledger.service import LedgerService

_AHEAD = 730


def load_policies(path: Path | None = None) -> PolicyBook:
    """Read a folder of policies, by default the catalogue that ships with us.

    Raises:
        PolicyBookError: a policy is refused; every fault says file, line, field and remedy.
    """
    return _shipped() if path is None else store.read_policies(path)


@cache
def _shipped() -> PolicyBook:
    return store.read_policies(shipped("rulebook") / "policy")


class Quoting:
    """What is owed and what may be agreed, as a stored value with its reasons."""

    def __init__(
        self,
        ledger: LedgerService,
        accounts: AccountService,
        policy: ArrangementPolicy | None = None,
        *,
        policies: PolicyBook | None = None,
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._house = policy or ArrangementPolicy()
        self.policies = policies or load_policies()
        self._books = {self.policies.hash: self.policies}

    async def quote(self, conn: Connection, account_id: int, *, actor: str, now: datetime) -> Quote:
        """Say what is owed on an account now, line by line, and keep what was said.

        Raises:
            NotFound: there is no such account.
            Refusal: no policy covers it.
        """
        stands = await self._standing(conn, account_id)
        under = decide.terms(self.policies, stands, now.date(), self._house)
        quote = decide.quote(new_id("quo", now), stands, under, now=now)
        await self._keep_book(conn, now)
        await store.insert_quote(conn, quote, actor)
        return quote

    async def quote_as_of(
        self,
        conn: Connection,
        account_id: int,
        day: date,
        *,
        now: datetime,
        policies: PolicyBook | None = None,
    ) -> Quote:
        """Say what would have been quoted at the end of a day, as it was understood then.

        Entries, holds and policies recorded later are not known. Nothing is kept. ``policies``
        are tried instead of those that were in force.

        Raises:
            NotFound: there is no such account.
            Refusal: no policy covered it, or the day is more than two years ahead.
        """
        if (day - now.date()).days > _AHEAD:
            raise Refusal("DAY_TOO_FAR", f"{day} is too far ahead to be quoted.", field="as_of")
        known_at = min(now, datetime.combine(day, time.max, UTC))
        book = policies or await self._book_at(conn, known_at)
        stands = await self._standing(conn, account_id, day=day, known_at=known_at)
        under = decide.terms(book, stands, day, self._house)
        return decide.quote(
            new_id("quo", now), stands, under, now=known_at, as_of=day, known_at=known_at
        )

    async def get_quote(self, conn: Connection, quote_id: str) -> Quote:
        """Return a quote as it was given.

        Raises:
            NotFound: there is no such quote.
        """
        quote = await store.quote(conn, quote_id)
        if quote is None:
            raise NotFound("NO_QUOTE", f"There is no quote '{quote_id}'; ask for a new one.")
        return quote

    async def honour(self, conn: Connection, quote: Quote, *, actor: str, now: datetime) -> Quote:
        """Post the charges a quote has added, so that what it said is what is owed.

        The caller holds the account lock. A quote that no longer holds posts nothing. Returns
        the quote with the version of the balance after it.
        """
        balance = await self._ledger.balance(conn, quote.account_id)
        added = [line for line in quote.lines if not line.posted]
        if not added or balance.version != quote.balance_version or now >= quote.expires_at:
            return quote
        entries = [
            ledger_of.charge(
                quote.account_id, Book(line.component), line.amount,
                kind=_kind(line.component), effective_on=quote.as_of or now.date(),
                cause=line.cause, actor=actor, note=f"quote {quote.id}",
                policy_version=line.trace.policy_hash if line.trace else quote.policy_hash,
            )
            for line in added
        ]  # fmt: skip
        await self._ledger.post(conn, entries, now=now)
        after = await self._ledger.balance(conn, quote.account_id)
        return replace(quote, balance_version=after.version)

    async def _standing(
        self,
        conn: Connection,
        account_id: int,
        *,
        day: date | None = None,
        known_at: datetime | None = None,
    ) -> Standing:
        account = await self._accounts.account(conn, account_id)
        creditor = await self._accounts.creditor(conn, account.creditor_id)
        consumer = await self._accounts.consumer(conn, account.consumer_id)
        entries = await self._ledger.entries(conn, account_id)
        balance = await self._ledger.balance(conn, account_id)
        holds = await self._accounts.holds(conn, account.consumer_id)
        if day is not None and known_at is not None:
            entries = [e for e in entries if _known(e, day, known_at)]
            balance = ledger_of.fold(account_id, account.currency, [e.entry for e in entries])
            account = _as_it_was(account, balance, day, known_at)
        where = f"{consumer.country}-{consumer.region}".strip("-")
        return Standing(
            account, creditor.name, balance, entries,
            Situation(jurisdiction=where, client=creditor.reference),
            frozenset(h.kind.name for h in holds if _in_force(h, account_id, known_at)),
        )  # fmt: skip

    async def _keep_book(self, conn: Connection, now: datetime) -> None:
        """Keep the policies in force, so that any quote can be made again from them."""
        if not await store.has_book(conn, self.policies.hash):
            await store.insert_book(conn, self.policies.hash, self.policies.files, now)

    async def _book_at(self, conn: Connection, known_at: datetime) -> PolicyBook:
        """Return the policies known at an instant; those we have if none were recorded before."""
        found = await store.book_at(conn, known_at)
        if found is None:
            return self.policies
        digest, files = found
        if digest not in self._books:
            self._books[digest] = build(files)
        return self._books[digest]


def _kind(component: str) -> EntryKind:
    return EntryKind.INTEREST if component == Book.INTEREST else EntryKind.FEE


def _known(posted: PostedEntry, day: date, known_at: datetime) -> bool:
    return posted.posted_at <= known_at and posted.entry.effective_on <= day


def _as_it_was(account: Account, balance: Balance, day: date, known_at: datetime) -> Account:
    """Return an account that was owed on a past day as one that was still worked."""
    if day >= known_at.date() or balance.total.amount <= 0:
        return account
    return replace(account, status=AccountStatus.ACTIVE)


def _in_force(hold: Hold, account_id: int, at: datetime | None) -> bool:
    if hold.account_id not in (None, account_id):
        return False
    if at is None:
        return hold.released_at is None
    return hold.placed_at <= at and (hold.released_at is None or hold.released_at > at)
