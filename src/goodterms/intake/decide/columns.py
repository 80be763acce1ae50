"""Which column holds what: by the names people give them, or as told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from goodterms.intake.model import (
    COMPONENT_FIELDS,
    REFUSED_BECAUSE,
    Columns,
    Field,
    PhoneColumn,
)
from goodterms.kit.errors import Refusal

# Other names in use for a field, normalised: lower case, words joined by underscores.
_SYNONYMS: dict[Field, str] = {
    Field.CREDITOR: "creditor_reference creditor_id creditor_code client client_id client_code",
    Field.CREDITOR_NAME: "client_name original_creditor owed_to",
    Field.CREDITOR_SPOKEN_NAME: "spoken_name creditor_spoken",
    Field.PLACEMENT: "placement_reference placement_id batch batch_id portfolio",
    Field.PLACED_ON: "placement_date placed date_placed listed_on list_date",
    Field.ACCOUNT: "account_reference account_number account_no account_id acct acct_no"
    " invoice invoice_number client_reference debt_id",
    Field.CONSUMER: "consumer_reference consumer_id customer customer_id customer_number"
    " person_id debtor_id debtor_number patient_id member_id",
    Field.GIVEN_NAME: "first_name forename first given",
    Field.FAMILY_NAME: "last_name surname last family",
    Field.FULL_NAME: "name consumer_name customer_name debtor_name",
    Field.BIRTH_DATE: "date_of_birth dob birthday born_on",
    Field.LANGUAGE: "preferred_language lang",
    Field.STREET: "address address1 address_1 address_line_1 street_address",
    Field.CITY: "town",
    Field.REGION: "state province county",
    Field.POSTAL_CODE: "zip zip_code zipcode postcode postal",
    Field.COUNTRY: "country_code",
    Field.EMAIL: "e_mail email_address mail",
    Field.CURRENCY: "currency_code ccy",
    Field.BALANCE: "total amount amount_due balance_due current_balance total_due",
    Field.PRINCIPAL: "principal_amount principal_balance",
    Field.INTEREST: "interest_amount accrued_interest",
    Field.LATE_FEE: "late_fees late_charge",
    Field.SERVICE_FEE: "fee fees service_fees other_fees",
    Field.NSF_FEE: "nsf returned_item_fee",
    Field.COURT_COST: "court_costs",
    Field.ATTORNEY_FEE: "attorney_fees legal_fees",
    Field.COLLECTION_COST: "collection_costs",
    Field.DESCRIPTION: "account_description debt_description memo",
    Field.OPENED_ON: "opened open_date service_date date_of_service",
    Field.DUE_ON: "due due_date delinquency_date date_due",
    Field.HOLD: "holds hold_kind restriction",
    Field.HOLD_SOURCE: "hold_reason",
    Field.OPT_OUT: "opt_outs opted_out do_not_contact dnc",
    Field.CONSENT_CALL: "call_consent consent_phone phone_consent",
    Field.CONSENT_SMS: "sms_consent text_consent",
    Field.CONSENT_EMAIL: "email_consent",
    Field.HOST: "host_name host_system",
    Field.HOST_REFERENCE: "host_account host_id",
}
_BY_NAME = {name: of for of in Field for name in (of.value, *_SYNONYMS.get(of, "").split())}
_PHONE = re.compile(
    r"^(?P<label>home|mobile|cell|work|office|other)?_?"
    r"(?:tele)?phone(?:_number|_no)?_?\d*(?:_(?P<after>home|mobile|cell|work|other))?$"
    r"|^(?P<short>mobile|cell|home|work)(?:_number|_no)?_?\d*$"
)
_LABELS = {"cell": "mobile", "office": "work"}


def normalised(name: str) -> str:
    """Write a column's name as names are compared: ``Account No.`` is ``account_no``."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def guess_columns(header: Sequence[str]) -> tuple[str, ...]:
    """Say for each column what its name means: a field, ``phone_mobile`` and so on, or nothing.

    A field is given once; a second column that looks like it is left for people to decide.
    """
    guessed: list[str] = []
    for name in (normalised(name) for name in header):
        key = ""
        if name != REFUSED_BECAUSE:
            of, label = _BY_NAME.get(name), _phone_label(name)
            key = of.value if of else f"phone_{label}" if label else ""
        again = key in guessed and not key.startswith("phone_")
        guessed.append("" if again else key)
    return tuple(guessed)


