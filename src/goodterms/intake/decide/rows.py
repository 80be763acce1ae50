"""Checking a row of a file and turning it into an account to be placed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from goodterms.accounts.model import Channel, StagedAccount, StagedOutcome
from goodterms.intake.decide import cells
from goodterms.intake.model import COMPONENT_FIELDS, AccountUpsert, Columns, Field, RowRefused
from goodterms.kit.postcodes import zones_of
from goodterms.ledger.model import Book

T = TypeVar("T")

_LONGEST_REFERENCE = 80
_LONGEST_TEXT = 200
_ZIP_DIGITS = 5
_CONSENTS = (
    (Field.CONSENT_CALL, Channel.CALL),
    (Field.CONSENT_SMS, Channel.SMS),
    (Field.CONSENT_EMAIL, Channel.EMAIL),
)
_TEXTS = (
    Field.CREDITOR_NAME, Field.CREDITOR_SPOKEN_NAME, Field.PLACEMENT, Field.DESCRIPTION,
    Field.GIVEN_NAME, Field.STREET, Field.CITY, Field.REGION, Field.HOLD_SOURCE, Field.HOST,
    Field.HOST_REFERENCE,
)  # fmt: skip


class RowReader:
    """Reads the rows of one file; made once from its columns.

    ``today`` is the day of the import, on which a row without a date is placed.
    """

    def __init__(self, columns: Columns, today: date) -> None:
        self._today = today
        self._width = len(columns.header)
        self._at = dict(columns.at)
        self._placed = list(self._at.items())
        self._phones = [(p.index, p.label, columns.header[p.index]) for p in columns.phones]
        self._fixed = dict(columns.fixed)
        self._names = {of: columns.name(of) for of in Field}
        self._components = [
            (of, book) for of, book in COMPONENT_FIELDS.items() if of in {*self._at, *self._fixed}
        ]
        # Many rows share a ZIP code, and most say the same about consents: mostly nothing.
        self._place = lru_cache(maxsize=65536)(self._read_place)
        self._consents = lru_cache(maxsize=1024)(self._read_consents)

    def read(self, number: int, cells_: Sequence[str]) -> StagedAccount:
        """Check one row.

        Raises:
            RowRefused: with a sentence that names column, value, rule and remedy.
        """
        if len(cells_) > self._width:
            raise RowRefused(
                f"The row has {len(cells_)} cells, but the header names {self._width}."
                " Put cells that contain the delimiter in double quotes."
            )
        if "\x00" in "".join(cells_):
            raise RowRefused("The row contains a NUL character. Save the file as plain text.")
        width = len(cells_)
        values = self._fixed | {
            of: text
            for of, index in self._placed
            if index < width and (text := cells_[index].strip())
        }
        phones = [
            (text, label, name)
            for index, label, name in self._phones
            if index < width and (text := cells_[index].strip())
        ]
        return self.stage(number, values, phones)

    def stage(
        self,
        number: int,
        values: Mapping[Field, str],
        phones: Iterable[tuple[str, str, str]],
    ) -> StagedAccount:
        """Check the values of one account: phones are number, label and column."""
        creditor, account = (self._reference(values, of) for of in (Field.CREDITOR, Field.ACCOUNT))
        currency = self._optional(values, Field.CURRENCY, cells.read_currency) or "USD"
        components = self._money(values, currency)
        self._check_lengths(values)
        get = values.get
        return StagedAccount(
            number,
            creditor,
            get(Field.CREDITOR_NAME),
            get(Field.CREDITOR_SPOKEN_NAME),
            get(Field.PLACEMENT),
            self._optional(values, Field.PLACED_ON, cells.read_date) or self._today,
            account,
            currency,
            get(Field.DESCRIPTION),
            self._optional(values, Field.OPENED_ON, cells.read_date),
            self._due_on(values),
            get(Field.HOST),
            get(Field.HOST_REFERENCE),
            array([book.value for book, amount in components if amount]),
            array([str(amount) for _, amount in components if amount]),
            str(sum([amount for _, amount in components])),
            self._consumer(values, creditor, account),
            *self._described(values, phones),
        )

    def _described(
        self, values: Mapping[Field, str], phones: Iterable[tuple[str, str, str]]
    ) -> tuple[Any, ...]:
        """Return the columns from the person's name on."""
        country = values.get(Field.COUNTRY, "US").upper()
        postal_code, zones = self._place(values.get(Field.POSTAL_CODE), country)
        revoked, granted = self._consents(
            values.get(Field.OPT_OUT), *[values.get(of) for of, _ in _CONSENTS]
        )
        return (
            *self._person(values),
            self._optional(values, Field.BIRTH_DATE, cells.read_date),
            self._optional(values, Field.LANGUAGE, cells.read_language),
            values.get(Field.STREET),
            values.get(Field.CITY),
            values.get(Field.REGION),
            postal_code,
            country if Field.COUNTRY in values else None,
            zones,
            *map(array, self._points(values, phones, country)),
            array(self._optional(values, Field.HOLD, cells.read_holds) or ()),
            values.get(Field.HOLD_SOURCE),
            revoked,
            granted,
        )

    def _check_lengths(self, values: Mapping[Field, str]) -> None:
        if max(map(len, values.values())) <= _LONGEST_TEXT:
            return
        for of in _TEXTS:
            if len(values.get(of, "")) > _LONGEST_TEXT:
                raise RowRefused(
                    f"Column {self._names[of]!r} has more than {_LONGEST_TEXT} characters."
                    " Shorten it."
                )

    def _due_on(self, values: Mapping[Field, str]) -> date:
        due_on = self._optional(values, Field.DUE_ON, cells.read_date)
        if due_on is None:
            raise RowRefused(
                f"Column {self._names[Field.DUE_ON]!r} is empty. Write the day the account was"
                " due, as YYYY-MM-DD."
            )
        return due_on

    def _reference(self, values: Mapping[Field, str], of: Field) -> str:
        text = values.get(of, "")
        if not text:
            raise RowRefused(
                f"Column {self._names[of]!r} is empty. Every account needs its {of.value}"
                " reference: write it."
            )
        if len(text) > _LONGEST_REFERENCE:
            raise RowRefused(
                f"Column {self._names[of]!r} has more than {_LONGEST_REFERENCE} characters."
                " Shorten the reference."
            )
        return text

    def _consumer(self, values: Mapping[Field, str], creditor: str, account: str) -> str:
        if Field.CONSUMER in values:
            return self._reference(values, Field.CONSUMER)
        return f"{creditor}/{account}"

    def _person(self, values: Mapping[Field, str]) -> tuple[str | None, str]:
        given, family = values.get(Field.GIVEN_NAME), values.get(Field.FAMILY_NAME)
        of = Field.FAMILY_NAME
        if family is None:
            of = Field.FULL_NAME if Field.FULL_NAME in {*self._at, *self._fixed} else of
            given, family = _split_name(values.get(Field.FULL_NAME, ""), given)
        if not family:
            raise RowRefused(
                f"Column {self._names[of]!r} is empty. Write the family name of who owes."
            )
        if len(family) > _LONGEST_TEXT:
            raise RowRefused(
                f"Column {self._names[of]!r} has more than {_LONGEST_TEXT} characters. Shorten it."
            )
        return given, family

    def _optional(
        self, values: Mapping[Field, str], of: Field, read: Callable[[str, str], T]
    ) -> T | None:
        text = values.get(of)
        return None if text is None else read(text, self._names[of])

    def _money(self, values: Mapping[Field, str], currency: str) -> list[tuple[Book, Decimal]]:
        """Return the components; a balance alone is principal, beside others their sum."""
        parts = [
            (book, cells.read_amount(values[of], currency, self._names[of]))
            for of, book in self._components
            if of in values
        ]
        if Field.BALANCE not in values:
            if not parts:
                raise RowRefused(
                    "No amount is given. Write what is owed in the balance or principal column."
                )
            return parts
        column = self._names[Field.BALANCE]
        balance = cells.read_amount(values[Field.BALANCE], currency, column)
        rest = balance - sum((amount for _, amount in parts), Decimal(0))
        if Field.PRINCIPAL in values:
            if rest:
                raise RowRefused(
                    f"Column {column!r}: {balance} is not the sum of the components, which is"
                    f" {balance - rest}. Correct the one that is wrong."
                )
            return parts
        if rest < 0:
            raise RowRefused(
                f"Column {column!r}: {balance} is less than its interest and fees together,"
                f" {balance - rest}. Correct the one that is wrong."
            )
        return [(Book.PRINCIPAL, rest), *parts]

    def _read_place(self, code: str | None, country: str) -> tuple[str | None, str]:
        if len(country) != 2 or not country.isascii() or not country.isalpha():  # noqa: PLR2004
            raise RowRefused(
                f"Column {self._names[Field.COUNTRY]!r}: '{country}' is not a country code."
                " Write its two letters, e.g. US."
            )
        if code is None:
            return None, "{}"
        if country == "US":
            head, _, tail = code.partition("-")
            if not (head.isdecimal() and head.isascii()) or len(head) > _ZIP_DIGITS:
                raise RowRefused(
                    f"Column {self._names[Field.POSTAL_CODE]!r}: '{code}' is not a ZIP code."
                    " Write its five digits, e.g. 02139, or leave it empty."
                )
            # Spreadsheets drop leading zeros.
            code = head.zfill(_ZIP_DIGITS) + (f"-{tail}" if tail else "")
        return code[:20], array(zones_of(country, code))

    def _points(
        self,
        values: Mapping[Field, str],
        phones: Iterable[tuple[str, str, str]],
        country: str,
    ) -> tuple[list[str], list[str], list[str], list[str], list[str]]:
        kinds: list[str] = []
        found: list[str] = []
        labels: list[str] = []
        types: list[str] = []
        zones: list[str] = []
        for text, label, column in phones:
            number, line_type, places = cells.read_phone(text, country, column)
            if number not in found:
                kinds.append("phone")
                found.append(number)
                labels.append(label)
                types.append(line_type)
                zones.append(places)
        email = self._optional(values, Field.EMAIL, cells.read_email)
        if email is not None:
            for part, value in zip(
                (kinds, found, labels, types, zones),
                ("email", email, "other", "unknown", ""),
                strict=True,
            ):
                part.append(value)
        return kinds, found, labels, types, zones

    def _read_consents(self, opt_out: str | None, *consents: str | None) -> tuple[str, str]:
        """Return the channels opted out of, and those agreed to."""
        revoked = cells.read_opt_outs(opt_out, self._names[Field.OPT_OUT]) if opt_out else []
        granted = []
        for (of, channel), text in zip(_CONSENTS, consents, strict=True):
            agreed = cells.read_yes(text, self._names[of]) if text else None
            if agreed is False and channel not in revoked:
                revoked.append(channel)
            # An opt-out in the same row is stronger than a consent.
            elif agreed and channel not in revoked and Channel.ALL not in revoked:
                granted.append(channel)
        return array(revoked), array(granted)


