"""Campaigns: set up, started, kept up to date, paused and finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from goodterms.accounts.model import Channel, Happening
from goodterms.accounts.service import AccountService
from goodterms.calls.prompts import prompt_texts
from goodterms.campaigns import store
from goodterms.campaigns.decide import (
    check_lines,
    check_members,
    policy_of,
    publications,
    refuse_publication,
    summary,
)
from goodterms.campaigns.model import (
    CAMPAIGN,
    Campaign,
    CampaignEvent,
    CampaignState,
    Launch,
    Members,
    Preview,
)
from goodterms.compliance.decide.callers import Person
from goodterms.compliance.model import Decision, Moment, ProposedContact
from goodterms.compliance.registry import Offer
from goodterms.compliance.service import ComplianceService
from goodterms.dialing.decide import caller_id
from goodterms.dialing.model import DialPolicy, DueState, LoadReport, Member
from goodterms.dialing.service import DialingService
from goodterms.kit.errors import Conflict, NotFound, Refusal
from goodterms.kit.sql import Connection
from goodterms.kit.wake import Topic, notify

STEP = 2_000
"""How many people a refresh brings up to date in one transaction, so that nobody waits long."""

SAMPLE = 60
"""How many people a launch preview asks the gate about, in windows spread over all."""
WINDOWS = 10


class CampaignService:
    """Keeps campaigns and tells the dialer what they ask."""

    def __init__(
        self, accounts: AccountService, compliance: ComplianceService, dialing: DialingService
    ) -> None:
        self._accounts = accounts
        self._compliance = compliance
        self._dialing = dialing

    async def create(
        self,
        conn: Connection,
        name: str,
        members: Members,
        settings: Mapping[str, Any],
        *,
        script: str = "standard",
        actor: str,
        now: datetime,
    ) -> Campaign:
        """Set up a campaign as a draft; ``settings`` are the fields of its dialing policy.

        Raises:
            Refusal: a setting or filter is wrong; names the field.
            Conflict: another campaign has this name.
        """
        await self._check(conn, None, name, members, settings)
        return await store.add(
            conn,
            name=name.strip(),
            members=members,
            settings=settings,
            script=script,
            actor=actor,
            now=now,
        )

    async def update(
        self,
        conn: Connection,
        campaign_id: int,
        *,
        name: str | None = None,
        members: Members | None = None,
        settings: Mapping[str, Any] | None = None,
        script: str | None = None,
        actor: str,
        now: datetime,
    ) -> Campaign:
        """Change what is given; a running campaign's dialing changes at once.

        Raises:
            Refusal: a setting or filter is wrong; names the field.
            Conflict: the campaign is finished, or another has this name.
        """
        before = await self._locked(conn, campaign_id)
        if before.state is CampaignState.FINISHED:
            raise Conflict("CAMPAIGN_FINISHED", f"Campaign {before.name} is finished: copy it.")
        changed = replace(
            before,
            name=before.name if name is None else name.strip(),
            members=before.members if members is None else members,
            settings=before.settings if settings is None else {**before.settings, **settings},
            script=before.script if script is None else script,
        )
        await self._check(conn, campaign_id, changed.name, changed.members, changed.settings)
        if changed.state is CampaignState.RUNNING:
            await self._publish(conn, changed, now)
        after = await store.save(conn, changed)
        if after.state is not CampaignState.DRAFT:
            await self._tell_dialer(conn, after)
        await self._record(conn, "campaign.updated", after, actor, now)
        await notify(conn, Topic.CAMPAIGN, campaign_id)
        return after

    async def start(
        self, conn: Connection, campaign_id: int, *, actor: str, now: datetime
    ) -> Campaign:
        """Start or continue a campaign; refresh it too, so that people become due."""
        return await self._move(conn, campaign_id, CampaignEvent.START, actor, now)

    async def pause(
        self, conn: Connection, campaign_id: int, *, actor: str, now: datetime
    ) -> Campaign:
        """Stop placing calls; those on their way go on."""
        return await self._move(conn, campaign_id, CampaignEvent.PAUSE, actor, now)

    async def finish(
        self, conn: Connection, campaign_id: int, *, actor: str, now: datetime
    ) -> Campaign:
        """End a campaign for good."""
        return await self._move(conn, campaign_id, CampaignEvent.FINISH, actor, now)

    async def refresh(self, conn: Connection, campaign_id: int, *, now: datetime) -> LoadReport:
        """Bring the due attempts up to date with who is a member now.

        New members become due, withdrawn ones return after the campaign's rest days, and who is
        no member any more (paid, held, out of the filter) is withdrawn. Goes in steps, each its
        own transaction unless the caller has one open.
        """
        chosen = await self.campaign(conn, campaign_id)
        policy = policy_of(campaign_id, chosen.settings, running=False)
        report, after = LoadReport(), 0
        while (until := await store.people_until(conn, after, STEP)) is not None:
            async with conn.transaction():
                members = await store.members(conn, chosen.members, after, until, now)
                report += await self._dialing.load_due(
                    conn,
                    campaign_id,
                    members,
                    after=after,
                    until=until,
                    rest_days=policy.rest_days,
                    now=now,
                )
            after = until
        async with conn.transaction():
            latest = await self._locked(conn, campaign_id)
            await store.save(conn, replace(latest, refreshed_at=now))
        return report

    async def refresh_running(self, conn: Connection, *, now: datetime) -> dict[int, LoadReport]:
        """Refresh every running campaign; one report each."""
        running = [c for c in await store.campaigns(conn) if c.state is CampaignState.RUNNING]
        return {c.id: await self.refresh(conn, c.id, now=now) for c in running}

    async def campaigns(self, conn: Connection) -> list[Campaign]:
        """Read all campaigns, newest first."""
        return await store.campaigns(conn)

    async def campaign(self, conn: Connection, campaign_id: int) -> Campaign:
        """Read one campaign.

        Raises:
            NotFound: there is no such campaign.
        """
        found = await store.campaign(conn, campaign_id)
        if found is None:
            raise NotFound("CAMPAIGN_UNKNOWN", f"There is no campaign {campaign_id}.")
        return found

    async def preview(self, conn: Connection, members: Members, *, now: datetime) -> Preview:
        """Count whom a filter reaches now.

        Raises:
            Refusal: the filter's bounds are not in order.
        """
        check_members(members)
        return await store.preview(conn, members, now)

    async def launch(
        self, conn: Connection, members: Members, settings: Mapping[str, Any], *, now: datetime
    ) -> Launch:
        """Say what starting now would meet; asks the gate about a sample, records nothing.

        Raises:
            Refusal: a setting or filter is wrong; names the field.
        """
        policy = policy_of(0, settings, running=False)
        reach = await self.preview(conn, members, now=now)
        sample = await self._sample(conn, members, now)
        people = [member.consumer_id for member in sample]
        offer = await self._compliance.callers.offer(conn, policy.caller_ids, people, now=now)
        contacts = [await self._asked(conn, member, policy, offer, now) for member in sample]
        verdicts = await self._compliance.previews(conn, contacts, now=now)
        refused = Counter(
            (v.reason_code, v.decision.value) for v in verdicts if v.decision is not Decision.ALLOW
        )
        return Launch(
            reach=reach,
            sampled=len(verdicts),
            allowed=len(verdicts) - refused.total(),
            refused=tuple((code, how, n) for (code, how), n in refused.most_common()),
        )

    async def _sample(self, conn: Connection, members: Members, now: datetime) -> list[Member]:
        highest = await store.people_until(conn, 0, 2**31) or 0
        width = max(highest // WINDOWS, 1)
        found: list[Member] = []
        for after in range(0, highest, width):
            until = after + min(width, STEP)
            window = await store.members(conn, members, after, until, now)
            step = max(len(window) * WINDOWS // SAMPLE, 1)
            found += window[::step][: SAMPLE // WINDOWS]
        return found[:SAMPLE]

    async def _asked(
        self, conn: Connection, member: Member, policy: DialPolicy, offer: Offer, now: datetime
    ) -> ProposedContact:
        point = await self._accounts.contact_point(conn, member.contact_point_id)
        person = Person(member.consumer_id, offer.shown.get(member.consumer_id), "", point.value)
        number, because = caller_id(policy, offer.chosen(policy.caller_ids), person, now)
        return ProposedContact(
            attempt_id="preview",
            consumer_id=member.consumer_id,
            account_ids=member.account_ids,
            contact_point_id=point.id,
            number=point.value,
            channel=Channel.CALL,
            caller_id=number,
            hours=policy.hours,
            caller_because=because,
        )

    async def progress(
        self, conn: Connection, campaign_id: int
    ) -> dict[DueState, tuple[int, datetime]]:
        """Count the due attempts by state, with the earliest due time of each."""
        return await self._dialing.counts(conn, campaign_id)

    async def describe(self, conn: Connection, members: Members) -> str:
        """Say whom a filter is for, in one line."""
        names = {creditor.id: creditor.name for creditor in await self._accounts.creditors(conn)}
        return summary(members, names)

    async def _check(
        self,
        conn: Connection,
        campaign_id: int | None,
        name: str,
        members: Members,
        settings: Mapping[str, Any],
    ) -> None:
        if not name.strip():
            raise Refusal("NAME_MISSING", "Give the campaign a name.", field="name")
        holder = await store.named(conn, name.strip())
        if holder is not None and holder != campaign_id:
            raise Conflict(
                "NAME_TAKEN", f"Another campaign is named {name.strip()!r}.", field="name"
            )
        check_members(members)
        policy = policy_of(campaign_id or 0, settings, running=False)
        trunks = {trunk.name for trunk in await self._dialing.trunks(conn)}
        callers = {c.number: c.trunk for c in await self._compliance.callers.all(conn) if c.active}
        check_lines(policy, trunks, callers)

    async def _move(
        self, conn: Connection, campaign_id: int, event: CampaignEvent, actor: str, now: datetime
    ) -> Campaign:
        before = await self._locked(conn, campaign_id)
        state = CAMPAIGN.step(before.state, event)
        started_at = before.started_at
        if state is CampaignState.RUNNING:
            await self._check(conn, campaign_id, before.name, before.members, before.settings)
            await self._publish(conn, before, now)
            started_at = started_at or now
        after = await store.save(conn, replace(before, state=state, started_at=started_at))
        await self._tell_dialer(conn, after)
        past = {
            CampaignEvent.START: "campaign.started",
            CampaignEvent.PAUSE: "campaign.paused",
            CampaignEvent.FINISH: "campaign.finished",
        }[event]
        await self._record(conn, past, after, actor, now)
        return after

    async def _publish(self, conn: Connection, campaign: Campaign, now: datetime) -> None:
        """Ask the rules of every place the campaign reaches whether it may be published.

        Raises:
            Refusal: a rule speaks against it; names every one with its reason.
        """
        policy = policy_of(campaign.id, campaign.settings, running=False)
        callers = await self._compliance.callers.all(conn)
        published = publications(campaign.name, campaign.settings, policy, prompt_texts(), callers)
        places = await store.places(conn, campaign.members)
        answers = await self._compliance.ask_everywhere(
            conn, Moment.PUBLISH, published, places, now=now
        )
        refuse_publication(campaign.name, answers)

    async def left_out(self, conn: Connection, campaign_id: int) -> dict[str, int]:
        """Count who is kept off a campaign's list, by reason code, most frequent first.

        Raises:
            NotFound: there is no such campaign.
        """
        await self.campaign(conn, campaign_id)
        return await self._dialing.left_out(conn, campaign_id)

    async def _record(
        self, conn: Connection, kind: str, campaign: Campaign, actor: str, now: datetime
    ) -> None:
        data = {"name": campaign.name}
        await self._accounts.record(
            conn, Happening(kind, now, actor, campaign_id=campaign.id, data=data)
        )

    async def _tell_dialer(self, conn: Connection, campaign: Campaign) -> None:
        running = campaign.state is CampaignState.RUNNING
        await self._dialing.set_policy(
            conn, policy_of(campaign.id, campaign.settings, running=running)
        )

    async def _locked(self, conn: Connection, campaign_id: int) -> Campaign:
        found = await store.campaign(conn, campaign_id, lock=True)
        if found is None:
            raise NotFound("CAMPAIGN_UNKNOWN", f"There is no campaign {campaign_id}.")
        return found
