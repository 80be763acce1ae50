"""The frame of the pages: assets, navigation by role, languages, lists and the style guide."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from jinja2 import UndefinedError
from starlette.responses import Response

from goodterms.access.model import Role
from goodterms.kit.money import Money
from goodterms.web import formats, languages, styleguide
from goodterms.web.assets import BuiltFiles
from goodterms.web.listing import Column, Listing
from goodterms.web.shell import ENTRIES, Assets, Page, Shell, content_security_policy, rail

NOW = datetime(2026, 11, 22, 14, 42, tzinfo=UTC)
SHELL = Shell(Assets({"app.css": "c0ffee"}))


def _page(language: str = "en") -> Page:
    return Page("/accounts", NOW, "csrf-1", "nonce-1", language=language, zone="America/New_York")


def _macro(source: str, language: str = "en", **context: object) -> str:
    template = SHELL.environment(language).from_string(
        '{% import "macros.html" as ui with context %}' + source
    )
    return template.render(page=_page(language), **context)


def test_assets_carry_the_hash_of_their_content() -> None:
    """A built file's address changes with its content; an unbuilt one has no hash."""
    assert SHELL.assets.address("app.css") == "/static/build/app.css?v=c0ffee"
    assert SHELL.assets.address("other.js") == "/static/build/other.js"


def test_a_missing_build_is_known(tmp_path: Path) -> None:
    """Without a front-end build the assets say so instead of failing."""
    assert not Assets.load(tmp_path).built
    (tmp_path / "manifest.json").write_text('{"app.js": "12ab"}')
    assert Assets.load(tmp_path).address("app.js").endswith("?v=12ab")


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        (Role.AGENT, ["desk", "accounts"]),
        (Role.SUPERVISOR, ["floor", "accounts", "campaigns", "audit"]),
        (Role.OPERATOR, ["settings"]),
    ],
)
def test_the_rail_shows_what_a_role_may_open(role: Role, keys: list[str]) -> None:
    """The rail holds the role's parts, in order, and only those that exist."""
    built = {"desk", "floor", "accounts", "campaigns", "audit", "settings"}
    assert [entry.key for entry in rail({role}, built)] == keys


def test_every_entry_has_its_own_letter() -> None:
    """No two parts share the letter typed after g."""
    assert len({entry.go for entry in ENTRIES}) == len(ENTRIES)


def test_the_policy_allows_no_inline_script_without_the_nonce() -> None:
    """The content security policy names our own origin, the nonce and the phone's socket only."""
    policy = content_security_policy("n1", "wss://phone.example")
    assert "script-src 'self' 'nonce-n1';" in policy
    assert "connect-src 'self' wss://phone.example;" in policy
    assert "unsafe" not in policy


def test_a_missing_value_is_an_error_not_a_blank() -> None:
    """A template that asks for a value nobody gave fails loudly."""
    with pytest.raises(UndefinedError):
        _macro("{{ nobody_gave_this }}")


def test_markup_in_values_is_escaped() -> None:
    """A consumer's name is text, never markup."""
    assert "&lt;b&gt;" in _macro("{{ ui.badge(name) }}", name="<b>")


def test_money_moments_and_durations_read_in_the_readers_language_and_zone() -> None:
    """Money has its currency, moments the reader's zone with the consumer's time beside."""
    assert formats.money_text(Money.of("1240.50")) == "$1,240.50"
    assert formats.money_text(Money.of("1240.50"), "pl").replace("\xa0", " ") == "1 240,50 USD"
    assert formats.duration_text(timedelta(seconds=83)) == "1:23"
    assert formats.duration_text(3723) == "1:02:03"
    assert formats.date_text(date(2026, 11, 22)) == "Nov 22, 2026"
    assert formats.percent_text(Decimal("0.031")) == "3.1%"
    written = _macro('{{ ui.when(at, "America/Denver") }}', at=NOW).replace("\u202f", " ")
    assert "Nov 22, 2026, 9:42 AM" in written
    assert "(7:42 AM in Denver)" in written


def test_a_hidden_phone_number_shows_its_ends_only() -> None:
    """A masked number is written without the digits in between, also in its title."""
    assert "555" not in _macro('{{ ui.phone("+13035550142", hidden=true) }}')


def test_a_field_with_an_error_names_it_to_everybody() -> None:
    """An error stands at the field, is tied to it, and links from the summary."""
    field = _macro('{{ ui.field("amount", "Amount", "9", help="At most 5.", error="Too much.") }}')
    assert 'aria-describedby="amount-help amount-error"' in field
    assert 'aria-invalid="true"' in field
    assert 'value="9"' in field
    assert 'href="#amount"' in _macro('{{ ui.errors([("amount", "Too much.")]) }}')


def test_a_list_keeps_its_filters_in_every_address() -> None:
    """Sorting, paging and export keep the filters; choosing a column again turns the order."""
    listing = Listing(
        "l", "/accounts", (Column("a", "A"),), {"q": "x", "status": ""}, "a", after="k9"
    )
    assert listing.first == "/accounts?q=x&sort=a"
    assert listing.next == "/accounts?q=x&sort=a&after=k9"
    assert listing.csv == "/accounts?q=x&sort=a&format=csv"
    assert listing.sorted_by("a") == "/accounts?q=x&sort=-a"
    assert listing.sorted_by("b") == "/accounts?q=x&sort=b"
    assert (listing.direction("a"), listing.direction("b")) == ("ascending", "none")
    assert Listing("l", "/accounts", ()).next is None


@pytest.mark.parametrize("language", ["en", "pl", "xx"])
def test_the_style_guide_renders_in_every_language(language: str) -> None:
    """Every component renders with realistic data; an unknown language reads English."""
    shown = styleguide.render(SHELL, now=NOW, language=language if language != "xx" else "en")
    assert 'id="main"' in shown
    assert 'nonce="styleguide"' in shown


def test_a_language_is_chosen_from_the_wish_then_the_browser() -> None:
    """The person's own choice wins, then the browser's order, then English."""
    assert languages.choose("pl", "en") == "pl"
    assert languages.choose(None, "de-DE, pl;q=0.8") == "pl"
    assert languages.choose(None, None) == "en"


async def test_built_files_are_sent_compressed_to_those_who_take_it(tmp_path: Path) -> None:
    """The compressed twin is sent with its original's type; others get the file itself."""
    (tmp_path / "app.css").write_text("body{}")
    (tmp_path / "app.css.gz").write_bytes(b"small")
    files = BuiltFiles(directory=tmp_path)

    async def ask(accept: bytes) -> Response:
        headers = [(b"accept-encoding", accept)]
        scope = {"type": "http", "method": "GET", "path": "/app.css", "headers": headers}
        return await files.get_response("app.css", scope)

    small, plain = await ask(b"gzip, br"), await ask(b"")
    assert small.headers["content-encoding"] == "gzip"
    assert small.headers["content-type"].startswith("text/css")
    assert small.headers["content-length"] == "5"
    assert "content-encoding" not in plain.headers
