"""Hosts that are asked, and receivers that are told, over real HTTP and PostgreSQL."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook
from tests.fakes.debts import Debts, usd
from tests.fakes.receivers import OddHost, Receiver
from tests.fakes.servers import serve

from goodterms.accounts.model import Happening, HoldKind, Restriction
from goodterms.adapters.http.deliverer import HttpDeliverer
from goodterms.adapters.http.host_ledger import HttpHostLedger
from goodterms.integration import jobs
from goodterms.integration.decide import GIVE_UP_AFTER, pause
from goodterms.integration.model import DeliveryState
from goodterms.integration.service import IntegrationService, new_signing_secret
from goodterms.kit.clock import SetClock, SystemClock
from goodterms.kit.errors import Conflict, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.ledger.model import Book

pytestmark = pytest.mark.postgres
EXAMPLE = Path(__file__).parents[2] / "examples" / "host" / "host.py"


class World:
    """Debts, some of them in hosts, and the service that talks to the outside."""

    def __init__(self, pool: Pool, deliverer: HttpDeliverer, host_ledger: HttpHostLedger) -> None:
        self.pool = pool
        self.clock = SetClock(SystemClock().now())
        self.debts = Debts(pool)
        self.service = IntegrationService(
            pool,
            self.clock,
            self.debts.accounts,
            self.debts.ledger,
            host_ledger=host_ledger,
            deliverer=deliverer,
        )

    async def in_host(self, url: str, *, timeout_ms: int = 1500) -> tuple[int, str]:
        """Make an account that lives in a host as ``A-1``; gives its id and the host's secret."""
        account_id = await self.debts.account()
        async with transaction(self.pool) as conn:
            host = await self.service.add_host(
                conn, "erp", url, timeout_ms=timeout_ms, now=self.clock.now()
            )
            await conn.execute(
                "UPDATE accounts.account SET host_id = %s, host_reference = 'A-1' WHERE id = %s",
                (host.id, account_id),
            )
        self.debts.told.clear()
        return account_id, host.secret

    async def secret(self) -> str:
        """Read the host's secret."""
        async with self.pool.connection() as conn:
            return (await self.service.hosts(conn))[0].secret

    async def answer(self, account_id: int) -> str:
        """Read what the host is on record to have said."""
        async with self.pool.connection() as conn:
            cursor = await conn.execute(
                "SELECT host_answer FROM accounts.account WHERE id = %s", (account_id,)
            )
            row = await cursor.fetchone()
        assert row
        return str(row["host_answer"])

    async def happen(self, kind: str, account_id: int | None = None, **data: Any) -> None:
        """Record something that happened."""
        consumer = await self.debts.consumer_of(account_id) if account_id else None
        async with transaction(self.pool) as conn:
            await self.debts.accounts.record(
                conn,
                Happening(
                    kind, self.clock.now(), "person:1", consumer, account_id, data=dict(data)
                ),
            )

    async def round(self) -> None:
        """Do what the worker does at a tick."""
        await jobs.tell(self.service, self.clock)

    async def subscribe(self, url: str, *kinds: str) -> int:
        """Add a webhook; gives its id."""
        async with transaction(self.pool) as conn:
            receiver, _ = await self.service.subscribe(
                conn, f"{url}/hook", kinds or ("*",), actor="key:gt_1", now=self.clock.now()
            )
        return receiver.id


@pytest.fixture
async def world(pool: Pool) -> AsyncIterator[World]:
    """Give a world with quick HTTP."""
    clock = SystemClock()
    async with (
        HttpDeliverer(clock, timeout_seconds=0.5) as deliverer,
        HttpHostLedger(clock) as host_ledger,
    ):
        yield World(pool, deliverer, host_ledger)


def _account(**changes: Any) -> dict[str, Any]:
    account = {
        "reference": "A-1",
        "contactable": True,
        "reason": "",
        "currency": "USD",
        "components": {"principal": "80.00", "interest": "1.50"},
    }
    return {**account, **changes}


async def _ask(world: World, answer: Any, *, secret: str | None = None, delay: float = 0) -> str:
    """Ask a host that gives this answer; gives what is on record then."""
    odd = OddHost(secret or "whsec_AAAA", lambda _: answer)
    odd.delay = delay
    with serve(odd.app) as url:
        account_id, own = await world.in_host(url, timeout_ms=300)
        odd.secret = secret or own
        await world.service.ask_hosts([account_id])
    return await world.answer(account_id)


