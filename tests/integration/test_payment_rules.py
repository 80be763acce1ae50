"""The rules are asked before a payment is recorded, and what they say is kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.fakes.till import Till
from tests.fakes.web import make_web, program

from goodterms.compliance.model import StoredAnswer
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Pool, transaction
from goodterms.payments.model import PaymentState

pytestmark = pytest.mark.postgres

VISA: dict[str, Any] = {"method_label": "Visa •••• 4242", "token": "tok_declines"}


async def _answers(till: Till, payment_id: str) -> list[tuple[StoredAnswer, bool]]:
    """Read what the rules said about a payment, each with whether it replays to the same."""
    async with transaction(till.pool) as conn:
        await till.compliance.store_rulebook(conn, now=till.clock.now())
        stored = await till.compliance.answers(conn, "payment", payment_id)
        return [(one, await till.compliance.verify_answer(conn, one)) for one in stored]


async def test_a_payment_is_allowed_with_its_answer(pool: Pool) -> None:
    """A payment that breaks no rule is taken; the yes is stored and replays byte for byte."""
    till = Till(pool)
    await till.take(await till.account())
    [(answer, same)] = await _answers(till, "pay_one_1")
    assert (answer.moment, answer.decision, answer.reason_code) == ("PAY", "allow", "ALLOWED")
    assert same
    assert '"amount_minor":4000' in answer.asked
    assert "REGF-FEE-1" in answer.findings
    changed = replace(answer, digest="0" * 64)
    async with transaction(pool) as conn:
        assert not await till.compliance.verify_answer(conn, changed)


async def test_a_card_that_was_declined_too_often_is_not_tried_again(pool: Pool) -> None:
    """After fifteen declines in thirty days the next try is refused, and the no is kept."""
    till = Till(pool)
    account = await till.account()
    till.bank.mood = "declined"
    for number in range(15):
        await till.take(account, payment_id=f"pay_try_{number}", **VISA)
        await till.work()
        till.clock.set(till.clock.now() + timedelta(hours=1))
    with pytest.raises(Refusal) as refusal:
        await till.take(account, payment_id="pay_try_15", **VISA)
    assert refusal.value.code == "CARD_RETRY"
    assert "declined 15 times within 30 days" in refusal.value.message
    with pytest.raises(NotFound):
        await till.read("pay_try_15")
    [(answer, same)] = await _answers(till, "pay_try_15")
    assert (answer.decision, answer.reason_code, same) == ("defer", "CARD_RETRY", True)
    assert answer.earliest_allowed_at is not None
    other = await till.take(account, payment_id="pay_other_1", token="tok_good")
    assert other.state is PaymentState.INITIATED
    till.clock.set(answer.earliest_allowed_at)
    again = await till.take(account, "1", payment_id="pay_try_16", **VISA)
    assert again.state is PaymentState.INITIATED


async def test_a_program_reads_what_the_rules_said(pool: Pool) -> None:
    """The API gives the answers to a payment by its id, also to one that was refused."""
    till = Till(pool)
    await till.take(await till.account())
    async with await program(make_web(pool)) as client:
        [answer] = (await client.get("/payments/pay_one_1/answers")).json()
        assert (answer["moment"], answer["decision"]) == ("PAY", "allow")
        assert (await client.get("/payments/pay_none_1/answers")).json() == []
