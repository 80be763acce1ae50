"""The consumer's pages: what is owed, paying it, and saying stop. They work without script."""

from goodterms.web.portal.routes import router
from goodterms.web.portal.visit import AskFirst, asked

__all__ = ["AskFirst", "asked", "router"]
