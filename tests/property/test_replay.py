"""Taking a payment back leaves the ledger as if it had never been."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from goodterms.arrangements.decide.replaying import differences
from goodterms.arrangements.decide.spreading import allocate, give_back
from goodterms.arrangements.decide.waterfall import CELLS, Direction, Waterfall
from goodterms.kit.money import Money
from goodterms.ledger import decide as ledger
from goodterms.ledger.model import Balance, Book, Entry, EntryKind, PostedEntry

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = date(2026, 1, 1)
OWED = (Book.PRINCIPAL, Book.INTEREST, Book.LATE_FEE, Book.SERVICE_FEE)
amounts = st.integers(1, 50_000).map(Money.from_minor)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("charge"), st.sampled_from(OWED), amounts),
        st.tuples(st.just("pay"), st.just(Book.CASH), amounts),
        st.tuples(st.just("refund"), st.just(Book.CASH), amounts),
    ),
    min_size=2,
    max_size=14,
)
orders = st.builds(Waterfall, st.permutations(CELLS).map(tuple), st.sampled_from(Direction))


class History:
    """A ledger of one account as it grows; payments are spread when they come."""

    def __init__(self, order: Waterfall) -> None:
        self.order = order
        self.entries: list[PostedEntry] = []

    @property
    def balance(self) -> Balance:
        return ledger.fold(1, "USD", [posted.entry for posted in self.entries])

    def add(self, entry: Entry) -> None:
        self.entries.append(PostedEntry(len(self.entries) + 1, entry, NOW))

    def charge(self, number: int, book: Book, amount: Money) -> None:
        self.add(
            ledger.charge(
                1, book, amount, kind=EntryKind.FEE, effective_on=DAY, cause=f"fee:{number}",
                actor="a", policy_version="p",
            )
        )  # fmt: skip

    def pay(self, number: int, amount: Money) -> None:
        spread = allocate(self.balance, amount, self.order)
        self.add(ledger.payment(1, spread, effective_on=DAY, cause=f"payment:{number}", actor="a"))

    def refund(self, number: int, payment: int, amount: Money) -> None:
        """Give back of a payment at most what is left of it."""
        cause = f"payment:{payment}"
        spread: dict[Book, Money] = {}
        for posted in self.entries:
            if posted.entry.cause == cause or posted.entry.cause.startswith(f"{cause}:"):
                for book, part in posted.entry.postings.items():
                    if book is not Book.CASH:
                        spread[book] = spread.get(book, Money.zero()) - part
        left = ledger.total(spread.values(), "USD")
        if left > Money.zero():
            back = give_back(spread, min(amount, left))
            self.add(
                ledger.refund(1, back, effective_on=DAY, cause=f"{cause}:ref_{number}", actor="a")
            )

    def play(self, plan: list[tuple[str, Book, Money]], without: frozenset[int]) -> None:
        """Post the steps, leaving some payments out with their refunds."""
        last = None
        for number, (what, book, amount) in enumerate(plan):
            if what == "charge":
                self.charge(number, book, amount)
            elif what == "pay" and number not in without:
                self.pay(number, amount)
                last = number
            elif what == "refund" and last is not None:
                self.refund(number, last, amount)
            if what == "pay" and number in without:
                last = None

    def reverse(self, payment: int) -> None:
        """Take a payment back and replay what came after it."""
        [posted] = [p for p in self.entries if p.entry.cause == f"payment:{payment}"]
        self.add(ledger.reversal(posted, cause=f"nsf:{payment}", actor="bank"))
        changes = differences(
            1, "USD", self.entries, self.order, cause=f"nsf:{payment}", actor="bank"
        )
        for entry in changes:
            ledger.check_entry(entry, "USD")
            self.add(entry)


def without_refund_after(plan: list[tuple[str, Book, Money]], payment: int) -> bool:
    """Tell whether a payment is not refunded before the next one."""
    for what, _, _ in plan[payment + 1 :]:
        if what == "refund":
            return False
        if what == "pay":
            return True
    return True


@settings(deadline=None)
@given(orders, steps, st.data())
def test_reversal_and_replay_leave_the_state_without_the_payment(
    order: Waterfall, plan: list[tuple[str, Book, Money]], data: st.DataObject
) -> None:
    """Any payments reversed in any order: component by component the ledger without them."""
    payments = [
        n for n, step in enumerate(plan) if step[0] == "pay" and without_refund_after(plan, n)
    ]
    if not payments:
        return
    taken = data.draw(st.lists(st.sampled_from(payments), min_size=1, max_size=3, unique=True))
    real = History(order)
    real.play(plan, frozenset())
    for payment in taken:
        real.reverse(payment)
    other = History(order)
    other.play(plan, frozenset(taken))
    assert real.balance.components == other.balance.components
    assert differences(1, "USD", real.entries, order, cause="again", actor="a") == []
