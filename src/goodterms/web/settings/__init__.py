"""Settings: people, keys, lines, caller IDs; and the first run."""

from fastapi import APIRouter

from goodterms.web.settings import callers, first, keys, lines, people

router = APIRouter()
for part in (first, people, keys, lines, callers):
    router.include_router(part.router)

__all__ = ["router"]
