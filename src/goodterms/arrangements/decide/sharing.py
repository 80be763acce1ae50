"""How one payment is shared between several debts of a consumer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from goodterms.arrangements.decide.exact import ZERO, largest_remainder
from goodterms.kit.errors import Refusal


class Sharing(StrEnum):
    """The policy for what the consumer has not directed."""

    OLDEST = "oldest"
    HIGHEST_RATE = "highest_rate"
    PRO_RATA = "pro_rata"


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt as sharing sees it."""

    account_id: int
    owed: Decimal
    since: date
    rate: Decimal = ZERO
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """What each debt gets, and what no debt may get (the consumer's credit)."""

    amounts: Mapping[int, Decimal]
    rest: Decimal


def share(
    debts: Sequence[Debt],
    amount: Decimal,
    rule: Sharing,
    direction: Mapping[int, Decimal] | None = None,
) -> Shares:
    """Share a payment: the consumer's direction first, never to a disputed debt unless directed.

    A direction is followed to the cent, also to a disputed debt: it is the consumer's own. What
    it leaves goes by the rule; debts that are paid get no more.

    Reference: 15 USC 1692h.

    Raises:
        Refusal: the direction names an unknown debt, or more than the payment or the debt.
    """
    owed = {debt.account_id: debt.owed for debt in debts}
    got = dict.fromkeys(owed, ZERO)
    rest = amount
    for account_id, wanted in (direction or {}).items():
        _check_direction(account_id, wanted, owed, rest)
        got[account_id] += wanted
        rest -= wanted
    free = [d for d in debts if not d.disputed and d.owed - got[d.account_id] > ZERO]
    free.sort(key=lambda d: (d.since, d.account_id))
    if rule is Sharing.PRO_RATA and rest:
        rest -= _pro_rata(free, got, rest)
    if rule is Sharing.HIGHEST_RATE:
        free.sort(key=lambda d: -d.rate)
    for debt in free if rule is not Sharing.PRO_RATA else []:
        part = min(rest, debt.owed - got[debt.account_id])
        got[debt.account_id] += part
        rest -= part
    return Shares({k: v for k, v in got.items() if v}, rest)


def _pro_rata(free: Sequence[Debt], got: dict[int, Decimal], rest: Decimal) -> Decimal:
    """Share by what is still owed, by largest remainder; return what was shared."""
    open_ = [d.owed - got[d.account_id] for d in free]
    payable = min(rest, sum(open_, ZERO))
    if payable <= ZERO:
        return ZERO
    for debt, part in zip(free, largest_remainder(payable, open_), strict=True):
        got[debt.account_id] += part
    return payable


def _check_direction(
    account_id: int, wanted: Decimal, owed: Mapping[int, Decimal], rest: Decimal
) -> None:
    if account_id not in owed:
        raise Refusal(
            "UNKNOWN_DEBT",
            f"Account {account_id} is none of the debts this payment may go to.",
            field="direction",
        )
    if wanted <= ZERO or wanted > rest or wanted > owed[account_id]:
        raise Refusal(
            "DIRECTION_AMOUNT",
            f"{wanted} cannot go to account {account_id}: {owed[account_id]} is owed on it and"
            f" {rest} of the payment is left.",
            field="direction",
        )
