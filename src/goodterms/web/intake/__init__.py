"""Importing files of accounts."""

from goodterms.web.intake.routes import router

__all__ = ["router"]
