"""The signed-in person as an agent: the state in the top bar, the telephone, the day's end."""

from __future__ import annotations

from datetime import datetime

from goodterms.access.model import Person, Role
from goodterms.kit.errors import NotFound, Refusal
from goodterms.kit.sql import Connection
from goodterms.routing.model import Agent, AgentState
from goodterms.web.context import Signed, Web
from goodterms.web.shell import AgentView


async def find_agent(web: Web, conn: Connection, person: Person) -> Agent | None:
    """Return the person's day as an agent, None if they are not at work."""
    if Role.AGENT not in person.roles:
        return None
    try:
        agent = await web.routing.agent(conn, person.id)
    except NotFound:
        return None
    return None if agent.state is AgentState.SIGNED_OUT else agent


async def begin(web: Web, conn: Connection, signed: Signed, *, now: datetime) -> Agent:
    """Begin the agent's day, paused, unless it has begun; their telephone is in the browser."""
    person = signed.person
    agent = await find_agent(web, conn, person)
    if agent is not None:
        return agent
    return await web.routing.sign_in(conn, person, f"PJSIP/agent-{person.id}", now=now)


def view(agent: Agent | None) -> AgentView | None:
    """Return what the top bar shows of an agent."""
    if agent is None:
        return None
    return AgentView(agent.state.value, agent.since, agent.reason)


async def leave(web: Web, conn: Connection, person_id: int, *, now: datetime) -> None:
    """End the agent's day with the session; one who still talks pauses after the call."""
    try:
        await web.routing.sign_out(conn, person_id, now=now)
    except NotFound:
        return
    except Refusal:
        await web.routing.pause(conn, person_id, "signed out", now=now)
