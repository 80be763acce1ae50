"""Posting: the only way money moves, under the account lock and told to whoever dials."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from goodterms.accounts.model import AccountStatus, ContactRestricted, Restriction
from goodterms.accounts.service import AccountService
from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.events import Bus
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.ledger import decide, store
from goodterms.ledger.model import Balance, Book, Entry, PostedEntry
from goodterms.ledger.store import Owner


class LedgerService:
    """The only writer of entries and balances."""

    def __init__(self, accounts: AccountService, bus: Bus) -> None:
        self._accounts = accounts
        self._bus = bus

    async def post(
        self, conn: Connection, entries: Sequence[Entry], *, now: datetime
    ) -> list[PostedEntry]:
        """Post balanced entries, each once per (account, kind, cause), in the caller's transaction.

        Takes the account lock of everybody concerned, in the order of their ids. An entry that
        lowers what is owed withdraws planned contact in the same transaction. An entry whose
        cause was posted before comes back as it stands, marked ``repeated``.

        Raises:
            NotFound: an account does not exist.
            Refusal: an entry does not balance, or is in another currency than its account.
            Conflict: the cause was posted before with another amount.
        """
        owners = await self._lock(conn, {entry.account_id for entry in entries})
        for entry in entries:
            decide.check_entry(entry, owners[entry.account_id].currency)
        balances = await store.balances(conn, owners)
        posted = []
        for entry in entries:
            owner = owners[entry.account_id]
            before = balances.get(entry.account_id) or decide.empty_balance(
                entry.account_id, owner.currency
            )
            done = await self._post_one(conn, entry, now=now)
            if not done.repeated:
                balance = decide.apply(before, entry)
                balances[entry.account_id] = balance
                status = await self._follow(conn, owner, entry, balance, now=now)
                owners[entry.account_id] = replace(owner, status=status)
            posted.append(done)
        return posted

    async def _lock(self, conn: Connection, account_ids: set[int]) -> dict[int, Owner]:
        owners = await store.owners(conn, account_ids)
        for missing in sorted(account_ids - owners.keys()):
            raise NotFound("NO_ACCOUNT", f"There is no account {missing}.")
        for consumer_id in sorted({owner.consumer_id for owner in owners.values()}):
            await self._accounts.lock(conn, consumer_id)
        # Read again: the status may have changed while we waited for the lock.
        return await store.owners(conn, account_ids)

    async def _post_one(self, conn: Connection, entry: Entry, *, now: datetime) -> PostedEntry:
        entry_id = await store.insert(conn, entry, now)
        if entry_id is not None:
            return PostedEntry(entry_id, entry, now)
        before = await store.entry_by_cause(conn, entry.account_id, entry.kind, entry.cause)
        assert before is not None, "the unique key said it was there"
        if decide.change(before.entry) != decide.change(entry):
            raise Conflict(
                "CAUSE_REUSED",
                f"Account {entry.account_id}: '{entry.cause}' was already posted as"
                f" {decide.change(before.entry)}; it cannot be posted again as"
                f" {decide.change(entry)}. Use a new reference.",
            )
        return PostedEntry(before.id, before.entry, before.posted_at, repeated=True)

    async def _follow(
        self, conn: Connection, owner: Owner, entry: Entry, balance: Balance, *, now: datetime
    ) -> AccountStatus:
        """Write the new balance, tell what follows from it, return the account's status."""
        await store.write_balance(conn, balance, now)
        status = decide.status_after(owner.status, balance)
        if status is not owner.status:
            await self._accounts.set_status(conn, owner.account_id, status, now=now)
        zero = Money.zero(owner.currency)
        if decide.change(entry) < zero:
            paid = balance.total <= zero
            restriction = Restriction.CLOSED if paid else Restriction.PAYMENT
            words = decide.words(owner.reference, entry, balance)
            await self._bus.publish(
                conn,
                ContactRestricted(
                    owner.consumer_id, restriction, now, words, account_id=owner.account_id
                ),
            )
        return status

    async def balance(self, conn: Connection, account_id: int) -> Balance:
        """Return what is owed on an account; zero, version 0, if nothing was ever posted.

        Raises:
            NotFound: there is no such account.
        """
        found = await self.balances(conn, [account_id])
        if account_id not in found:
            raise NotFound("NO_ACCOUNT", f"There is no account {account_id}.")
        return found[account_id]

    async def balances(self, conn: Connection, account_ids: Iterable[int]) -> dict[int, Balance]:
        """Return what is owed on each of the accounts that exist."""
        wanted = list(account_ids)
        found = await store.balances(conn, wanted)
        missing = [account_id for account_id in wanted if account_id not in found]
        if missing:
            for owner in (await store.owners(conn, missing)).values():
                found[owner.account_id] = decide.empty_balance(owner.account_id, owner.currency)
        return found

    async def entries(self, conn: Connection, account_id: int) -> list[PostedEntry]:
        """Return the account's entries, oldest first."""
        return await store.entries(conn, account_id)

    async def entry(self, conn: Connection, entry_id: int) -> PostedEntry:
        """Return one entry.

        Raises:
            NotFound: there is no such entry.
        """
        posted = await store.entry(conn, entry_id)
        if posted is None:
            raise NotFound("NO_ENTRY", f"There is no ledger entry {entry_id}.")
        return posted

    async def reverse(
        self, conn: Connection, entry_id: int, *, cause: str, actor: str, now: datetime
    ) -> PostedEntry:
        """Undo an entry by its negation, with the original effective date; once per entry.

        Raises:
            NotFound: there is no such entry.
            Conflict: it is a reversal itself, or was reversed for another cause.
        """
        posted = await self.entry(conn, entry_id)
        await self._lock(conn, {posted.entry.account_id})
        for other in await store.entries(conn, posted.entry.account_id):
            if other.entry.reverses_id == entry_id and other.entry.cause != cause:
                raise Conflict(
                    "ALREADY_REVERSED",
                    f"Entry {entry_id} was already reversed by entry {other.id}"
                    f" ({other.entry.cause}).",
                )
        [done] = await self.post(conn, [decide.reversal(posted, cause=cause, actor=actor)], now=now)
        return done

    async def set_components(
        self,
        conn: Connection,
        account_id: int,
        components: Mapping[Book, Money],
        *,
        cause: str,
        actor: str,
        now: datetime,
    ) -> PostedEntry | None:
        """Bring the account to exactly these components (those not named become zero).

        The first time it is the account's placement, later an adjustment. None if nothing
        differs. Repeating a cause that was posted, with the same outcome, changes nothing.

        Raises:
            NotFound: there is no such account.
            Refusal: another currency, or a book that is no component.
        """
        await self._lock(conn, {account_id})
        balance = await self.balance(conn, account_id)
        entry = decide.adjustment(
            balance, components, effective_on=now.date(), cause=cause, actor=actor
        )
        if entry is None:
            return None
        [posted] = await self.post(conn, [entry], now=now)
        return posted

    async def place_staged(
        self, conn: Connection, *, cause: str, actor: str, now: datetime
    ) -> None:
        """Place the money of the accounts staged and locked by the accounts domain.

        New accounts get their opening entry, restated ones an adjustment to what their creditor
        now states. A sum that went down withdraws planned contact in this transaction. ``cause``
        names the load; within one load an account may appear once.
        """
        for row in await store.place_staged(conn, cause=cause, actor=actor, now=now):
            before, after = (Money.of(row[k], row["currency"]) for k in ("before", "after"))
            if after >= before:
                continue
            account_id, zero = row["account_id"], Money.zero(row["currency"])
            if after <= zero and AccountStatus(row["status"]) in decide.OPEN:
                await self._accounts.set_status(
                    conn, account_id, AccountStatus.PAID, now=now, actor=actor
                )
            restriction = Restriction.CLOSED if after <= zero else Restriction.PAYMENT
            words = decide.restated_words(row["account_reference"], before, after)
            await self._bus.publish(
                conn,
                ContactRestricted(
                    row["consumer_id"], restriction, now, words, account_id=account_id
                ),
            )

    async def check(self, conn: Connection) -> list[str]:
        """Compare the ledger with itself; return a sentence per fault, none if all is well."""
        problems = [
            f"Ledger entry {row['entry_id']} of account {row['account_id']} sums to"
            f" {row['amount']}, not to zero."
            for row in await store.unbalanced(conn)
        ]
        problems += [
            f"Account {row['account_id']}: the stored balance is {row['stored']},"
            f" its postings fold to {row['folded']}."
            for row in await store.unfaithful(conn)
        ]
        return problems
