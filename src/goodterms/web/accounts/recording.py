"""Recording what bears on contact, from the account page and the desk."""

from __future__ import annotations

from collections.abc import Awaitable

from goodterms.access.model import Role
from goodterms.accounts.model import (
    CIRCUMSTANCES,
    Channel,
    ConsentState,
    Purpose,
    RecordedCircumstance,
    Relation,
)
from goodterms.kit.errors import Forbidden, NotFound, Refusal
from goodterms.kit.sql import transaction
from goodterms.web.accounts.facts import WISHES, entered
from goodterms.web.accounts.wish import Said, Wish

_STEER = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.COMPLIANCE})


async def record_fact(wish: Wish) -> Said:
    """Record a fact about the person, this account, or one of their numbers."""
    web, now = wish.web, wish.web.clock.now()
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        consumer = await web.accounts.consumer(conn, account.consumer_id)
        zone = consumer.address_zones[0] if consumer.address_zones else ""
        fact = entered(wish.form, zone, now)
        about = CIRCUMSTANCES[fact.kind].about
        of_account = "account" in about and not ("person" in about and fact.whole_person)
        await _recorded(
            web.accounts.record_circumstance(
                conn,
                account.consumer_id,
                fact.kind,
                account_id=wish.account_id if of_account else None,
                contact_point_id=fact.contact_point_id if "point" in about else None,
                on=fact.on,
                at=fact.at,
                data=fact.data,
                source=f"{wish.source}: {fact.source}" if fact.source else wish.source,
                actor=wish.actor,
                now=now,
            )
        )
    return Said("fact")


async def _recorded(recording: Awaitable[RecordedCircumstance]) -> None:
    """Record; what is wrong is said at the field, without its name in the code."""
    try:
        await recording
    except Refusal as refusal:
        words = refusal.message.removeprefix(f"{refusal.field}: ")
        raise Refusal(refusal.code, words[:1].upper() + words[1:], field=refusal.field) from refusal


async def end_fact(wish: Wish) -> Said:
    """End a fact with the reason why; what restricts contact only by who may decide it.

    Raises:
        NotFound: this person has no such fact.
        Forbidden: an agent ends wishes alone.
    """
    web, form = wish.web, wish.form
    fact_id = form.number("id")
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        known = await web.accounts.circumstances(conn, account.consumer_id, ended=False)
        fact = next((one for one in known if one.id == fact_id), None)
        if fact is None:
            raise NotFound("NO_FACT", "This person has no such record in force.")
        if fact.kind not in WISHES and not wish.signed.person.roles & _STEER:
            raise Forbidden("ROLE", "A supervisor or the compliance officer may end this.")
        await web.accounts.end_circumstance(
            conn, fact.id, reason=form.text("reason"), actor=wish.actor, now=web.clock.now()
        )
    return Said("unfact")


async def agree(wish: Wish) -> Said:
    """Record that the consumer agreed to a way of contact, to more on it, or took that back."""
    web, form = wish.web, wish.form
    if form.text("channel") not in set(Channel):
        raise Refusal("NO_SUCH_CHANNEL", "Choose the way of contact.", field="channel")
    if form.text("purpose") not in set(Purpose):
        raise Refusal("NO_SUCH_PURPOSE", "Choose what was agreed to.", field="purpose")
    if not form.text("source"):
        raise Refusal("SOURCE_MISSING", "Say who said so, and how.", field="source")
    state = ConsentState.REVOKED if form.text("state") == "revoked" else ConsentState.GRANTED
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        await web.accounts.record_consent(
            conn,
            account.consumer_id,
            form.number("point"),
            Channel(form.text("channel")),
            state,
            purpose=Purpose(form.text("purpose")),
            direct=form.text("direct") != "no",
            source=f"{wish.source}: {form.text('source')}",
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("agree" if state is ConsentState.GRANTED else "optout")


async def set_relation(wish: Wish) -> Said:
    """Record whose number or address it is."""
    web, form = wish.web, wish.form
    point_id = form.number("point")
    if form.text("relation") not in set(Relation):
        raise Refusal("NO_SUCH_RELATION", "Choose whose number it is.", field="relation")
    async with transaction(web.pool) as conn:
        account = await web.accounts.account(conn, wish.account_id)
        points = await web.accounts.contact_points(conn, account.consumer_id)
        if point_id is None or point_id not in {point.id for point in points}:
            raise NotFound("NO_POINT", "This person has no such number or address.")
        await web.accounts.set_relation(
            conn,
            point_id,
            Relation(form.text("relation")),
            source=wish.source,
            actor=wish.actor,
            now=web.clock.now(),
        )
    return Said("relation")
