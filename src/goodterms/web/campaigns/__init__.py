"""Campaigns as managers build them and supervisors steer them."""

from fastapi import APIRouter

from goodterms.web.campaigns import actions, routes

router = APIRouter()
router.include_router(routes.router)
router.include_router(actions.router)

__all__ = ["router"]
