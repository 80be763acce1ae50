"""The frame of every page: templates, languages, assets by content hash, navigation by role."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from goodterms.access.model import Role
from goodterms.kit.money import Money
from goodterms.web import formats, languages
from goodterms.web.languages import later

_HERE = Path(__file__).parent
TEMPLATES = _HERE / "templates"
STATIC = _HERE / "static"


@dataclass(frozen=True, slots=True)
class Assets:
    """Addresses of built files, each with its content hash, so browsers may keep them for ever."""

    hashes: dict[str, str] = field(default_factory=dict)
    base: str = "/static/build"

    @classmethod
    def load(cls, folder: Path = STATIC / "build") -> Assets:
        """Read the manifest of the front-end build; without a build, addresses carry no hash."""
        manifest = folder / "manifest.json"
        if not manifest.is_file():
            return cls()
        return cls({str(k): str(v) for k, v in json.loads(manifest.read_text()).items()})

    @property
    def built(self) -> bool:
        """True when the front end was built (``npm ci && npm run build`` in ``ui/``)."""
        return bool(self.hashes)

    def address(self, name: str) -> str:
        """Return the address of a built file such as ``app.css``."""
        version = self.hashes.get(name)
        return f"{self.base}/{name}?v={version}" if version else f"{self.base}/{name}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the rail: ``word`` is a text to translate, ``go`` its letter after ``g``."""

    key: str
    word: str
    href: str
    go: str
    roles: frozenset[Role]


_R = Role
ENTRIES = (
    Entry("desk", later("Desk"), "/desk", "d", frozenset({_R.AGENT})),
    Entry("floor", later("Floor"), "/floor", "f", frozenset({_R.SUPERVISOR, _R.MANAGER})),
    Entry(
        "accounts",
        later("Accounts"),
        "/accounts",
        "a",
        frozenset({_R.AGENT, _R.SUPERVISOR, _R.MANAGER, _R.COMPLIANCE}),
    ),
    Entry(
        "campaigns", later("Campaigns"), "/campaigns", "c", frozenset({_R.SUPERVISOR, _R.MANAGER})
    ),
    Entry("studio", later("Studio"), "/studio", "t", frozenset({_R.MANAGER, _R.COMPLIANCE})),
    Entry(
        "audit",
        later("Audit"),
        "/audit",
        "u",
        frozenset({_R.COMPLIANCE, _R.SUPERVISOR, _R.MANAGER}),
    ),
    Entry("reports", later("Reports"), "/reports", "r", frozenset({_R.SUPERVISOR, _R.MANAGER})),
    Entry(
        "settings",
        later("Settings"),
        "/settings",
        "s",
        frozenset({_R.MANAGER, _R.OPERATOR, _R.INTEGRATOR}),
    ),
)


def rail(roles: Iterable[Role], built: Iterable[str]) -> tuple[Entry, ...]:
    """Return the rail's entries for a person's roles, among the parts that exist."""
    mine, exist = frozenset(roles), frozenset(built)
    return tuple(e for e in ENTRIES if e.key in exist and e.roles & mine)


@dataclass(frozen=True, slots=True)
class AgentView:
    """The signed-in agent's state for the top bar; ``state`` is an AgentState's value."""

    state: str
    since: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """What the frame of one answer needs; ``now`` is aware, ``zone`` the reader's IANA zone."""

    path: str
    now: datetime
    csrf_token: str
    csp_nonce: str
    language: str = "en"
    zone: str = "UTC"
    person_name: str = ""
    entries: tuple[Entry, ...] = ()
    agent: AgentView | None = None
    live_url: str = ""
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Firm:
    """Who a consumer's page is from; ``phone`` in E.164. What is "" is left out."""

    name: str
    phone: str = ""
    address: str = ""
    rights_url: str = ""
    contact_url: str = ""
    stop_url: str = ""


def content_security_policy(
    nonce: str, phone_origin: str = "", pay_origins: tuple[str, ...] = ()
) -> str:
    """Return the policy header's value: our own files, this answer's nonce, the phone's socket.

    ``pay_origins`` are those of the processors' own pages that a pay form may lead to.
    """
    rules = {
        "default-src": "'self'",
        "script-src": f"'self' 'nonce-{nonce}'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "connect-src": f"'self' {phone_origin}".strip(),
        "media-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": " ".join(("'self'", *pay_origins)),
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _reader(context: Context) -> Page:
    page: Page = context["page"]
    return page


@pass_context
def _money(context: Context, amount: Money) -> str:
    return formats.money_text(amount, _reader(context).language)


@pass_context
def _number(context: Context, value: Decimal | int) -> str:
    return formats.number_text(value, _reader(context).language)


@pass_context
def _percent(context: Context, share: Decimal) -> str:
    return formats.percent_text(share, _reader(context).language)


@pass_context
def _moment(context: Context, at: datetime, zone: str | None = None) -> str:
    page = _reader(context)
    return formats.moment_text(at, zone or page.zone, page.language)


@pass_context
def _time(context: Context, at: datetime, zone: str | None = None) -> str:
    page = _reader(context)
    return formats.time_text(at, zone or page.zone, page.language)


@pass_context
def _date(context: Context, day: date) -> str:
    return formats.date_text(day, _reader(context).language)


FILTERS: dict[str, Callable[..., str]] = {
    "money": _money,
    "number": _number,
    "percent": _percent,
    "moment": _moment,
    "time": _time,
    "date": _date,
    "duration": formats.duration_text,
    "phone": formats.phone_text,
    "place": formats.place_of,
}


@lru_cache(maxsize=16)
def _environment(language: str, assets_key: tuple[tuple[str, str], ...], base: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # The extension adds this method, which the type stubs do not know.
    install: Callable[..., None] = getattr(environment, "install_gettext_translations")  # noqa: B009
    install(languages.texts(language), newstyle=True)
    environment.filters.update(FILTERS)
    environment.globals["direction"] = formats.locale_of(language).text_direction
    environment.globals["asset"] = Assets(dict(assets_key), base).address
    return environment


class Shell:
    """Renders templates inside the frame; one per process."""

    def __init__(self, assets: Assets | None = None) -> None:
        self.assets = assets or Assets.load()

    def environment(self, language: str) -> Environment:
        """Return the templates of a language; made once and kept."""
        return _environment(language, tuple(self.assets.hashes.items()), self.assets.base)

    def render(self, template: str, page: Page, **context: Any) -> str:
        """Render a template; it sees ``page`` and the page's own ``context``.

        Raises:
            jinja2.UndefinedError: the template asks for a value that was not given.
        """
        found = self.environment(page.language).get_template(template)
        return found.render(
            page=page, csrf_token=page.csrf_token, csp_nonce=page.csp_nonce, **context
        )
