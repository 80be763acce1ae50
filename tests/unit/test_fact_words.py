"""The pages have a word for everything that can be recorded."""

from __future__ import annotations

import pytest

from goodterms.accounts.model import CIRCUMSTANCES
from goodterms.web.accounts.facts import FIELDS, KINDS, MEANS, OFFERED, VALUES


def test_every_kind_has_its_words() -> None:
    """Each kind has a name and says what it means for contact; nothing else is offered."""
    assert set(KINDS) == set(MEANS) == set(CIRCUMSTANCES)
    assert set(CIRCUMSTANCES) >= OFFERED


@pytest.mark.parametrize("kind", CIRCUMSTANCES)
def test_every_field_and_choice_has_its_word(kind: str) -> None:
    """No field of a kind and no choice in it would be shown as it stands in the code."""
    for name, sort in CIRCUMSTANCES[kind].fields.items():
        assert name in FIELDS
        assert "|" not in sort or set(sort.split("|")) <= set(VALUES)
