"""What can be done about a person from the account page and the desk, each through its service."""

from __future__ import annotations

from dataclasses import replace

from goodterms.access.model import Role
from goodterms.accounts.decide import VERIFIED
from goodterms.accounts.model import Channel, ConsentState, HoldKind, PointStatus
from goodterms.kit.errors import Forbidden, NotFound, Refusal
from goodterms.kit.ids import new_id
from goodterms.kit.sql import transaction
from goodterms.payments.model import PaymentChannel, PaymentRequest
from goodterms.web.accounts.arranging import arrange, change_agreed, take_back
from goodterms.web.accounts.recording import agree, end_fact, record_fact, set_relation
from goodterms.web.accounts.wish import Act, Said, Wish
from goodterms.web.context import Signed
from goodterms.web.forms import Form

HOSTED = "hosted"
RELEASE_RULES = {
    HoldKind.DISPUTED: VERIFIED,
    HoldKind.CEASE: "the consumer takes the request back in writing",
    HoldKind.ATTORNEY: "the attorney consents or no longer acts",
    HoldKind.BANKRUPTCY: "the case is dismissed or closed without discharge",
    HoldKind.DECEASED: "the report proves wrong",
}
_BY_REVIEW = "a supervisor has reviewed it"
_OF_THE_PERSON = (HoldKind.CEASE, HoldKind.ATTORNEY, HoldKind.BANKRUPTCY, HoldKind.DECEASED)
_STEER = frozenset({Role.SUPERVISOR, Role.MANAGER})
_WORK = frozenset({Role.AGENT}) | _STEER


async def take_payment(wish: Wish) -> Said:
    """Record a payment and have it charged, or open the processor's own page for the card."""
    web, form = wish.web, wish.form
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
    amount = form.money("amount", account.currency)
    method = form.text("method") or HOSTED
    known = dict(web.settings.test_cards)
    if method != HOSTED and method not in known:
        raise Refusal("NO_SUCH_METHOD", "Choose one of the ways to pay.", field="method")
    request = PaymentRequest(
        id=form.text("id") or new_id("pay", web.clock.now()),
        account_id=wish.account_id,
        amount=amount,
        channel=PaymentChannel.AGENT,
        method_token=None if method == HOSTED else method,
        method_label=known.get(method, "").partition(":")[0],
        quote_id=form.text("quote") or None,
        attempt_id=wish.attempt_id,
    )
    payment = await web.payments.take(request, actor=wish.actor)
    if not payment.hosted:
        return Said("payment", amount)
    page = await web.payments.hosted_page(payment.id, f"{web.settings.url}/desk/paid")
    return Said("payment_page", amount, page.url)


