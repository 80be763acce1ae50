"""Checked rows on their way in, and what became of each."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple


class StagedAccount(NamedTuple):
    """A checked row on its way in: one account with its person, in the order of the columns.

    None means "not stated": a known account keeps what it has. Lists are PostgreSQL array texts
    (``{a,b}``) of plain words: ``amounts`` in major units beside their ``books``; the five
    ``point_`` lists run in parallel, ``point_zones`` holding IANA names joined by bars.
    ``row_number`` is the caller's own.
    """

    row_number: int
    creditor_reference: str
    creditor_name: str | None
    creditor_spoken_name: str | None
    placement_reference: str | None
    placed_on: date
    account_reference: str
    currency: str
    description: str | None
    opened_on: date | None
    due_on: date
    host_name: str | None
    host_reference: str | None
    books: str
    amounts: str
    total: str
    consumer_reference: str
    given_name: str | None
    family_name: str
    birth_date: date | None
    language: str | None
    street: str | None
    city: str | None
    region: str | None
    postal_code: str | None
    country: str | None
    zones: str
    point_kinds: str
    point_values: str
    point_labels: str
    point_types: str
    point_zones: str
    holds: str
    hold_source: str | None
    opt_outs: str
    granted: str


class StagedOutcome(StrEnum):
    """What became of a staged row; from DUPLICATE on it was refused and changed nothing."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"
    OTHER_CONSUMER = "other_consumer"
    OTHER_CURRENCY = "other_currency"
    NO_HOST = "no_host"
    BUSY = "busy"
