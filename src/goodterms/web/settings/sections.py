"""Who may see which section of the settings."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends

from goodterms.access.model import Role
from goodterms.web.context import Signed
from goodterms.web.languages import later
from goodterms.web.sessions import signed_in

STEER = (Role.OPERATOR, Role.MANAGER)
PROGRAMS = (Role.OPERATOR, Role.MANAGER, Role.INTEGRATOR)

Steering = Annotated[Signed, Depends(signed_in(*STEER))]
Programs = Annotated[Signed, Depends(signed_in(*PROGRAMS))]

SECTIONS = (
    ("people", later("People"), "/settings/people", STEER),
    ("lines", later("Lines"), "/settings/lines", STEER),
    ("callers", later("Caller IDs"), "/settings/callers", STEER),
    ("keys", later("API keys"), "/settings/keys", PROGRAMS),
)


def tabs(signed: Signed, current: str) -> dict[str, Any]:
    """Return the tabs a person sees, for the template."""
    mine = [
        (key, word, href)
        for key, word, href, roles in SECTIONS
        if signed.person.roles.intersection(roles)
    ]
    return {"sections": mine, "section": current}
