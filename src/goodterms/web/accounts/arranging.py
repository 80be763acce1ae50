"""Plans, settlements and returned payments, from the account page and the desk."""

from __future__ import annotations

from goodterms.arrangements.model import ArrangementEvent, OptionKind, ReversalKind
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import transaction
from goodterms.web.accounts.wish import Said, Wish


async def arrange(wish: Wish) -> Said:
    """Agree a plan or settlement that the quote on the page offers."""
    web, form = wish.web, wish.form
    kind, _, count = form.text("option").partition(":")
    if kind not in tuple(OptionKind) or (count and not count.isdecimal()):
        raise Refusal("NO_OPTION", "Choose what is agreed.", field="option")
    async with transaction(web.pool) as conn:
        made = await web.arrangements.agree(
            conn,
            form.text("quote"),
            OptionKind(kind),
            instalments=int(count) if count else None,
            attempt_id=wish.attempt_id,
            actor=wish.actor,
            now=web.clock.now(),
        )
        if made.account_id != wish.account_id:
            raise Refusal("WRONG_QUOTE", "The quote on the page was for another account.")
    return Said("agreed", made.total)


async def change_agreed(wish: Wish) -> Said:
    """Pause, resume or cancel a plan or settlement."""
    web, form = wish.web, wish.form
    steps = {"paused", "resumed", "cancelled"}
    if form.text("step") not in steps:
        raise Refusal("NO_STEP", "Choose what is done.", field="step")
    if not form.text("reason"):
        raise Refusal("REASON_MISSING", "Say why.", field="reason")
    async with transaction(web.pool) as conn:
        found = await web.arrangements.arrangement(conn, form.text("id"))
        if found.account_id != wish.account_id:
            raise NotFound("NO_ARRANGEMENT", "This account has no such arrangement.")
        await web.arrangements.change(
            conn,
            found.id,
            ArrangementEvent(form.text("step")),
            reason=form.text("reason"),
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("agreed_changed")


async def take_back(wish: Wish) -> Said:
    """Take a payment back: returned unpaid, charged back, or a mistake."""
    web, form = wish.web, wish.form
    if form.text("kind") not in tuple(ReversalKind):
        raise Refusal("NO_KIND", "Choose why the payment is taken back.", field="kind")
    if not form.text("reference"):
        raise Refusal("REFERENCE_MISSING", "Give the bank's reference.", field="reference")
    async with transaction(web.pool) as conn:
        payment = await web.payments.payment(conn, form.text("payment"))
        entries = await web.ledger.entries(conn, wish.account_id)
        entry = next((e for e in entries if e.entry.cause == payment.cause), None)
        if entry is None:
            raise NotFound("NO_PAYMENT", "This account has no such payment.")
        await web.payments.take_back(
            conn, wish.account_id, entry.id, ReversalKind(form.text("kind")),
            reference=form.text("reference"), actor=wish.actor, now=web.clock.now(),
        )  # fmt: skip
    return Said("taken_back", payment.amount)
