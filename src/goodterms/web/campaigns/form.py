"""The campaign form: what a person entered, as a filter and the settings of dialing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import Request

from goodterms.calls.model import Outcome
from goodterms.campaigns.decide import DEFAULTS
from goodterms.campaigns.model import Campaign, Members
from goodterms.kit.errors import Refusal
from goodterms.kit.money import Money, MoneyError

RETRIED = (
    Outcome.NO_ANSWER,
    Outcome.BUSY,
    Outcome.MACHINE,
    Outcome.ABANDONED,
    Outcome.CONGESTED,
    Outcome.UNAVAILABLE,
)
"""The outcomes after which the form offers to try again."""

_PLAIN = ("mode", "ratio", "trunk", "max_per_second", "caller_strategy", "purpose")
_WHOLE = ("max_concurrent", "ring_seconds", "max_attempts", "rest_days", "sticky_days")
_USUAL_RETRY = {"no_answer": ("240", "3"), "busy": ("15", "3"), "machine": ("240", "2")}
_LONGEST = 500
_LONGEST_NUMBER = 8


@dataclass(frozen=True, slots=True)
class CampaignForm:
    """The fields as text, and what is wrong with them by name."""

    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)

    def value(self, name: str) -> str:
        """A field's text, empty if there is none."""
        found = self.given.get(name, ())
        return found[0].strip() if found else ""

    def has(self, name: str, value: object) -> bool:
        """Tell whether a choice of several is made."""
        return str(value) in self.given.get(name, ())

    def problem(self, name: str) -> str:
        """What is wrong with a field, empty if nothing."""
        return self.problems.get(name, "")

    def with_problem(self, refusal: Refusal) -> CampaignForm:
        """Return the form with what was refused beside its field."""
        return CampaignForm(self.given, {refusal.field or "name": refusal.message})

    def members(self) -> Members:
        """Read whom the campaign is for.

        Raises:
            Refusal: an amount or number of days cannot be read; names the field.
        """
        regions = self.value("regions").upper().replace(";", ",").split(",")
        return Members(
            creditor_ids=tuple(int(i) for i in self.given.get("creditor", ()) if i.isdecimal()),
            placement_ids=tuple(int(i) for i in self.given.get("placement", ()) if i.isdecimal()),
            regions=tuple(region.strip() for region in regions if region.strip()),
            min_balance_minor=self._minor("min_balance_minor"),
            max_balance_minor=self._minor("max_balance_minor"),
            min_days_past_due=self._days("min_days_past_due"),
            max_days_past_due=self._days("max_days_past_due"),
        )

    def settings(self) -> dict[str, Any]:
        """Return the dialing policy's fields; the domain checks their bounds."""
        chosen: dict[str, Any] = {name: self.value(name) for name in _PLAIN}
        chosen |= {name: _whole(self.value(name)) for name in _WHOLE}
        chosen["ratio"] = chosen["ratio"] or "1"
        for name in ("caller_strategy", "sticky_days", "purpose"):
            chosen[name] = chosen[name] or DEFAULTS[name]
        chosen["amd"] = self.value("amd") == "1"
        chosen["caller_ids"] = list(self.given.get("caller_ids", ()))
        chosen["hours"] = {
            str(day): [self.value(f"from_{day}"), self.value(f"until_{day}")]
            for day in range(7)
            if self.value(f"from_{day}") or self.value(f"until_{day}")
        }
        chosen["retry"] = {
            of.value: {
                "after_seconds": self._seconds(of),
                "at_most": _whole(self.value(f"most_{of}")),
            }
            for of in RETRIED
            if self.value(f"most_{of}") not in ("", "0")
        }
        return chosen

    def _seconds(self, outcome: Outcome) -> int | str:
        minutes = _whole(self.value(f"after_{outcome}"))
        return minutes if isinstance(minutes, str) else minutes * 60

    def _minor(self, name: str) -> int | None:
        text = self.value(name)
        try:
            return Money.written(text).minor if text else None
        except MoneyError as error:
            raise Refusal("BALANCE", f"{error} Write an amount such as 250.", field=name) from None

    def _days(self, name: str) -> int | None:
        text = self.value(name)
        if text and not (text.isdecimal() and int(text) < 100_000):  # noqa: PLR2004
            raise Refusal("DAYS", f"{text!r} is no number of days, such as 90.", field=name)
        return int(text) if text else None


def _whole(text: str) -> int | str:
    """Read a whole number; what is none stays as it is, for the domain to refuse."""
    return int(text) if text.isdecimal() and len(text) < _LONGEST_NUMBER else text


async def sent(request: Request) -> CampaignForm:
    """Read the form that was sent."""
    given: dict[str, tuple[str, ...]] = {}
    form = await request.form()
    for name in form:
        texts = (t for t in form.getlist(name) if isinstance(t, str))
        given[name] = tuple(text.replace("\0", "")[:_LONGEST] for text in texts)
    return CampaignForm(given)


def usual(trunk: str, caller_ids: tuple[str, ...]) -> CampaignForm:
    """Return the form of a new campaign with what is usual filled in."""
    given = _of_settings({**DEFAULTS, "trunk": trunk, "caller_ids": caller_ids, "retry": {}})
    for outcome, (after, most) in _USUAL_RETRY.items():
        given[f"after_{outcome}"], given[f"most_{outcome}"] = (after,), (most,)
    return CampaignForm(given)


def of_campaign(campaign: Campaign) -> CampaignForm:
    """Return the form as it would have been filled in for a campaign."""
    members = asdict(campaign.members)
    given = _of_settings({**DEFAULTS, **campaign.settings})
    given["name"] = (campaign.name,)
    given["creditor"] = tuple(str(i) for i in members["creditor_ids"])
    given["placement"] = tuple(str(i) for i in members["placement_ids"])
    given["regions"] = (", ".join(members["regions"]),)
    for name in ("min_balance_minor", "max_balance_minor"):
        if members[name] is not None:
            given[name] = (f"{Money.from_minor(members[name]).amount:f}",)
    for name in ("min_days_past_due", "max_days_past_due"):
        if members[name] is not None:
            given[name] = (str(members[name]),)
    return CampaignForm(given)


def _of_settings(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    given: dict[str, tuple[str, ...]] = {
        name: (str(settings.get(name, "")),) for name in (*_PLAIN, *_WHOLE)
    }
    given["amd"] = ("1" if settings["amd"] else "",)
    given["caller_ids"] = tuple(str(number) for number in settings["caller_ids"])
    for day, (start, end) in settings["hours"].items():
        given[f"from_{day}"], given[f"until_{day}"] = (start,), (end,)
    for outcome, rule in settings["retry"].items():
        given[f"after_{outcome}"] = (str(int(rule["after_seconds"]) // 60),)
        given[f"most_{outcome}"] = (str(rule["at_most"]),)
    return given