def _split_name(full: str, given: str | None) -> tuple[str | None, str]:
    """Split ``Family, Given`` at the comma, or ``Given Family`` before the last word."""
    if "," in full:
        family, _, first = full.partition(",")
        return given or first.strip() or None, family.strip()
    first, _, family = full.strip().rpartition(" ")
    return given or first.strip() or None, family


def array(words: Sequence[str]) -> str:
    """Write words as the text of a PostgreSQL array."""
    if not words:
        return "{}"
    if "" in words:
        words = [word or '""' for word in words]
    return "{" + ",".join(words) + "}"


def duplicate(number: int) -> str:
    """Say why the later of two rows about one account is refused."""
    return (
        f"Row {number} of this file is about the same account. Keep one row for each account:"
        " remove this one, or correct its account reference."
    )


_REFUSED = {
    StagedOutcome.DUPLICATE: "An earlier row of this file is about the same account. Keep one row"
    " for each account: remove this one, or correct its account reference.",
    StagedOutcome.OTHER_CONSUMER: "This account is on record as the debt of another consumer. An"
    " import does not move debts between people: correct the consumer reference.",
    StagedOutcome.OTHER_CURRENCY: "This account is on record in another currency. Correct the"
    " currency, or place the debt under a new account reference.",
    StagedOutcome.NO_HOST: "No host system of this name is known. Correct the host's name, or add"
    " the host first.",
    StagedOutcome.BUSY: "The account was placed by somebody else at the same moment. Import this"
    " row again.",
}