def find_columns(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, named_only: bool = False
) -> Columns:
    """Find out which column holds which field.

    ``mapping`` goes before the names: field to column name, or to ``=value`` for all rows;
    ``phone``, ``phone_2``, ``phone_mobile`` and so on name columns of numbers. ``named_only``
    leaves columns that the mapping does not name aside, whatever they are called.

    Raises:
        Refusal: the mapping names a field or column that does not exist, two columns hold the
            same field, or a field without which nothing can be placed is missing.
    """
    told, names = dict(mapping or {}), [normalised(name) for name in header]
    at: dict[Field, int] = {}
    fixed: dict[Field, str] = {}
    phones, ignored = list[PhoneColumn](), list[str]()
    taken = {i for i, name in enumerate(names) if name == REFUSED_BECAUSE}
    for key, target in told.items():
        if target.startswith("="):
            fixed[_field(key)] = target[1:].strip()
            continue
        index = _index(names, key, target)
        taken.add(index)
        if (label := _phone_label(normalised(key))) is not None:
            phones.append(PhoneColumn(index, label))
        else:
            at[_field(key)] = index
    left = [(i, name) for i, name in enumerate(names) if i not in taken and name]
    for index, name in left:
        of, label = (None, None) if named_only else (_BY_NAME.get(name), _phone_label(name))
        if of is not None:
            if of not in fixed and at.setdefault(of, index) != index:
                _refuse_twice(header, of, at[of], index, told)
        elif label is not None:
            phones.append(PhoneColumn(index, label))
        else:
            ignored.append(header[index])
    _check_complete({*at, *fixed}, header)
    return Columns(tuple(header), at, tuple(phones), fixed, tuple(ignored))


def _phone_label(name: str) -> str | None:
    match = _PHONE.match(name)
    if match is None:
        return None
    label = match["label"] or match["after"] or match["short"] or "home"
    return _LABELS.get(label, label)


def _field(key: str) -> Field:
    of = _BY_NAME.get(normalised(key))
    if of is None:
        raise Refusal(
            "UNKNOWN_FIELD",
            f"The mapping names the field {key!r}, which does not exist."
            f" Fields are: {', '.join(f.value for f in Field)}, phone, phone_2, phone_mobile, …",
            field="mapping",
        )
    return of


def _index(names: Sequence[str], key: str, target: str) -> int:
    try:
        return names.index(normalised(target))
    except ValueError:
        raise Refusal(
            "UNKNOWN_COLUMN",
            f"The mapping says that {key} is in the column {target!r}, but the file has no such"
            f" column. It has: {', '.join(n for n in names if n)}.",
            field="mapping",
        ) from None


def _refuse_twice(
    header: Sequence[str], of: Field, first: int, second: int, told: Mapping[str, str]
) -> None:
    if of.value in told:  # the mapping has decided
        return
    raise Refusal(
        "COLUMN_TWICE",
        f"The columns {header[first]!r} and {header[second]!r} both look like {of.value}."
        f" Say which one is meant: map it, '{header[first]}={of.value}'.",
        field="mapping",
    )


def _check_complete(have: set[Field], header: Sequence[str]) -> None:
    missing = [of.value for of in (Field.CREDITOR, Field.ACCOUNT, Field.DUE_ON) if of not in have]
    if not have & {Field.FAMILY_NAME, Field.FULL_NAME}:
        missing.append("family_name (or full_name)")
    if not have & {Field.BALANCE, *COMPONENT_FIELDS}:
        missing.append("balance (or principal, interest, …)")
    if missing:
        raise Refusal(
            "COLUMN_MISSING",
            f"The file has no column for {', '.join(missing)}. Its columns are:"
            f" {', '.join(name for name in header if name) or 'none'}."
            " Rename them, or map them: 'Their column=our_field', or '=value=our_field' for all"
            " rows.",
            field="mapping",
        )
