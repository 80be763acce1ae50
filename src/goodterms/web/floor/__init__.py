"""The supervisor's floor."""

from goodterms.web.floor.routes import router

__all__ = ["router"]
