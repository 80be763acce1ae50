"""What an operator may set, read once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from goodterms.kit import places
from goodterms.kit.errors import Refusal


class SettingError(Refusal):
    """A setting that cannot be used; names it, its value and what it should look like."""

    def __init__(self, message: str) -> None:
        super().__init__("SETTING", message)


@dataclass(frozen=True, slots=True)
class Setting:
    """One environment variable: its name, what it is for, and what holds without it."""

    name: str
    meaning: str
    default: str


SETTINGS = (
    Setting("GOODTERMS_HOME", "Folder of the embedded database, Asterisk and logs.", "(state)"),
    Setting(
        "GOODTERMS_DATABASE_URL",
        "PostgreSQL 15 or newer to use instead of the embedded one.",
        "(embedded)",
    ),
    Setting("GOODTERMS_HOST", "Address the pages and the API are served at.", "127.0.0.1"),
    Setting("GOODTERMS_PORT", "Port the pages and the API are served at.", "8080"),
    Setting(
        "GOODTERMS_URL", "Address people see, used in pay links.", "http://GOODTERMS_HOST:PORT"
    ),
    Setting("GOODTERMS_ORGANISATION", "Name of the organisation that calls.", "Goodterms Demo"),
    Setting("GOODTERMS_NODE", "Name of the telephone node this engine owns.", "local"),
    Setting("GOODTERMS_ARI_URL", "Root of the node's ARI; embedded Asterisk without it.", ""),
    Setting("GOODTERMS_ARI_USER", "User of the node's ARI.", "goodterms"),
    Setting("GOODTERMS_ARI_PASSWORD", "Password of the node's ARI.", ""),
    Setting("GOODTERMS_PHONE_URL", "WebSocket that browser telephones register at.", ""),
    Setting("GOODTERMS_PROMPTS", "Folder of the spoken prompts, on the node.", "(made)"),
    Setting(
        "GOODTERMS_CALL_BACK",
        "Number people may call back, said in prompts and shown on pay pages.",
        "",
    ),
    Setting("GOODTERMS_ADDRESS", "Postal address of the organisation, shown on pay pages.", ""),
    Setting(
        "GOODTERMS_SIP_ADDRESS",
        "This machine's address for SIP and sound; carrier and telephones must reach it.",
        "127.0.0.1",
    ),
    Setting("GOODTERMS_TRUNK_HOST", "SIP host of the carrier for the embedded Asterisk.", ""),
    Setting("GOODTERMS_TRUNK_PORT", "SIP port of the carrier for the embedded Asterisk.", "5060"),
    Setting("GOODTERMS_PROCESSOR", "Payment processor: sandbox or stripe.", "sandbox"),
    Setting("GOODTERMS_SANDBOX_PORT", "Port of the sandbox processor and its pages.", "8090"),
    Setting("GOODTERMS_SANDBOX_SECRET", "Key of the sandbox, base64 text.", "(made)"),
    Setting("GOODTERMS_STRIPE_KEY", "Stripe secret key.", ""),
    Setting("GOODTERMS_STRIPE_WEBHOOK_SECRET", "Stripe webhook signing secret.", ""),
    Setting("GOODTERMS_STRIPE_API", "Another address of Stripe's API, for tests.", ""),
    Setting("GOODTERMS_DEMO", "1 shows one-click sign-in; the demo sets it.", "0"),
    Setting("GOODTERMS_LOG", "Lowest level that is logged.", "info"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process; its text form shows no secret."""

    home: Path
    database_url: str | None = field(repr=False)
    host: str
    port: int
    url: str
    organisation: str
    node: str
    ari_url: str
    ari_user: str
    ari_password: str = field(repr=False)
    phone_url: str
    prompts: Path
    call_back: str
    address: str
    sip_address: str
    trunk_host: str
    trunk_port: int
    processor: str
    sandbox_port: int
    sandbox_secret: str = field(repr=False)
    stripe_key: str = field(repr=False)
    stripe_webhook_secret: str = field(repr=False)
    stripe_api: str
    demo: bool
    log: str


def _port(values: Mapping[str, str], name: str, default: int) -> int:
    text = values.get(name, "") or str(default)
    if not text.isdecimal() or not 0 < int(text) < 1 << 16:
        raise SettingError(f"{name} is {text!r}: set it to a port between 1 and 65535.")
    return int(text)


def _chosen(values: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    text = values.get(name, "") or default
    if text not in allowed:
        raise SettingError(f"{name} is {text!r}: set it to one of {', '.join(allowed)}.")
    return text


def _processor(values: Mapping[str, str]) -> str:
    processor = _chosen(values, "GOODTERMS_PROCESSOR", "sandbox", ("sandbox", "stripe"))
    if processor == "stripe" and not values.get("GOODTERMS_STRIPE_KEY"):
        raise SettingError("GOODTERMS_STRIPE_KEY is missing: set it, or use the sandbox.")
    return processor


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {setting.name for setting in SETTINGS}
    for name in environ:
        if name.startswith("GOODTERMS_") and name not in known and "_TEST_" not in name:
            raise SettingError(f"{name} is no setting of goodterms: 'goodterms doctor' lists them.")


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Raises:
        SettingError: one cannot be used, or goodterms does not know it (a typing error).
    """
    _refuse_unknown(environ)
    host = environ.get("GOODTERMS_HOST") or "127.0.0.1"
    port = _port(environ, "GOODTERMS_PORT", 8080)
    text = environ.get
    home = Path(text("GOODTERMS_HOME") or places.state())
    return Settings(
        home=home,
        database_url=text("GOODTERMS_DATABASE_URL") or None,
        host=host,
        port=port,
        url=(text("GOODTERMS_URL") or f"http://{host}:{port}").rstrip("/"),
        organisation=text("GOODTERMS_ORGANISATION") or "Goodterms Demo",
        node=text("GOODTERMS_NODE") or "local",
        ari_url=text("GOODTERMS_ARI_URL") or "",
        ari_user=text("GOODTERMS_ARI_USER") or "goodterms",
        ari_password=text("GOODTERMS_ARI_PASSWORD") or "",
        phone_url=text("GOODTERMS_PHONE_URL") or "",
        prompts=Path(text("GOODTERMS_PROMPTS") or home / "prompts"),
        call_back=text("GOODTERMS_CALL_BACK") or "",
        address=text("GOODTERMS_ADDRESS") or "",
        sip_address=text("GOODTERMS_SIP_ADDRESS") or "127.0.0.1",
        trunk_host=text("GOODTERMS_TRUNK_HOST") or "",
        trunk_port=_port(environ, "GOODTERMS_TRUNK_PORT", 5060),
        processor=_processor(environ),
        sandbox_port=_port(environ, "GOODTERMS_SANDBOX_PORT", 8090),
        sandbox_secret=text("GOODTERMS_SANDBOX_SECRET") or "",
        stripe_key=text("GOODTERMS_STRIPE_KEY") or "",
        stripe_webhook_secret=text("GOODTERMS_STRIPE_WEBHOOK_SECRET") or "",
        stripe_api=text("GOODTERMS_STRIPE_API") or "",
        demo=_chosen(environ, "GOODTERMS_DEMO", "0", ("0", "1")) == "1",
        log=_chosen(environ, "GOODTERMS_LOG", "info", ("debug", "info", "warning", "error")),
    )