async def make_link(wish: Wish) -> Said:
    """Make a pay link; its address is shown once and kept only as a hash."""
    web, form = wish.web, wish.form
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        amount = form.money("amount", account.currency) if form.text("amount") else None
        token = await web.payments.create_link(
            conn,
            wish.account_id,
            amount,
            attempt_id=wish.attempt_id,
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("link", amount, f"{web.settings.url}/pay/{token}")


async def make_promise(wish: Wish) -> Said:
    """Record the consumer's word to pay."""
    web, form = wish.web, wish.form
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        amount, due_on = form.money("amount", account.currency), form.day("due_on")
        await web.arrangements.promise(
            conn,
            wish.account_id,
            amount,
            due_on,
            attempt_id=wish.attempt_id,
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("promise", amount)


async def add_note(wish: Wish) -> Said:
    """Write a note down."""
    web = wish.web
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        await web.accounts.add_note(
            conn,
            account.consumer_id,
            wish.account_id,
            wish.form.text("body"),
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("note")


async def place_hold(wish: Wish) -> Said:
    """Stop contact, about this account or with the person as the kind demands."""
    web, form = wish.web, wish.form
    if form.text("kind") not in set(HoldKind):
        raise Refusal("NO_SUCH_HOLD", "Choose why contact is stopped.", field="kind")
    kind = HoldKind(form.text("kind"))
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        whole = kind in _OF_THE_PERSON or form.text("scope") == "person"
        source = form.text("source")
        await web.accounts.place_hold(
            conn,
            account.consumer_id,
            None if whole else wish.account_id,
            kind,
            source=f"{wish.source}: {source}" if source else wish.source,
            release_rule=RELEASE_RULES.get(kind, _BY_REVIEW),
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("hold")


async def release_hold(wish: Wish) -> Said:
    """End a hold with the reason why."""
    web, form = wish.web, wish.form
    hold_id = form.number("id")
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        holds = await web.accounts.holds(conn, account.consumer_id)
        if hold_id is None or hold_id not in {hold.id for hold in holds}:
            raise NotFound("NO_HOLD", "This person has no such hold.")
        await web.accounts.release_hold(
            conn, hold_id, actor=wish.actor, reason=form.text("reason"), now=web.clock.now()
        )
    return Said("release")


async def opt_out(wish: Wish) -> Said:
    """Record that the consumer wants no more contact of a kind, at one point or at all."""
    web, form = wish.web, wish.form
    if form.text("channel") not in set(Channel):
        raise Refusal("NO_SUCH_CHANNEL", "Choose what the consumer opts out of.", field="channel")
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        await web.accounts.record_consent(
            conn,
            account.consumer_id,
            form.number("point"),
            Channel(form.text("channel")),
            ConsentState.REVOKED,
            source=wish.source,
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("optout")


async def mark_wrong(wish: Wish) -> Said:
    """Record that a number leads to somebody else."""
    web, form = wish.web, wish.form
    point_id = form.number("point")
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        points = await web.accounts.contact_points(conn, account.consumer_id)
        if point_id is None or point_id not in {point.id for point in points}:
            raise NotFound("NO_POINT", "This person has no such number or address.")
        await web.accounts.mark_point(
            conn,
            point_id,
            PointStatus.WRONG,
            source=wish.source,
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("wrong")


async def give_back(wish: Wish) -> Said:
    """Refund a payment, whole or in part."""
    web, form = wish.web, wish.form
    async with transaction(web.pool) as conn:
        payment = await web.payments.payment(conn, form.text("payment"))
    if payment.account_id != wish.account_id:
        raise NotFound("NO_PAYMENT", "This account has no such payment.")
    amount = form.money("amount", payment.amount.currency)
    if not form.text("reason"):
        raise Refusal("REASON_MISSING", "Say why the money is given back.", field="reason")
    await web.payments.refund(
        payment.id,
        amount,
        form.text("reason"),
        actor=wish.actor,
        refund_id=form.text("id") or None,
    )
    return Said("refund", amount)


ACTIONS: dict[str, tuple[Act, frozenset[Role]]] = {
    "pay": (take_payment, _WORK),
    "link": (make_link, _WORK),
    "promise": (make_promise, _WORK),
    "arrange": (arrange, _WORK),
    "agreed": (change_agreed, _STEER),
    "return": (take_back, _STEER),
    "note": (add_note, _WORK | {Role.COMPLIANCE}),
    "hold": (place_hold, _WORK | {Role.COMPLIANCE}),
    "release": (release_hold, _STEER | {Role.COMPLIANCE}),
    "optout": (opt_out, _WORK | {Role.COMPLIANCE}),
    "wrong": (mark_wrong, _WORK),
    "fact": (record_fact, _WORK | {Role.COMPLIANCE}),
    "unfact": (end_fact, _WORK | {Role.COMPLIANCE}),
    "agree": (agree, _WORK | {Role.COMPLIANCE}),
    "relation": (set_relation, _WORK | {Role.COMPLIANCE}),
    "refund": (give_back, _STEER),
}


def allowed(signed: Signed) -> frozenset[str]:
    """Return the actions that a person's roles allow."""
    roles = signed.person.roles
    return frozenset(name for name, (_, given) in ACTIONS.items() if given & roles)


async def perform(name: str, wish: Wish) -> tuple[Said | None, Form]:
    """Do what is wished; a refusal comes back as the form with what was wrong.

    Raises:
        NotFound: there is no such action.
        Forbidden: the person's roles do not allow it.
    """
    if name not in ACTIONS:
        raise NotFound("NO_ACTION", f"There is no action '{name}'.")
    if name not in allowed(wish.signed):
        raise Forbidden("ROLE", "Your role does not allow this; ask a supervisor.")
    act, _ = ACTIONS[name]
    try:
        return await act(wish), Form()
    except Refusal as refusal:
        field = refusal.field
        known = field is not None and f"{wish.form.key}_{field}" in wish.form.values
        if not known:
            refusal.field = None
        return None, replace(wish.form.refused(refusal))
