"""Messages from consumers, on a real PostgreSQL."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from tests.fakes.people import NOW, World

from goodterms.accounts.model import Channel, ConsentState, HoldKind, Purpose
from goodterms.compliance.model import Decision, ProposedContact
from goodterms.compliance.service import ComplianceService, load_rulebook
from goodterms.kit.clock import SetClock
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.messaging.model import InboundMessage, Received
from goodterms.messaging.service import MessagingService

pytestmark = pytest.mark.postgres


class Inbox:
    """A messaging service for two people, and what it did."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.compliance = ComplianceService(load_rulebook())
        self.service = MessagingService(world.accounts, self.compliance, SetClock(NOW))
        self.count = 0

    async def hear(self, text: str, **values: Any) -> Received:
        """Hand in a text from the first person's number."""
        self.count += 1
        given = {
            "id": f"m{self.count}", "channel": Channel.SMS, "sender": "(212) 555-0100",
            "text": text, "received_at": NOW, **values,
        }  # fmt: skip
        async with transaction(self.world.pool) as conn:
            return await self.service.receive(conn, InboundMessage(**given))

    async def reasons(self, channel: Channel, now: datetime = NOW) -> set[str]:
        """Ask the gate whether the first person may be contacted; return what refuses it."""
        contact = ProposedContact(
            "att_1", self.world.consumers[0], (self.world.debts[0],), self.world.points[0],
            "+12125550100", channel,
        )  # fmt: skip
        async with self.world.pool.connection() as conn:
            verdict = await self.compliance.preview(conn, contact, now=now)
        assert verdict.decision is not Decision.ALLOW
        return {finding.reason_code for finding in verdict.findings if not finding.passed}


@pytest.fixture
async def inbox(pool: Pool) -> Inbox:
    return Inbox(await World(pool).build())


async def test_a_stop_word_closes_the_channel_at_once(inbox: Inbox) -> None:
    """STOP by text: texts stop, planned contact is withdrawn, one confirmation is due."""
    assert "MEDIUM_OPTOUT" not in await inbox.reasons(Channel.SMS)
    heard = await inbox.hear("STOP")
    assert (heard.stopped, heard.confirmation_due) == ((Channel.SMS,), True)
    assert (heard.ceased, heard.review, heard.repeated) == (False, False, False)
    assert "MEDIUM_OPTOUT" in await inbox.reasons(Channel.SMS)
    assert "MEDIUM_OPTOUT" not in await inbox.reasons(Channel.CALL)
    assert inbox.world.told
    async with inbox.world.pool.connection() as conn:
        [due] = await inbox.world.accounts.circumstances(conn, inbox.world.consumers[0])
        assert (due.kind, due.data) == ("opted_out", {"channel": "sms"})


async def test_a_second_stop_is_not_confirmed_again(inbox: Inbox) -> None:
    """An opt-out is confirmed once; the words that come in after it get one reply at most."""
    await inbox.hear("STOP")
    again = await inbox.hear("stop!!")
    assert (again.stopped, again.confirmation_due) == ((Channel.SMS,), False)
    wrote = await inbox.hear("how much was it?")
    assert (wrote.stopped, wrote.reply_due) == ((), True)


async def test_a_message_handed_in_twice_is_heard_once(inbox: Inbox) -> None:
    """The provider's id makes a repeat harmless."""
    first = await inbox.hear("STOP", id="SM1")
    second = await inbox.hear("STOP", id="SM1")
    assert (first.repeated, second.repeated, second.confirmation_due) == (False, True, False)
    async with inbox.world.pool.connection() as conn:
        kinds = await inbox.world.kinds(conn)
    assert kinds.count("message.received") == 1


async def test_a_wish_to_be_left_alone_ends_all_contact(inbox: Inbox) -> None:
    """A written wish that contact ceases is a cease request, whatever channel it came by."""
    heard = await inbox.hear("Please stop calling and texting me")
    assert heard.ceased
    async with inbox.world.pool.connection() as conn:
        [hold] = await inbox.world.accounts.holds(conn, inbox.world.consumers[0])
    assert (hold.kind, hold.account_id, hold.source) == (HoldKind.CEASE, None, "sms: m1")
    assert "CEASE_WRITTEN" in await inbox.reasons(Channel.CALL)


async def test_stop_calling_by_text_closes_the_telephone(inbox: Inbox) -> None:
    """The channel that is named stops, not the one the words came by."""
    heard = await inbox.hear("no me llamen")
    assert (heard.stopped, heard.confirmation_due) == ((Channel.CALL,), False)
    assert "MEDIUM_OPTOUT" in await inbox.reasons(Channel.CALL)


async def test_a_stop_takes_back_what_machines_may_do(inbox: Inbox) -> None:
    """An earlier agreement to automated calls ends with the word, for every number."""
    consumer, point = inbox.world.consumers[0], inbox.world.points[0]
    async with transaction(inbox.world.pool) as conn:
        await inbox.world.accounts.record_consent(
            conn, consumer, point, Channel.CALL, ConsentState.GRANTED, purpose=Purpose.AUTOMATED,
            source="form", actor="key:1", now=NOW,
        )  # fmt: skip
    await inbox.hear("STOP")
    async with inbox.world.pool.connection() as conn:
        said = await inbox.world.accounts.consents(conn, consumer)
    assert (said[-1].purpose, said[-1].state) == (Purpose.AUTOMATED, ConsentState.REVOKED)
    assert said[-1].channel is Channel.ALL


async def test_an_unclear_message_waits_for_a_person(inbox: Inbox) -> None:
    """A word that may mean it stops nothing by itself; somebody must read it."""
    heard = await inbox.hear("When does my plan end?")
    assert (heard.stopped, heard.review) == ((), True)
    assert not inbox.world.told


async def test_a_shared_number_speaks_for_all_who_have_it(inbox: Inbox) -> None:
    """Nobody at a number is contacted there after somebody at it said stop."""
    async with transaction(inbox.world.pool) as conn:
        await conn.execute("UPDATE accounts.contact_point SET value = '+12125550100'")
    heard = await inbox.hear("STOP")
    assert heard.consumer_ids == tuple(inbox.world.consumers)
    async with inbox.world.pool.connection() as conn:
        for consumer in inbox.world.consumers:
            states = [c.state for c in await inbox.world.accounts.consents(conn, consumer)]
            assert ConsentState.REVOKED in states


async def test_a_message_from_nobody_is_refused(inbox: Inbox) -> None:
    """A number or address that nobody has, or that is none, is named; nothing is guessed."""
    with pytest.raises(NotFound, match="Nobody on record"):
        await inbox.hear("STOP", sender="+12125550999")
    with pytest.raises(NotFound):
        await inbox.hear("STOP", channel=Channel.EMAIL, sender="ada@example.org")
    with pytest.raises(Refusal):
        await inbox.hear("STOP", sender="ada")
    with pytest.raises(Refusal, match="sms or email"):
        await inbox.hear("STOP", channel=Channel.CALL)