async def test_host_is_asked_and_its_balance_followed(world: World) -> None:
    """The components the host names replace ours, and lower debt restricts planned contact."""
    odd = OddHost("whsec_AAAA", lambda _: {"accounts": [_account()]})
    with serve(odd.app) as url:
        account_id, odd.secret = await world.in_host(url)
        await world.service.ask_hosts([account_id])
    balance = await world.debts.balance(account_id)
    assert balance.components == {Book.PRINCIPAL: usd("80.00"), Book.INTEREST: usd("1.50")}
    assert await world.answer(account_id) == "contactable"
    assert [told.restriction for told in world.debts.told] == [Restriction.PAYMENT]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"accounts": [_account(contactable=False, reason="legal case")]}, "legal case"),
        ({"accounts": [_account(contactable=False)]}, "the host says not to contact"),
        ({"accounts": [_account(contactable=False, reason="contactable")]}, "refused: "),
        ({"accounts": []}, "silent: the host does not know the account"),
        ({"accounts": [_account(components={"gold": "1"})]}, "silent: 'gold' is no component"),
        ({"accounts": [_account(components={"principal": "x"})]}, "silent: 'x' is not an amount"),
        ({"accounts": [_account(components={"principal": 80.0})]}, "silent: unusable answer"),
        ({"accounts": [_account(currency="EUR")]}, "silent: "),
        ({"accounts": "all fine"}, "silent: unusable answer at accounts"),
        (None, "silent: unusable answer"),
    ],
)
async def test_anything_but_a_clear_yes_is_no(world: World, answer: Any, words: str) -> None:
    """A refusal, an odd or an incomplete answer is recorded as such and never as a yes."""
    assert (await _ask(world, answer)).startswith(words)


async def test_wrong_signature_is_no_answer(world: World) -> None:
    """An answer somebody else signed is not believed."""
    said = await _ask(world, {"accounts": [_account()]}, secret=new_signing_secret())
    assert said == "silent: the answer is not signed by the host"


async def test_slow_host_is_silent(world: World) -> None:
    """After its time limit the host counts as silent."""
    said = await _ask(world, {"accounts": [_account()]}, delay=0.6)
    assert said == "silent: no answer within 300 ms"


async def test_host_that_is_down_is_silent(world: World) -> None:
    """Nobody at the address means no."""
    account_id, _ = await world.in_host("http://127.0.0.1:1")
    await world.service.ask_hosts([account_id])
    assert (await world.answer(account_id)).startswith("silent: not reached")


async def test_accounts_of_ours_ask_nobody(world: World) -> None:
    """An account that lives here is not asked about."""
    account_id = await world.debts.account()
    await world.service.ask_hosts([account_id])
    assert await world.answer(account_id) == "None"


async def test_webhooks_hear_what_they_subscribed_to_in_order(world: World) -> None:
    """A webhook hears its kinds only, signed, in order, each once."""
    receiver = Receiver()
    account_id = await world.debts.account()
    await world.happen("payment.succeeded", account_id, amount="1.00")
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url, "payment.*", "hold.placed")
        for kind in ("payment.initiated", "note.added", "payment.succeeded", "hold.released"):
            await world.happen(kind, account_id, amount="20.00")
        async with transaction(world.pool) as conn:
            consumer = await world.debts.consumer_of(account_id)
            await world.debts.accounts.place_hold(
                conn,
                consumer,
                account_id,
                HoldKind.DISPUTED,
                source="call",
                release_rule="answer",
                actor="person:1",
                now=world.clock.now(),
            )
        await world.round()
        await world.round()
    assert receiver.kinds == ["payment.initiated", "payment.succeeded", "hold.placed"]
    assert receiver.heard[0]["data"]["account_reference"] == "A1"
    assert receiver.heard[0]["data"]["amount"] == "20.00"
    async with world.pool.connection() as conn:
        cursor = await conn.execute("SELECT secret FROM integration.receiver")
        row = await cursor.fetchone()
        assert row
        for body, headers in receiver.raw:
            Webhook(row["secret"]).verify(body, headers)
        done = await world.service.deliveries(conn, receiver_id)
    assert {delivery.state for delivery in done} == {DeliveryState.DELIVERED}


