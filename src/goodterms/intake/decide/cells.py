"""Reading single cells: dates, amounts, numbers, words. Each refusal says what would be right."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from functools import lru_cache

from goodterms.accounts.model import Channel, HoldKind
from goodterms.intake.model import RowRefused
from goodterms.kit.money import Money, MoneyError, exponent
from goodterms.kit.phone import PhoneError, parse_phone

_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00)?)?$")
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})$")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})$")
_PLAIN = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_CENTS = re.compile(r"\d{1,12}\.\d\d$")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?$")
_AMOUNT = re.compile(r"\d{1,14}(\.\d+)?$")
_CURRENCY = re.compile(r"[A-Z]{3}$")
_EMAIL = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}$")
_NOT_DIGITS = re.compile(r"[ ().\-]")
_NANP = re.compile(r"(?:\+?1)?([2-9]\d\d[2-9]\d\d)(\d{4})$")
_LANGUAGE = re.compile(r"[a-z]{2,3}$")
_OLDEST_YEAR = 1900
_LATEST_YEAR = 2100
# ISO 4217 codes of the currencies debts are held in.
_CODES = (
    "AED ARS AUD BHD BRL CAD CHF CLP CNY COP CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KES KRW KWD"
    " MXN MYR NGN NOK NZD OMR PEN PHP PLN QAR RON SAR SEK SGD THB TND TRY TWD UAH USD UYU VND ZAR"
)
_CURRENCIES = frozenset(_CODES.split())
_YES = frozenset({"y", "yes", "true", "1", "x", "granted"})
_NO = frozenset({"n", "no", "false", "0", "revoked"})


@lru_cache(maxsize=65536)
def read_date(text: str, column: str) -> date:
    """Read a calendar date: 2026-03-31, 03/31/2026 (US), 31.03.2026 or 20260331."""
    for pattern, order in ((_ISO, "ymd"), (_US, "mdy"), (_DOTTED, "dmy"), (_PLAIN, "ymd")):
        match = pattern.match(text)
        if match is None:
            continue
        part = dict(zip(order, map(int, match.groups()), strict=False))
        try:
            day = date(part["y"], part["m"], part["d"])
        except ValueError:
            break
        if _OLDEST_YEAR <= day.year < _LATEST_YEAR:
            return day
        break
    else:
        raise RowRefused(
            f"Column {column!r}: '{text}' is not a date. Write it as YYYY-MM-DD, e.g. 2026-03-31."
        )
    raise RowRefused(
        f"Column {column!r}: there is no day '{text}' in the calendar from {_OLDEST_YEAR} on."
        " Write the day it was, as YYYY-MM-DD."
    )


def read_amount(text: str, currency: str, column: str) -> Decimal:
    """Read an amount owed in major units: 1234.50, 1,234.50 or $1,234.50; never below zero."""
    if _CENTS.match(text) and exponent(currency) == 2:  # noqa: PLR2004 - cents, the usual case
        return Decimal(text)
    bare = text.removeprefix("$").strip()
    if bare.startswith(("-", "(")):
        raise RowRefused(
            f"Column {column!r}: '{text}' is below zero, but an amount owed is not. Leave the row"
            " out if nothing is owed, or correct the amount."
        )
    if _GROUPED.match(bare):
        bare = bare.replace(",", "")
    if not _AMOUNT.match(bare):
        raise RowRefused(
            f"Column {column!r}: '{text}' is not an amount. Write it with a point before the"
            " cents, e.g. 1234.50."
        )
    try:
        return Money.of(bare, currency).amount
    except MoneyError as error:
        raise RowRefused(f"Column {column!r}: {error}") from error


def read_currency(text: str, column: str) -> str:
    """Read an ISO 4217 currency code."""
    code = text.upper()
    if not _CURRENCY.match(code) or code not in _CURRENCIES:
        raise RowRefused(
            f"Column {column!r}: '{text}' is not a currency known here."
            " Write its ISO 4217 code, e.g. USD."
        )
    return code


def read_email(text: str, column: str) -> str:
    """Read an e-mail address, in lower case."""
    if not _EMAIL.match(text):
        raise RowRefused(
            f"Column {column!r}: '{text}' is not an e-mail address. Correct it or leave it empty."
        )
    return text.lower()


def read_language(text: str, column: str) -> str:
    """Read an ISO 639 language code; a country after it is dropped."""
    code = re.split(r"[-_]", text.lower())[0]
    if not _LANGUAGE.match(code):
        raise RowRefused(
            f"Column {column!r}: '{text}' is not a language code. Write e.g. en or es."
        )
    return code


@lru_cache(maxsize=16384)
def _exchange(prefix: str) -> tuple[str, str] | None:
    """Return line type and zones of the ten thousand numbers of a North American exchange."""
    try:
        phone = parse_phone(f"+1{prefix}0123")
    except PhoneError:
        return None
    return phone.line_type, "|".join(phone.zones)


def read_phone(text: str, region: str, column: str) -> tuple[str, str, str]:
    """Read a telephone number; return E.164, line type and zones joined by bars.

    North American numbers are judged by their exchange, which is all that decides about them.
    """
    match = _NANP.match(_NOT_DIGITS.sub("", text)) if region == "US" else None
    if match is not None:
        known = _exchange(match[1])
        if known is not None:
            return f"+1{match[1]}{match[2]}", *known
    try:
        phone = parse_phone(text, region)
    except PhoneError as error:
        raise RowRefused(
            f"Column {column!r}: {error} Correct the number or leave it empty."
        ) from error
    return phone.e164, phone.line_type, "|".join(phone.zones)


def read_holds(text: str, column: str) -> list[HoldKind]:
    """Read kinds of holds, several separated by semicolons."""
    holds = []
    for word in re.split(r"[;,|]", text.lower()):
        try:
            holds.append(HoldKind(word.strip().replace(" ", "_")))
        except ValueError:
            raise RowRefused(
                f"Column {column!r}: '{word.strip()}' is not a kind of hold."
                f" Kinds are: {', '.join(HoldKind)}."
            ) from None
    return holds


def read_opt_outs(text: str, column: str) -> list[Channel]:
    """Read what somebody opted out of: channels separated by semicolons, or yes for all."""
    lowered = text.lower()
    if lowered in _YES:
        return [Channel.ALL]
    if lowered in _NO:
        return []
    channels = []
    for word in re.split(r"[;,|]", lowered):
        try:
            channels.append(Channel(word.strip()))
        except ValueError:
            raise RowRefused(
                f"Column {column!r}: '{word.strip()}' is not a channel."
                f" Write {', '.join(Channel)}, yes or no."
            ) from None
    return channels


def read_yes(text: str, column: str) -> bool:
    """Read yes or no."""
    lowered = text.lower()
    if lowered in _YES:
        return True
    if lowered in _NO:
        return False
    raise RowRefused(f"Column {column!r}: '{text}' is neither yes nor no. Write one of them.")
