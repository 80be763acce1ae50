"""What the accounts domain says and looks for, as pure functions."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass

from goodterms.accounts.model import HoldKind, PointStatus
from goodterms.kit.errors import Refusal

OPTED_OUT = "The consumer opted out: confirm it and end the conversation politely."
NOT_THEIRS = "This number is somebody else's: say nothing about the debt."
VERIFIED = "the verification has been sent"
"""The release rule of the hold that a dispute places."""
TAKEN_BACK = "The consumer took a consent back: keep to it from now on."

# Holds that an import places on the person, because their cause is about the person; the others
# are about the one debt whose row states them.
PERSONAL_HOLDS = [
    HoldKind.CEASE,
    HoldKind.ATTORNEY,
    HoldKind.BANKRUPTCY,
    HoldKind.DECEASED,
    HoldKind.BREATHING_SPACE,
]

_FEWEST_DIGITS = 7
_HOLD_WORDS = {
    HoldKind.DISPUTED: "The consumer disputes this",
    HoldKind.CEASE: "The consumer asked that contact ceases",
    HoldKind.ATTORNEY: "The consumer is represented by an attorney",
    HoldKind.BANKRUPTCY: "A bankruptcy was reported",
    HoldKind.DECEASED: "The consumer was reported deceased",
    HoldKind.HARDSHIP: "A hardship was recorded",
    HoldKind.BREATHING_SPACE: "A breathing space began",
    HoldKind.FRAUD: "Fraud or identity theft was reported",
    HoldKind.TIME_BARRED: "The debt is time-barred",
    HoldKind.LEGAL: "The account is before a court",
    HoldKind.COMPLAINT: "A complaint is open",
    HoldKind.CLIENT: "The creditor asked to pause",
}
_POINT_WORDS = {
    PointStatus.WRONG: "This number or address does not belong to the consumer",
    PointStatus.DISCONNECTED: "This number or address is no longer in service",
    PointStatus.RETIRED: "This number or address is no longer used",
}


def hold_message(kind: HoldKind) -> str:
    """Say to a talking agent why contact stops."""
    return f"{_HOLD_WORDS[kind]}: end the conversation about it politely."


def point_message(status: PointStatus) -> str:
    """Say to a talking agent why this number or address is left alone from now on."""
    return f"{_POINT_WORDS[status]}: end the call politely."


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the accounts list: everything after it comes next."""

    family_key: str = ""
    given_key: str = ""
    consumer_id: int = 0
    account_id: int = 0

    def text(self) -> str:
        """Write the place as an opaque word that fits in a URL."""
        packed = json.dumps([self.family_key, self.given_key, self.consumer_id, self.account_id])
        return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str | None) -> Cursor:
        """Read a place; None is the beginning.

        Raises:
            Refusal: the word was not made by this list.
        """
        if not text:
            return cls()
        try:
            padded = text + "=" * (-len(text) % 4)
            family, given, consumer, account = json.loads(base64.urlsafe_b64decode(padded))
            return cls(str(family), str(given), int(consumer), int(account))
        except (ValueError, TypeError) as error:
            raise Refusal(
                "BAD_CURSOR", "This page of the list is not known: begin again.", field="after"
            ) from error


def search_terms(text: str) -> dict[str, object]:
    """Turn what somebody typed into what is looked for: names, references, numbers, addresses.

    One word is the beginning of a family name, several are given and family name; ten digits
    are a North American number.
    """
    text = " ".join(text.split())
    words = [_prefix(word) for word in text.lower().replace(",", " ").split()]
    swapped = "," in text and len(words) > 1
    last, first = (words[0], words[-1]) if swapped else (words[-1], words[0])
    return {
        "text": text,
        "last_word": last,
        "first_word": first if len(words) > 1 else "%",
        "reference": _prefix(text),
        "values": _values(text),
    }


def _prefix(word: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", word) + "%"


def _values(text: str) -> list[str]:
    if "@" in text:
        return [text.lower()]
    digits = re.sub(r"\D", "", text)
    if len(digits) < _FEWEST_DIGITS or re.search(r"[A-Za-z]", text):
        return []
    return [f"+{digits}", f"+1{digits}"]
