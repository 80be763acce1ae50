"""Settings: people, keys, lines; and the first run."""

from fastapi import APIRouter

from goodterms.web.settings import first, keys, lines, people

router = APIRouter()
for part in (first, people, keys, lines):
    router.include_router(part.router)

__all__ = ["router"]
