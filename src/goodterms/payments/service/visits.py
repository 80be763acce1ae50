"""Who may see what a pay link shows: asked once, then known for a while by their browser."""

from __future__ import annotations

from datetime import datetime

from goodterms.kit.errors import Conflict, NotFound
from goodterms.kit.ids import new_secret
from goodterms.kit.sql import Connection
from goodterms.payments import store
from goodterms.payments.decide import identity
from goodterms.payments.model import Door, Link
from goodterms.payments.service.settling import Settling, token_hash


class Visiting(Settling):
    """Asks and remembers visitors of pay links. Methods run in the caller's transaction."""

    async def door(self, conn: Connection, token: str, secret: str, *, now: datetime) -> Door:
        """Tell whether the browser that holds a visit's ``secret`` may see the link.

        Raises:
            NotFound: there is no such link.
            Conflict: it has expired (``LINK_EXPIRED``).
        """
        link = await self._link(conn, token, now=now)
        consumer = await self._accounts.consumer(conn, link.consumer_id)
        known = bool(secret) and await store.is_visitor(
            conn, token_hash(secret), token_hash(token), now
        )
        return Door(known, identity.question(consumer), _closed(link, now))

    async def enter(self, conn: Connection, token: str, answer: str, *, now: datetime) -> str:
        """Hear an answer; return the secret of a new visit, or "" if it is not the right one.

        A wrong answer counts; nothing is heard while the link is closed for too many of them.

        Raises:
            NotFound: there is no such link.
            Conflict: it has expired (``LINK_EXPIRED``).
        """
        link = await self._link(conn, token, now=now)
        if _closed(link, now):
            return ""
        consumer = await self._accounts.consumer(conn, link.consumer_id)
        hashed = token_hash(token)
        if not identity.is_right(answer, consumer):
            wrong = link.wrong_answers + 1
            until = identity.closed_until(wrong, link.expires_at, self.policy, now)
            await store.count_wrong_answer(conn, hashed, wrong, until)
            return ""
        secret = new_secret(24)
        expires_at = min(now + self.policy.visit_open_for, link.expires_at)
        await store.begin_visit(conn, token_hash(secret), hashed, expires_at, now)
        return secret

    async def _link(self, conn: Connection, token: str, *, now: datetime) -> Link:
        """Read a link that is still good; its row stays locked until the transaction ends."""
        link = await store.open_link(conn, token_hash(token), now)
        if link is None:
            raise NotFound("NO_LINK", "This payment link does not exist. Check the whole address.")
        if now >= link.expires_at:
            raise Conflict("LINK_EXPIRED", "This payment link has expired. Ask for a new one.")
        return link


def _closed(link: Link, now: datetime) -> bool:
    return link.closed_until is not None and now < link.closed_until
