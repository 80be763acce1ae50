"""What the law asks about: our role, the kind of debt, whose number it is, our licences."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from goodterms.access.model import Actor, Scope
from goodterms.accounts.model import Account, ContactPoint, Creditor, DebtKind, OurRole, Relation
from goodterms.compliance.model.licences import Licence
from goodterms.kit.sql import transaction
from goodterms.web.api.bodies import Body, Day, Id, Short, Word
from goodterms.web.api.idempotent import IdempotentRoute
from goodterms.web.api.keys import key_for
from goodterms.web.context import Web, web_of

router = APIRouter(tags=["What the law asks about"], route_class=IdempotentRoute)

Reading = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_READ))]
Writing = Annotated[Actor, Depends(key_for(Scope.ACCOUNTS_WRITE))]
Holding = Annotated[Actor, Depends(key_for(Scope.HOLDS_WRITE))]
Setting = Annotated[Actor, Depends(key_for(Scope.INTEGRATION_WRITE))]
Services = Annotated[Web, Depends(web_of)]


class TermsBody(Body):
    """What a debt is; what is left out stays as it is."""

    debt_kind: DebtKind | None = None
    in_default: bool | None = Field(default=None, description="When we obtained it.")
    servicing_group: Word | None = Field(
        default=None, description="Debts of one consumer in one group are serviced as one."
    )


class RoleBody(Body):
    """What we are to a creditor's debts."""

    our_role: OurRole


class RelationBody(Body):
    """Whose number or address it is."""

    relation: Relation
    source: Short


class LicenceBody(Body):
    """A licence to collect in a place."""

    place: Short = Field(examples=["US-NYC"], description="US, US-MA, US-NYC, GB, PL …")
    number: Short
    valid_until: Day | None = None


class LicenceEndBody(Body):
    """Why a licence ends."""

    reason: Short


@router.post("/accounts/{account_id}/terms")
async def set_terms(web: Services, actor: Writing, account_id: Id, body: TermsBody) -> Account:
    """Say what kind of debt it is, whether it was in default, and what it is serviced with."""
    async with transaction(web.pool) as conn:
        return await web.accounts.set_terms(
            conn,
            account_id,
            debt_kind=body.debt_kind,
            in_default=body.in_default,
            servicing_group=body.servicing_group,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/creditors/{creditor_id}/role")
async def set_role(web: Services, _: Writing, creditor_id: Id, body: RoleBody) -> Creditor:
    """Say whether we collect for this creditor, or are the creditor ourselves."""
    async with transaction(web.pool) as conn:
        return await web.accounts.set_role(conn, creditor_id, body.our_role)


@router.post("/contact-points/{contact_point_id}/relation")
async def set_relation(
    web: Services, actor: Holding, contact_point_id: Id, body: RelationBody
) -> ContactPoint:
    """Say whose number or address it is; somebody else's is no longer contacted as planned."""
    async with transaction(web.pool) as conn:
        return await web.accounts.set_relation(
            conn,
            contact_point_id,
            body.relation,
            source=body.source,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.get("/licences")
async def licences(web: Services, _: Reading) -> list[Licence]:
    """List our licences, those in force first."""
    async with web.pool.connection() as conn:
        return await web.compliance.licences(conn)


@router.post("/licences", status_code=201)
async def add_licence(web: Services, actor: Setting, body: LicenceBody) -> Licence:
    """Record a licence; it takes the place of the one in force there."""
    async with transaction(web.pool) as conn:
        return await web.compliance.add_licence(
            conn,
            body.place,
            body.number,
            body.valid_until,
            actor=actor.name,
            now=web.clock.now(),
        )


@router.post("/licences/{licence_id}/end")
async def end_licence(
    web: Services, actor: Setting, licence_id: Id, body: LicenceEndBody
) -> Licence:
    """End a licence, with the reason on record."""
    async with transaction(web.pool) as conn:
        return await web.compliance.end_licence(
            conn, licence_id, reason=body.reason, actor=actor.name, now=web.clock.now()
        )
