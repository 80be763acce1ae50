"""How a campaign chooses the number it shows, in words for its pages."""

from __future__ import annotations

from goodterms.compliance.model import STRATEGIES
from goodterms.web.languages import later

NAMES = {
    "sticky": later("The same for each person"),
    "fixed": later("One for everybody"),
    "local": later("Near the consumer"),
    "carousel": later("In turn, slowly"),
}
CHOICES = [(key, NAMES[key], words) for key, words in STRATEGIES.items()]
"""Each strategy with its name and its explanation, to be translated by the page."""
