"""The texts of the pages: complete in every language, those shown by script included."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import goodterms
from goodterms.web.shell import Assets, Page, Shell

HERE = Path(goodterms.__file__).parent
UI = HERE.parents[1] / "ui" / "src"
TEXT = re.compile(r'\bt\(\s*"((?:[^"\\]|\\.)*)"')
WORD = re.compile(r'word: "([^"]+)"')


def _shown() -> set[str]:
    """Return the texts of all pages; the style guide, which readers do not see, has its own."""
    found = set()
    for name, _, message, _, _ in extract_from_dir(
        str(HERE),
        [("**.py", "python"), ("web/templates/**.html", "jinja2")],
        keywords={"_": None, "gettext": None, "ngettext": (1, 2), "later": None},
        options_map={},
        directory_filter=lambda _: True,
    ):
        if not Path(name).name.startswith("styleguide"):
            found.add(message if isinstance(message, str) else message[0])
    return found


def test_polish_is_complete() -> None:
    """Every text of every page has a Polish translation, without doubts left open."""
    with (HERE / "web/locale/pl/LC_MESSAGES/goodterms.po").open("rb") as source:
        catalogue = read_po(source, locale="pl")
    done = set()
    for message in catalogue:
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and all(texts) and not message.fuzzy:
            done.add(message.id[0] if isinstance(message.id, tuple) else message.id)
    assert sorted(_shown() - done) == []


def test_texts_shown_by_script_reach_the_page() -> None:
    """Each text in the TypeScript sources is handed to the page in the reader's language."""
    wanted = set()
    for source in UI.rglob("*.ts"):
        code = source.read_text()
        wanted |= set(TEXT.findall(code)) | set(WORD.findall(code))
    page = Page("/", datetime(2026, 11, 22, tzinfo=UTC), "c", "n", language="pl")
    shown = Shell(Assets()).render("components/words.html", page)
    given = json.loads(shown.split(">", 1)[1].rsplit("<", 1)[0])
    assert sorted(wanted - set(given)) == []
    assert sorted(set(given) - wanted) == []
