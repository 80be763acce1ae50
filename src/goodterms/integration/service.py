"""Hosts are asked at the moment of dialing; hosts and webhooks are told what happened."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from goodterms.accounts.model import Host
from goodterms.accounts.service import AccountService
from goodterms.integration import decide, store
from goodterms.integration.deliveries import Deliveries
from goodterms.integration.model import (
    Delivery,
    DeliveryState,
    Event,
    HostAccount,
    HostSilent,
    Receiver,
    Remembered,
    Told,
)
from goodterms.integration.ports import Deliverer, HostLedger
from goodterms.kit.clock import Clock
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection, Pool, transaction
from goodterms.ledger.model import Book
from goodterms.ledger.service import LedgerService

CONTACTABLE = "contactable"
_KILLED_AFTER = timedelta(seconds=60)
_REMEMBERED_FOR = timedelta(days=7)
_DELIVERED_KEPT_FOR = timedelta(days=30)
_LONGEST_KEY = 200
_PART = 1000


class IntegrationService:
    """What goes out to other systems, and what is asked of them."""

    def __init__(
        self,
        pool: Pool,
        clock: Clock,
        accounts: AccountService,
        ledger: LedgerService,
        *,
        host_ledger: HostLedger,
        deliverer: Deliverer,
    ) -> None:
        self._pool = pool
        self._clock = clock
        self._accounts = accounts
        self._ledger = ledger
        self._host_ledger = host_ledger
        self._deliveries = Deliveries(pool, clock, deliverer)

    async def ask_hosts(self, account_ids: Sequence[int]) -> None:
        """Ask the hosts of those accounts that live in one, and record what they say.

        Balances follow the host's components; an answer that is missing, late, unsigned or
        unusable is recorded as ``silent: …``, which the gate refuses. No transaction is open
        while a host is asked.
        """
        async with self._pool.connection() as conn:
            found = await store.host_accounts(conn, account_ids)
            balances = await self._ledger.balances(conn, [r["account_id"] for r, _ in found])
        by_host: dict[Host, list[dict[str, Any]]] = {}
        for row, host in found:
            asked = {**row, "version": balances[row["account_id"]].version}
            by_host.setdefault(host, []).append(asked)
        async with asyncio.TaskGroup() as tasks:
            for host, rows in by_host.items():
                tasks.create_task(self._ask(host, rows))

    async def _ask(self, host: Host, rows: list[dict[str, Any]]) -> None:
        references = [row["host_reference"] for row in rows]
        answers = await self._host_ledger.ask(host, references)
        by_reference = {answer.host_reference: answer for answer in answers}
        for row in rows:
            reference = row["host_reference"]
            answer = by_reference.get(reference) or HostSilent(reference, "no answer")
            await self._hear(host, row, answer)

    async def _hear(
        self, host: Host, row: dict[str, Any], answer: HostAccount | HostSilent
    ) -> None:
        if isinstance(answer, HostAccount):
            others = {amount.currency for amount in answer.components.values()} - {row["currency"]}
            if others:
                words = f"answered in {min(others)}, the account is in {row['currency']}"
                answer = HostSilent(answer.host_reference, words)
        try:
            await self._write(host, row, answer)
        except Refusal as refusal:
            await self._write(host, row, HostSilent(answer.host_reference, refusal.message))

    async def _write(
        self, host: Host, row: dict[str, Any], answer: HostAccount | HostSilent
    ) -> None:
        now = self._clock.now()
        async with transaction(self._pool) as conn:
            await self._accounts.lock(conn, row["consumer_id"])
            if isinstance(answer, HostAccount):
                answer = await self._unless_overtaken(conn, host, row, answer, now=now)
            if isinstance(answer, HostSilent):
                words = f"silent: {answer.detail}"
            else:
                await self._ledger.set_components(
                    conn,
                    row["account_id"],
                    {Book(book): amount for book, amount in answer.components.items()},
                    cause=f"host:{host.name}:{answer.answered_at.isoformat()}",
                    actor=f"host:{host.name}",
                    now=now,
                )
                reason = answer.reason or "the host says not to contact"
                words = CONTACTABLE if answer.contactable else reason
                if not answer.contactable and (words == CONTACTABLE or words.startswith("silent")):
                    words = f"refused: {words}"
            await self._accounts.set_host_answer(conn, row["account_id"], words, now=now)

    async def _unless_overtaken(
        self,
        conn: Connection,
        host: Host,
        row: dict[str, Any],
        answer: HostAccount,
        *,
        now: datetime,
    ) -> HostAccount | HostSilent:
        """Drop an answer that money of ours has overtaken: it would undo a payment."""
        balance = await self._ledger.balance(conn, row["account_id"])
        if balance.version != row["version"]:
            return HostSilent(answer.host_reference, "the balance changed while it was asked")
        # A delivery older than this may be forgotten, so that it no longer proves anything.
        since = now - _DELIVERED_KEPT_FOR + timedelta(days=1)
        if await store.host_ignorant(conn, host, row, since):
            return HostSilent(answer.host_reference, "it has not been told of a payment yet")
        return answer

    async def hosts(self, conn: Connection) -> list[Host]:
        """List the host ledgers."""
        return await self._accounts.hosts(conn)

    async def add_host(
        self, conn: Connection, name: str, url: str, *, timeout_ms: int = 1500, now: datetime
    ) -> Host:
        """Add a host ledger, or renew the address and secret of a known one.

        The secret signs both ways; it is in the answer, and shown this once.

        Raises:
            Refusal: the name or the address will not do.
        """
        if not name.strip():
            raise Refusal("HOST_NAME", "Give the host a name.", field="name")
        return await self._accounts.add_host(
            conn,
            name.strip(),
            decide.check_url(url).rstrip("/"),
            new_signing_secret(),
            timeout_ms,
            now=now,
        )

    async def subscribe(
        self, conn: Connection, url: str, kinds: Sequence[str], *, actor: str, now: datetime
    ) -> tuple[Receiver, str]:
        """Add a webhook that is told what happens from now on; gives it with its secret.

        Raises:
            Refusal: an address or kind that will not do.
        """
        secret = new_signing_secret()
        row = await store.one(
            conn,
            "receiver_add",
            url=decide.check_url(url),
            secret=secret,
            kinds=list(decide.check_kinds(tuple(kinds))),
            actor=actor,
            now=now,
        )
        assert row is not None
        return await self.receiver(conn, row["id"]), secret

    async def receivers(self, conn: Connection) -> list[Receiver]:
        """List webhooks and hosts with how they do."""
        return await store.receivers(conn)

    async def receiver(self, conn: Connection, receiver_id: int) -> Receiver:
        """Read one receiver.

        Raises:
            NotFound: there is none with this id.
        """
        found = await store.receivers(conn, receiver_id)
        if not found:
            raise NotFound("RECEIVER_UNKNOWN", f"There is no webhook {receiver_id}.")
        return found[0]

    async def change_receiver(
        self,
        conn: Connection,
        receiver_id: int,
        *,
        url: str | None = None,
        kinds: Sequence[str] | None = None,
        active: bool | None = None,
    ) -> Receiver:
        """Change a webhook; its failures are forgotten and it is tried again at once.

        Raises:
            NotFound: no such webhook; Refusal: an address or kind that will not do.
        """
        changed = await store.one(
            conn,
            "receiver_change",
            id=receiver_id,
            url=None if url is None else decide.check_url(url),
            kinds=None if kinds is None else list(decide.check_kinds(tuple(kinds))),
            active=active,
        )
        if changed is None:
            raise NotFound("RECEIVER_UNKNOWN", f"There is no webhook {receiver_id}.")
        return await self.receiver(conn, receiver_id)

    async def deliveries(
        self,
        conn: Connection,
        receiver_id: int,
        *,
        state: DeliveryState | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[Delivery]:
        """Read a receiver's deliveries, newest first."""
        await self.receiver(conn, receiver_id)
        return await store.deliveries(
            conn,
            receiver_id=receiver_id,
            state=state.value if state else None,
            before=before,
            limit=limit,
        )

    async def deliver_again(self, conn: Connection, receiver_id: int, *, now: datetime) -> int:
        """Let a receiver's given-up deliveries wait again; how many."""
        await self.receiver(conn, receiver_id)
        return await store.do(conn, "delivery_again", receiver_id=receiver_id, now=now)

    async def send_test(self, receiver_id: int, *, now: datetime) -> int | str:
        """Send a signed ``goodterms.ping`` at once; gives the status, or why there is none.

        Raises:
            NotFound: there is no receiver with this id.
        """
        return await self._deliveries.ping(receiver_id, now=now)

    async def events(
        self,
        conn: Connection,
        *,
        after: str | None = None,
        kinds: Sequence[str] | None = None,
        limit: int = 100,
    ) -> list[Event]:
        """Read the stream of events after a cursor, in an order in which none appears later.

        Raises:
            Refusal: the cursor was not made by this stream.
        """
        return await store.events_after(conn, decide.read_cursor(after), kinds, limit)

    async def fan_out(self, *, now: datetime) -> int:
        """Turn new events into deliveries, once for each receiver; how many receivers moved."""
        moved = 0
        async with transaction(self._pool) as conn:
            await store.do(conn, "receiver_for_hosts", now=now)
            for receiver in await store.many(conn, "fan_out_lock"):
                moved += await store.fan_out(conn, receiver, limit=_PART, now=now)
        return moved

    async def deliver_due(self) -> Told:
        """Deliver what waits, in order for each receiver, several receivers at a time."""
        return await self._deliveries.deliver_due()

    async def begin_request(
        self, actor: str, key: str, request_hash: str, *, now: datetime
    ) -> Remembered | None:
        """Begin a request with an idempotency key; gives the first answer if it was done before.

        Raises:
            Refusal: a key that will not do, or was used for another request.
            Conflict: the same request is under way.
        """
        if not 0 < len(key) <= _LONGEST_KEY or not key.isprintable():
            raise Refusal("IDEMPOTENCY_KEY", f"A key has 1 to {_LONGEST_KEY} characters.")
        names = {"actor": actor, "key": key}
        async with self._pool.connection() as conn:
            begun = await store.one(
                conn,
                "request_begin",
                **names,
                request_hash=request_hash,
                now=now,
                killed_before=now - _KILLED_AFTER,
            )
            found = None if begun else await store.one(conn, "request_read", **names)
        if begun:
            return None
        if found is None or (found["request_hash"] == request_hash and found["status"] is None):
            raise Conflict("REQUEST_UNDER_WAY", "The same request is under way: ask again soon.")
        if found["request_hash"] != request_hash:
            raise Refusal(
                "IDEMPOTENCY_KEY_REUSED",
                "This Idempotency-Key was used for another request: use a new one.",
            )
        return Remembered(status=found["status"], body=found["body"])

    async def end_request(self, actor: str, key: str, status: int, body: Any) -> None:
        """Remember the answer of a request that was done."""
        async with self._pool.connection() as conn:
            await store.end_request(conn, actor, key, status, body)

    async def forget_request(self, actor: str, key: str) -> None:
        """Forget a request that failed, so that it can be sent again."""
        async with self._pool.connection() as conn:
            await store.do(conn, "request_forget", actor=actor, key=key)

    async def forget_old(self, *, now: datetime) -> None:
        """Forget answers and deliveries nobody will ask for again."""
        async with self._pool.connection() as conn:
            await store.do(conn, "requests_forget", older_than=now - _REMEMBERED_FOR)
            await store.do(conn, "deliveries_forget", older_than=now - _DELIVERED_KEPT_FOR)


def new_signing_secret() -> str:
    """Return a fresh secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