async def test_receiver_that_was_down_hears_everything_later(world: World) -> None:
    """Nothing is lost while a receiver is down, and the order stays."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    receiver_id = await world.subscribe(f"http://127.0.0.1:{port}")
    for number in range(5):
        await world.happen("note.added", n=number)
    await world.round()
    async with world.pool.connection() as conn:
        shown = await world.service.receiver(conn, receiver_id)
    assert (shown.waiting, shown.tries) == (5, 1)
    assert shown.failing_since == world.clock.now()
    assert shown.next_try_at == world.clock.now() + pause(1)
    receiver = Receiver()
    with serve(receiver.app, port=port):
        await world.round()
        assert receiver.heard == []
        world.clock.advance(pause(1).total_seconds())
        await world.round()
    assert [message["data"]["n"] for message in receiver.heard] == [0, 1, 2, 3, 4]
    async with world.pool.connection() as conn:
        shown = await world.service.receiver(conn, receiver_id)
    assert (shown.waiting, shown.failing_since) == (0, None)


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_only_success_counts_as_taken(world: World, status: int) -> None:
    """A redirect or an error is tried again, and the next message waits its turn."""
    receiver = Receiver()
    receiver.status = status
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        await world.happen("note.added", n=1)
        await world.happen("note.added", n=2)
        await world.round()
        assert len(receiver.raw) == 1
        receiver.status = 200
        world.clock.advance(5)
        await world.round()
    assert [message["data"]["n"] for message in receiver.heard] == [1, 2]
    async with world.pool.connection() as conn:
        rows = await world.service.deliveries(conn, receiver_id)
    assert [row.tries for row in rows] == [1, 2]


async def test_slow_receiver_is_tried_again(world: World) -> None:
    """A receiver that does not answer in time counts as failing, with the reason on record."""
    receiver = Receiver()
    receiver.delay = 1.0
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        await world.happen("note.added")
        await world.round()
    async with world.pool.connection() as conn:
        [row] = await world.service.deliveries(conn, receiver_id)
    assert (row.state, row.last_error) == (DeliveryState.WAITING, "no answer within 0.5 s")


async def test_one_bad_receiver_holds_up_nobody_else(world: World) -> None:
    """Each receiver has its own queue."""
    await world.subscribe("http://127.0.0.1:1")
    receiver = Receiver()
    with serve(receiver.app) as url:
        await world.subscribe(url)
        await world.happen("note.added")
        await world.round()
    assert receiver.kinds == ["note.added"]


async def test_given_up_deliveries_stay_visible_and_can_be_sent_again(world: World) -> None:
    """After five days a delivery is given up, shown, and sent again on request."""
    receiver = Receiver()
    receiver.status = 500
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        await world.happen("note.added")
        await world.round()
        world.clock.advance(GIVE_UP_AFTER.total_seconds())
        await world.round()
        async with transaction(world.pool) as conn:
            shown = await world.service.receiver(conn, receiver_id)
            assert (shown.waiting, shown.given_up) == (0, 1)
            again = await world.service.deliver_again(conn, receiver_id, now=world.clock.now())
            await world.service.change_receiver(conn, receiver_id)
        assert again == 1
        receiver.status = 200
        await world.round()
    assert receiver.kinds == ["note.added"]


async def test_receiver_that_is_gone_is_left_alone(world: World) -> None:
    """A 410 ends a subscription until somebody wakes it."""
    receiver = Receiver()
    receiver.status = 410
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        await world.happen("note.added")
        await world.round()
        async with world.pool.connection() as conn:
            assert not (await world.service.receiver(conn, receiver_id)).active
        world.clock.advance(timedelta(days=1).total_seconds())
        await world.round()
    assert len(receiver.raw) == 1


async def test_no_event_is_skipped_by_a_transaction_that_ends_late(world: World) -> None:
    """An event whose transaction began earlier but committed later is heard all the same."""
    receiver = Receiver()
    with serve(receiver.app) as url:
        await world.subscribe(url)
        async with transaction(world.pool) as slow:
            await world.debts.accounts.record(
                slow, Happening("note.added", world.clock.now(), "person:1", data={"n": "late"})
            )
            await world.happen("note.added", n="early")
            await world.round()
            async with world.pool.connection() as conn:
                assert await world.service.events(conn) == []
        await world.round()
        async with world.pool.connection() as conn:
            page = await world.service.events(conn)
    assert sorted(message["data"]["n"] for message in receiver.heard) == ["early", "late"]
    assert [event.data["n"] for event in page] == ["late", "early"]


async def test_workers_side_by_side_tell_each_event_once_and_in_order(world: World) -> None:
    """Two workers at once neither double nor reorder what a receiver hears."""
    receiver = Receiver()
    with serve(receiver.app) as url:
        await world.subscribe(url)
        for number in range(30):
            await world.happen("note.added", n=number)
        await asyncio.gather(*(world.round() for _ in range(3)))
        await world.round()
    assert [message["data"]["n"] for message in receiver.heard] == list(range(30))


async def test_receiver_with_much_waiting_holds_up_nobody_else(world: World) -> None:
    """A slow receiver gets its turn, then the others are told again."""
    slow, quick = Receiver(), Receiver()
    slow.delay = 0.2
    with serve(slow.app) as slow_url, serve(quick.app) as quick_url:
        await world.subscribe(slow_url)
        await world.subscribe(quick_url)
        for number in range(40):
            await world.happen("note.added", n=number)
        async with asyncio.timeout(4):
            await world.round()
    assert len(quick.heard) == 40
    assert 0 < len(slow.heard) < 40


async def test_old_memories_are_forgotten(world: World) -> None:
    """Delivered messages and answered requests are kept for a while, not for ever."""
    receiver = Receiver()
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        await world.happen("note.added")
        await world.round()
    await world.service.begin_request("key:1", "k", "hash", now=world.clock.now())
    world.clock.advance(timedelta(days=31).total_seconds())
    await jobs.forget_old(world.service, world.clock)
    async with world.pool.connection() as conn:
        assert await world.service.deliveries(conn, receiver_id) == []
    again = await world.service.begin_request("key:1", "k", "other", now=world.clock.now())
    assert again is None


async def test_ping_is_signed_and_answers_at_once(world: World) -> None:
    """A test message goes out at once and gives what came of it."""
    receiver = Receiver()
    with serve(receiver.app) as url:
        receiver_id = await world.subscribe(url)
        assert await world.service.send_test(receiver_id, now=world.clock.now()) == 204
    assert receiver.kinds == ["goodterms.ping"]
    assert isinstance(await world.service.send_test(receiver_id, now=world.clock.now()), str)


@pytest.mark.parametrize(
    "url", ["ftp://x.org", "http://example.org/hook", "nonsense", "https://u@x.org", "https://["]
)
async def test_addresses_outside_need_https(world: World, url: str) -> None:
    """A receiver outside the own network is told by https only."""
    async with transaction(world.pool) as conn:
        with pytest.raises(Refusal) as caught:
            await world.service.subscribe(conn, url, ["*"], actor="t", now=world.clock.now())
    assert caught.value.field == "url"


@pytest.mark.parametrize("kinds", [[], ["payment"], ["payment.*.x"], ["%"]])
async def test_kinds_are_checked(world: World, kinds: list[str]) -> None:
    """A kind that cannot match is refused instead of never being heard."""
    async with transaction(world.pool) as conn:
        with pytest.raises(Refusal) as caught:
            await world.service.subscribe(
                conn, "https://example.org/", kinds, actor="t", now=world.clock.now()
            )
    assert caught.value.field == "kinds"


async def test_repeated_request_gets_the_first_answer(world: World) -> None:
    """The same key gives the remembered answer; another body with it is refused."""
    service, now = world.service, world.clock.now()
    assert await service.begin_request("key:1", "k", "hash", now=now) is None
    with pytest.raises(Conflict):
        await service.begin_request("key:1", "k", "hash", now=now)
    await service.end_request("key:1", "k", 201, {"id": 7})
    again = await service.begin_request("key:1", "k", "hash", now=now)
    assert again
    assert (again.status, again.body) == (201, {"id": 7})
    with pytest.raises(Refusal, match="another request"):
        await service.begin_request("key:1", "k", "other", now=now)
    assert await service.begin_request("key:2", "k", "other", now=now) is None
    await service.forget_request("key:2", "k")
    assert await service.begin_request("key:2", "k", "third", now=now) is None


async def test_request_of_a_killed_process_can_be_sent_again(world: World) -> None:
    """A request that never ended is taken again after a minute."""
    service, now = world.service, world.clock.now()
    await service.begin_request("key:1", "k", "hash", now=now)
    later = now + timedelta(seconds=61)
    assert await service.begin_request("key:1", "k", "hash", now=later) is None


async def test_example_host_works_with_us(world: World, tmp_path: Path) -> None:
    """The example host answers signed questions and hears of payments on its accounts once."""
    spec = importlib.util.spec_from_file_location("example_host", EXAMPLE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    account_id, secret = await world.in_host(f"http://127.0.0.1:{port}")
    app = module.make_app(secret, str(tmp_path / "host.sqlite3"))
    with serve(app, port=port) as url:
        async with httpx.AsyncClient(base_url=url) as host:
            await host.put("/accounts/A-1", json={"principal": "70.00", "interest": "5.00"})
            await world.service.ask_hosts([account_id])
            assert (await world.debts.balance(account_id)).total == usd("75.00")
            await world.happen("payment.succeeded", account_id, amount="25.00")
            await world.round()
            told = (await host.get("/events")).json()
            assert (await host.post("/events", json={})).status_code == 401
            await world.service.ask_hosts([account_id])
    assert "payment.succeeded" in [message["type"] for message in told]
    assert all("host:erp" not in str(message) for message in told)
    balance = await world.debts.balance(account_id)
    assert balance.components == {Book.PRINCIPAL: usd("50.00")}
    assert await world.answer(account_id) == "contactable"
