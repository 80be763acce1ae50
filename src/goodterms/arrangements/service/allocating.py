"""Where money goes: the waterfall in force, several debts, and what a reversal changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from goodterms.accounts.model import Account
from goodterms.arrangements import decide
from goodterms.arrangements.decide import replaying
from goodterms.arrangements.decide.charges import charge
from goodterms.arrangements.decide.quoting import Terms
from goodterms.arrangements.decide.sharing import Debt, Shares, Sharing, share
from goodterms.arrangements.decide.spreading import HOUSE_ORDER
from goodterms.arrangements.decide.standing import Standing
from goodterms.arrangements.decide.waterfall import Waterfall
from goodterms.arrangements.model import ReversalKind
from goodterms.arrangements.service.quotes import Quoting
from goodterms.kit.errors import NotFound
from goodterms.kit.money import Money
from goodterms.kit.sql import Connection
from goodterms.ledger import decide as ledger_of
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry


class Allocating(Quoting):
    """Spreads payments by policy, and takes them back."""

    async def allocation(
        self, conn: Connection, balance: Balance, amount: Money, *, now: datetime
    ) -> Mapping[Book, Money]:
        """Spread a payment over one debt by the waterfall in force; positive, sums exactly.

        Raises:
            Refusal: the amount is not positive, or no policy covers the account.
        """
        _, under = await self._terms(conn, balance.account_id, now)
        return decide.allocate(balance, amount, order_of(under))

    async def shares(
        self,
        conn: Connection,
        consumer_id: int,
        amount: Money,
        direction: Mapping[int, Decimal] | None = None,
        *,
        now: datetime,
    ) -> Shares:
        """Share a payment between a consumer's debts: their direction first, then by policy.

        The caller holds the account lock. Debts in another currency get nothing.

        Raises:
            NotFound: the consumer has no debt in this currency.
            Refusal: the direction cannot be followed, or no policy covers an account.
        """
        debts, rule = [], Sharing.OLDEST
        for account in await self._accounts.accounts_of(conn, consumer_id):
            if account.currency == amount.currency:
                stands, under = await self._terms(conn, account.id, now)
                debts.append(_debt(stands, under))
                chosen = under.chosen.slot("sharing")
                rule = chosen.sharing if chosen and chosen.sharing else rule
        if not debts:
            raise NotFound(
                "NO_DEBT", f"Consumer {consumer_id} has no account in {amount.currency}."
            )
        return share(debts, amount.amount, rule, direction)

    async def reverse(
        self,
        conn: Connection,
        entry_id: int,
        kind: ReversalKind,
        *,
        reference: str,
        actor: str,
        now: datetime,
    ) -> list[PostedEntry]:
        """Take an entry back: its negation on the original day, the replay, and a lawful fee.

        Later payments are allocated anew over what is owed without it, as entries of their own;
        promises that it had kept are open again. Returns everything posted; asked again with
        the same reference, the same.

        Raises:
            NotFound: there is no such entry.
            Conflict: it is a reversal, was reversed or refunded before, or follows from a replay.
        """
        posted = await self._ledger.entry(conn, entry_id)
        account_id = posted.entry.account_id
        await self._accounts.lock_of_account(conn, account_id)
        replaying.check_reversible(posted, await self._ledger.entries(conn, account_id))
        cause = f"{kind.value}:{reference}"
        done = [await self._ledger.reverse(conn, entry_id, cause=cause, actor=actor, now=now)]
        if done[0].repeated:
            return done
        stands, under = await self._terms(conn, account_id, now)
        follow = self._restored(posted, kind, under, cause, actor)
        done += await self._ledger.post(conn, follow, now=now)
        entries = await self._ledger.entries(conn, account_id)
        changes = replaying.differences(
            account_id, stands.account.currency, entries, order_of(under), cause=cause, actor=actor
        )
        done += await self._ledger.post(conn, changes, now=now)
        if kind is ReversalKind.NSF:
            fee = _fee(posted, stands, under, actor=actor, now=now)
            done += await self._ledger.post(conn, fee, now=now)
        return done

    def _restored(
        self, posted: PostedEntry, kind: ReversalKind, under: Terms, cause: str, actor: str
    ) -> list[Entry]:
        policy = under.chosen.slot("reversal")
        wanted = policy.constants.get("restores") if policy else None
        if kind is not ReversalKind.CHARGEBACK or wanted != "principal":
            return []
        moved = replaying.restored_to_principal(
            posted, effective_on=posted.entry.effective_on, cause=cause, actor=actor
        )
        return [] if moved is None else [moved]

    async def _terms(
        self, conn: Connection, account_id: int, now: datetime
    ) -> tuple[Standing, Terms]:
        stands = await self._standing(conn, account_id)
        return stands, decide.terms(self.policies, stands, now.date(), self._house)


def order_of(under: Terms) -> Waterfall:
    """Return the waterfall in force."""
    policy = under.chosen.slot("allocation")
    return policy.waterfall if policy and policy.waterfall else HOUSE_ORDER


def _debt(stands: Standing, under: Terms) -> Debt:
    account: Account = stands.account
    rates = [
        under.chosen.policies[name].constants.get("r", Decimal(0))
        for name in under.chosen.use.get("charges", ())
    ]
    return Debt(
        account.id, max(Decimal(0), stands.balance.total.amount), account.due_on,
        max(rates, default=Decimal(0)), "DISPUTED" in stands.holds,
    )  # fmt: skip


def _fee(
    posted: PostedEntry, stands: Standing, under: Terms, *, actor: str, now: datetime
) -> Sequence[Entry]:
    """Return the entry of the returned-payment fee, where the permission table allows one."""
    policy = under.chosen.slot("returned")
    if policy is None or posted.entry.kind is not EntryKind.PAYMENT:
        return []
    given = {"state": stands.situation.jurisdiction, "holds": stands.holds}
    found = charge(
        policy, given, under.book.permissions, stands.situation, on=now.date(),
        limits=under.chosen.limits,
    )  # fmt: skip
    if not found.amount:
        return []
    return [
        ledger_of.charge(
            posted.entry.account_id, Book(policy.component),
            Money(found.amount, stands.account.currency), kind=EntryKind.FEE,
            effective_on=now.date(), cause=f"policy:{policy.name}:{posted.entry.cause}",
            actor=actor, policy_version=policy.hash,
        )
    ]  # fmt: skip
