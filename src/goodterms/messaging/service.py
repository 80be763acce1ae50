"""Taking in messages: logged, read, and their wish fulfilled in the same transaction."""

from __future__ import annotations

from dataclasses import replace

from goodterms.accounts.model import Channel, ConsentState, Happening, HoldKind, Purpose
from goodterms.accounts.service import AccountService
from goodterms.compliance.decide.keywords import Asked, Reading, read_message
from goodterms.compliance.service import ComplianceService
from goodterms.kit.clock import Clock
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.phone import PhoneError, parse_phone
from goodterms.kit.sql import Connection
from goodterms.messaging.decide import LONGEST_SHOWN, closed, is_closed, stopped_by
from goodterms.messaging.model import CHANNELS, InboundMessage, Received

_CEASE_ENDS = "the consumer takes the request back in writing"
ACTOR = "consumer:message"


class MessagingService:
    """Hears what consumers write. Runs in the caller's transaction and never commits."""

    def __init__(
        self, accounts: AccountService, compliance: ComplianceService, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._compliance = compliance
        self._clock = clock

    async def receive(self, conn: Connection, message: InboundMessage) -> Received:
        """Take in a message: log it, and stop at once what it asks to stop.

        A number or address that several people share speaks for all of them.

        Raises:
            Refusal: it came by no channel of messages, or its sender cannot be read.
            NotFound: nobody on record has this number or address.
        """
        message = _readable(message)
        reading = read_message(message.text)
        kind = "email" if message.channel is Channel.EMAIL else "phone"
        people = await self._accounts.people_at(conn, kind, message.sender)
        if not people:
            words = f"Nobody on record has {message.sender}: check the number or address."
            raise NotFound("SENDER_UNKNOWN", words)
        heard = [await self._hear(conn, consumer_id, message, reading) for consumer_id in people]
        return Received(
            consumer_ids=tuple(people),
            asked=reading.asked,
            word=reading.word,
            stopped=heard[0].stopped,
            ceased=reading.asked is Asked.EVERYTHING,
            confirmation_due=any(one.confirmation_due for one in heard),
            reply_due=any(one.reply_due for one in heard),
            review=reading.asked is Asked.UNCLEAR,
            repeated=all(one.repeated for one in heard),
        )

    async def _hear(
        self, conn: Connection, consumer_id: int, message: InboundMessage, reading: Reading
    ) -> Received:
        await self._accounts.lock(conn, consumer_id)
        stops = stopped_by(reading, message.channel)
        answer = Received(
            (consumer_id,), reading.asked, reading.word, stops, False, False, False, False, False
        )
        if not await self._log(conn, consumer_id, message, reading):
            return replace(answer, repeated=True)
        shut = closed(await self._accounts.consents(conn, consumer_id))
        was_closed = is_closed(message.channel, shut)
        if not reading.stops:
            if was_closed:
                await self._note(conn, consumer_id, "consumer_wrote", message)
            return replace(answer, reply_due=was_closed)
        if reading.asked is Asked.EVERYTHING:
            await self._cease(conn, consumer_id, message)
        for channel in stops:
            if not is_closed(channel, shut):
                await self._close(conn, consumer_id, message, channel, Purpose.CONTACT)
        await self._close(conn, consumer_id, message, Channel.ALL, Purpose.AUTOMATED)
        fresh = message.channel in stops and not was_closed
        if fresh:
            await self._note(conn, consumer_id, "opted_out", message)
        return replace(answer, confirmation_due=fresh)

    async def _log(
        self, conn: Connection, consumer_id: int, message: InboundMessage, reading: Reading
    ) -> bool:
        """Write the message to the contact log and the timeline; False if it is there."""
        now = self._clock.now()
        fresh = await self._compliance.log_inbound(
            conn, f"in:{message.channel}:{message.id}:{consumer_id}", consumer_id,
            value=message.sender, medium=message.channel, at=message.received_at, now=now,
        )  # fmt: skip
        if fresh:
            data = {
                "channel": message.channel, "text": message.text[:LONGEST_SHOWN],
                "asked": reading.asked, "source": _source(message),
            }  # fmt: skip
            happening = Happening("message.received", now, ACTOR, consumer_id, data=data)
            await self._accounts.record(conn, happening)
        return fresh

    async def _cease(self, conn: Connection, consumer_id: int, message: InboundMessage) -> None:
        """End all contact: a message is writing.

        Reference: 12 CFR 1006.6(c)(1), comment 6(c)(1)-1.
        """
        await self._accounts.place_hold(
            conn, consumer_id, None, HoldKind.CEASE, source=_source(message),
            release_rule=_CEASE_ENDS, actor=ACTOR, now=self._clock.now(),
        )  # fmt: skip

    async def _close(
        self,
        conn: Connection,
        consumer_id: int,
        message: InboundMessage,
        channel: Channel,
        purpose: Purpose,
    ) -> None:
        """Take back what was agreed to; what machines and their voices may do ends with it.

        Reference: 12 CFR 1006.14(h); 47 CFR 64.1200(a)(10).
        """
        await self._accounts.record_consent(
            conn, consumer_id, None, channel, ConsentState.REVOKED, source=_source(message),
            actor=ACTOR, now=self._clock.now(), purpose=purpose,
        )  # fmt: skip

    async def _note(
        self, conn: Connection, consumer_id: int, kind: str, message: InboundMessage
    ) -> None:
        await self._accounts.record_circumstance(
            conn, consumer_id, kind, at=message.received_at, data={"channel": message.channel},
            source=_source(message), actor=ACTOR, now=self._clock.now(),
        )  # fmt: skip


def _source(message: InboundMessage) -> str:
    return f"{message.channel}: {message.id}"


def _readable(message: InboundMessage) -> InboundMessage:
    if message.channel not in CHANNELS:
        words = "A message comes by sms or email: what is said in a call is its disposition."
        raise Refusal("MESSAGE_CHANNEL", words, field="channel")
    if message.channel is Channel.EMAIL:
        return replace(message, sender=message.sender.strip().lower())
    try:
        return replace(message, sender=parse_phone(message.sender).e164)
    except PhoneError as error:
        raise Refusal("MESSAGE_SENDER", str(error), field="sender") from error
