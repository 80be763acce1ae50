"""Writes behind the floor: what it has decided becomes rows, in order per call and agent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from goodterms.calls.service import CallService
from goodterms.dialing.chains import Chains
from goodterms.dialing.orders import (
    AgentSaved,
    CloseRequest,
    End,
    Mark,
    MoveAgent,
    OptOut,
    SetLine,
    ShowPace,
    WriteCommand,
)
from goodterms.dialing.service import DialingService
from goodterms.kit.sql import DATABASE_AWAY, Connection, Pool, transaction
from goodterms.routing.model import Agent
from goodterms.routing.service import RoutingService

log = structlog.get_logger(__name__)


class Scribe:
    """Turns write orders into transactions; tells back the rows of agents."""

    def __init__(
        self,
        pool: Pool,
        calls: CallService,
        routing: RoutingService,
        dialing: DialingService,
        tell: Callable[[AgentSaved], None],
    ) -> None:
        self._pool = pool
        self._calls = calls
        self._routing = routing
        self._dialing = dialing
        self._tell = tell

    def write(self, chains: Chains, command: WriteCommand, now: datetime) -> None:
        """Put a write order in its chains; it is carried out with the instant it was given."""

        async def work() -> None:
            try:
                async with transaction(self._pool) as conn:
                    saved = await self._carry_out(conn, command, now)
            except DATABASE_AWAY:
                raise  # tried again
            except Exception:
                await self._give_up(command)
                raise
            if saved is not None:
                self._tell(AgentSaved(saved))

        chains.add(_keys(command), work, name=type(command).__name__)

    async def _carry_out(
        self, conn: Connection, command: WriteCommand, now: datetime
    ) -> Agent | None:
        saved: Agent | None = None
        match command:
            case Mark(attempt_id=attempt_id, phase=phase, progress=progress):
                await self._calls.mark(conn, attempt_id, phase, now=now, **progress)
            case End(attempt_id=attempt_id, outcome=outcome, ending=ending, agent=step):
                await self._calls.end(conn, attempt_id, outcome, now=now, **ending)
                saved = await self._step(conn, step, now) if step else None
            case OptOut(attempt_id=attempt_id):
                await self._calls.opt_out(conn, attempt_id, now=now)
            case MoveAgent():
                saved = await self._step(conn, command, now)
            case SetLine(person_id=person_id, line_open=line_open):
                saved = await self._routing.set_line(conn, person_id, line_open=line_open, now=now)
            case CloseRequest(request_id=request_id, result=result):
                await self._calls.close_request(conn, request_id, result, now=now)
            case ShowPace(snapshot=snapshot, pace=pace):
                await self._dialing.record_pace(conn, snapshot, pace, now=now)
        return saved

    async def _give_up(self, command: WriteCommand) -> None:
        """What cannot be written is not waited for: the agent's row counts from here on."""
        step = command.agent if isinstance(command, End) else command
        if isinstance(step, MoveAgent | SetLine):
            async with self._pool.connection() as conn:
                self._tell(AgentSaved(await self._routing.agent(conn, step.person_id)))

    async def _step(self, conn: Connection, step: MoveAgent, now: datetime) -> Agent:
        return await self._routing.observe(
            conn,
            step.person_id,
            step.event,
            attempt_id=step.attempt_id,
            reason=step.reason,
            now=now,
        )


def _keys(command: WriteCommand) -> list[str]:
    match command:
        case Mark(attempt_id=attempt_id) | OptOut(attempt_id=attempt_id):
            keys = [f"attempt:{attempt_id}"]
        case End(attempt_id=attempt_id, agent=step):
            keys = [f"attempt:{attempt_id}", *([f"agent:{step.person_id}"] if step else [])]
        case MoveAgent(person_id=person_id) | SetLine(person_id=person_id):
            keys = [f"agent:{person_id}"]
        case CloseRequest(request_id=request_id):
            keys = [f"request:{request_id}"]
        case ShowPace(snapshot=snapshot):
            keys = [f"pace:{snapshot.campaign_id}"]
    return keys