def refused_words(outcome: StagedOutcome) -> str | None:
    """Say why a row was refused against what is on record; None if it was taken in."""
    return _REFUSED.get(outcome)


def as_values(upsert: AccountUpsert) -> tuple[dict[Field, str], list[tuple[str, str, str]]]:
    """Write an upsert as the cells of a row, so that both pass the same checks."""
    plain: dict[Field, object] = {
        Field(name): getattr(upsert, name)
        for name in (
            "creditor", "creditor_name", "creditor_spoken_name", "placement", "placed_on",
            "account", "consumer", "given_name", "family_name", "birth_date", "language", "street",
            "city", "region", "postal_code", "country", "email", "currency", "description",
            "opened_on", "due_on", "hold_source", "host", "host_reference",
        )
    }  # fmt: skip
    plain[Field.HOLD] = ";".join(upsert.holds) or None
    plain[Field.OPT_OUT] = ";".join(upsert.opt_outs) or None
    for of, channel in _CONSENTS:
        if channel in upsert.granted or Channel.ALL in upsert.granted:
            plain[of] = "yes"
    for of, book in COMPONENT_FIELDS.items():
        plain[of] = upsert.components.get(book)
    values = {
        of: text
        for of, value in plain.items()
        if value is not None and (text := str(value).strip())
    }
    phones = [(phone.number, phone.label, "phones") for phone in upsert.phones]
    return values, phones
