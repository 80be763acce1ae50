"""Languages of the pages: a catalogue is read from its .po file when first used.

After changing texts: ``pybabel extract -F src/goodterms/web/locale/babel.cfg -k later
--no-location -o /tmp/goodterms.pot src/goodterms`` and ``pybabel update -D goodterms
-i /tmp/goodterms.pot -d src/goodterms/web/locale --no-fuzzy-matching``.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

_FOLDER = Path(__file__).parent / "locale"
SOURCE = "en"


def later(text: str) -> str:
    """Mark a text that is translated where it is shown (a column label, an entry's word)."""
    return text


@lru_cache(maxsize=1)
def offered() -> tuple[str, ...]:
    """Return the languages a reader may choose, the source language first."""
    found = sorted(p.parent.parent.name for p in _FOLDER.glob("*/LC_MESSAGES/goodterms.po"))
    return (SOURCE, *found)


@lru_cache(maxsize=16)
def texts(language: str) -> NullTranslations:
    """Return the catalogue of a language; texts it lacks, and unknown languages, are English."""
    if language not in offered() or language == SOURCE:
        return NullTranslations()
    with (_FOLDER / language / "LC_MESSAGES" / "goodterms.po").open("rb") as source:
        catalogue = read_po(source, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


def choose(wanted: str | None, accept: str | None) -> str:
    """Choose a language: the person's own wish first, then the browser's Accept-Language."""
    asked = [wanted or "", *((part.split(";")[0]) for part in (accept or "").split(","))]
    for tag in asked:
        language = tag.strip().lower().split("-")[0]
        if language in offered():
            return language
    return SOURCE
