"""The policy book: every policy, set and permission of a folder, checked as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from goodterms.arrangements.decide import examples, kinds, loading, permissions
from goodterms.arrangements.decide.permissions import ANY, Permission
from goodterms.arrangements.decide.policies import Policy, PolicyKind
from goodterms.arrangements.decide.reading import Document, Fault, Path, read
from goodterms.kit.errors import Refusal
from goodterms.kit.plainjson import canonical

_SET_NEEDED = ("set", "jurisdiction", "valid_from", "use")
_SET_ALLOWED = (
    "client", "product", "priority", "valid_to", "change", "citation", "plan_lengths",
)  # fmt: skip
SLOTS = (
    "charges", "discount", "settlement", "plan", "plan_limits", "plan_broken", "promise",
    "allocation", "sharing", "waiver", "small_balance", "contingency", "returned", "reversal",
)  # fmt: skip


class PolicyBookError(Refusal):
    """A folder of policies is refused; every fault says file, line, field and remedy."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        told = "\n".join(str(fault) for fault in self.faults)
        super().__init__("POLICY_FAULT", f"The policies are refused:\n{told}")


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Which policies are in force for whom: a jurisdiction, a client, a product."""

    name: str
    jurisdiction: str
    client: str
    product: str
    priority: int
    valid_from: date
    valid_to: date | None
    use: Mapping[str, tuple[str, ...]]
    policies: Mapping[str, Policy]
    hash: str
    plan_lengths: tuple[int, ...] = ()
    limits: Mapping[str, Policy] = field(default_factory=dict)
    """The policies that may limit others, as this set has them, by reason code."""

    hashes: Mapping[str, str] = field(default_factory=dict)
    """The hash of each policy it uses, by name."""

    def slot(self, name: str) -> Policy | None:
        """Return the policy in a slot; None if the set leaves it empty."""
        names = self.use.get(name, ())
        return self.policies[names[0]] if names else None


@dataclass(frozen=True, slots=True)
class PolicyBook:
    """All policies as one value; ``hash`` is of everything in it."""

    policies: Mapping[str, Policy]
    sets: tuple[PolicySet, ...]
    permissions: tuple[Permission, ...]
    hash: str
    files: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def limits(self) -> Mapping[str, Policy]:
        """The policies that may limit others, by the reason code they are named with."""
        return _limits(self.policies)

    def chosen(self, jurisdiction: str, client: str, product: str, on: date) -> PolicySet | None:
        """Return the set in force: the highest priority, then the most particular; or none."""
        found = [s for s in self.sets if _covers(s, jurisdiction, client, product, on)]
        return max(found, key=_rank, default=None)


def _limits(policies: Mapping[str, Policy]) -> Mapping[str, Policy]:
    return {p.reason_code: p for p in policies.values() if p.kind is PolicyKind.LIMIT}


def _covers(found: PolicySet, jurisdiction: str, client: str, product: str, on: date) -> bool:
    if on < found.valid_from or (found.valid_to is not None and on >= found.valid_to):
        return False
    within = found.jurisdiction == ANY or (jurisdiction + "-").startswith(found.jurisdiction + "-")
    return within and found.client in (ANY, client) and found.product in (ANY, product)


def _rank(found: PolicySet) -> tuple[int, int, int, int, str]:
    place = 0 if found.jurisdiction == ANY else len(found.jurisdiction)
    return found.priority, found.client != ANY, found.product != ANY, place, found.name


def build(files: Mapping[str, str]) -> PolicyBook:
    """Build the book from the texts of its files, by name.

    Raises:
        PolicyBookError: anything is wrong anywhere; all faults at once.
    """
    docs = [read(name, files[name]) for name in sorted(files)]
    policies: dict[str, Policy] = {}
    places: dict[str, Document] = {}
    rows: list[Permission] = []
    for doc in docs:
        if "permissions" in doc.content:
            rows += permissions.build(doc)
        elif "set" not in doc.content:
            policy = loading.build(doc)
            if policy is None:
                continue
            if policy.name in policies:
                doc.fault(("policy",), f"'{policy.name}' stands twice", "rename one")
            policies[policy.name] = policy
            places[policy.name] = doc
    book = PolicyBook(policies, (), tuple(rows), _hash(doc.content for doc in docs), dict(files))
    for name, policy in policies.items():
        examples.check(places[name], policy, book.limits)
    if not any(doc.faults for doc in docs):
        sets = [_set(doc, policies) for doc in docs if "set" in doc.content]
        book = replace(book, sets=tuple(found for found in sets if found is not None))
        _coverage(docs, book)
    faults = [fault for doc in docs for fault in doc.faults]
    if faults:
        raise PolicyBookError(faults)
    return book


def _hash(contents: Iterable[Any]) -> str:
    return hashlib.sha256(canonical(list(contents))).hexdigest()


def _set(doc: Document, policies: Mapping[str, Policy]) -> PolicySet | None:
    raw = doc.content
    if not doc.keys((), raw, _SET_ALLOWED, _SET_NEEDED):
        return None
    if not doc.keys(("use",), raw["use"], SLOTS, ()):
        return None
    use = {}
    for slot, names in raw["use"].items():
        listed = [names] if isinstance(names, str) else list(names or [])
        for name in listed:
            if name not in policies:
                doc.fault(("use", slot), f"'{name}' is no policy", "name one of the folder")
        use[slot] = tuple(listed)
    start = doc.day(("valid_from",), raw["valid_from"])
    end = None if raw.get("valid_to") is None else doc.day(("valid_to",), raw["valid_to"])
    changed = _changed(doc, raw.get("change") or {}, policies)
    if doc.faults or start is None:
        return None
    all_ = {**policies, **changed}
    named = sorted({name for names in use.values() for name in names})
    return PolicySet(
        raw["set"], raw["jurisdiction"], raw.get("client", ANY), raw.get("product", ANY),
        int(raw.get("priority", 0)), start, end, use, all_, _hash([raw]),
        _lengths(doc, raw.get("plan_lengths") or []),
        _limits(all_), {name: all_[name].hash for name in named},
    )  # fmt: skip


def _lengths(doc: Document, raw: Any) -> tuple[int, ...]:
    """Read the numbers of instalments that a quote offers plans for."""
    fits = isinstance(raw, list) and all(isinstance(n, int) and n > 0 for n in raw)
    if not fits:
        doc.fault(("plan_lengths",), f"{raw!r}", "write a list such as [3, 6, 12]")
        return ()
    return tuple(raw)


def _changed(
    doc: Document, raw: Mapping[str, Any], policies: Mapping[str, Policy]
) -> dict[str, Policy]:
    """Give the policies whose parameters a set changes; their hash is of what they became."""
    found = {}
    for name, params in raw.items():
        policy = policies.get(name)
        if policy is None:
            doc.fault(("change", name), "is no policy", "name one of the folder")
            continue
        values = {}
        for key, text in params.items():
            unit = policy.units.get(key)
            if unit is None or key not in policy.constants:
                doc.fault(("change", name, key), "is no constant parameter", "name one")
                continue
            try:
                values[key] = kinds.read(text, unit)
            except ValueError as error:
                doc.fault(("change", name, key), str(error), "write it as its unit is written")
        found[name] = replace(
            policy, constants={**policy.constants, **values},
            hash=_hash([policy.hash, {"name": name, "params": params}]),
        )  # fmt: skip
    return found


def _coverage(docs: Sequence[Document], book: PolicyBook) -> None:
    """Note each country that policies or permissions speak of and no set covers."""
    covered = {found.jurisdiction.split("-")[0] for found in book.sets}
    for doc in docs:
        raw = doc.content
        named: list[tuple[Path, str | None]] = []
        if "policy" in raw:
            named.append((("jurisdiction",), raw.get("jurisdiction")))
        named += [
            (("permissions", n, "jurisdiction"), row["jurisdiction"])
            for n, row in enumerate(raw.get("permissions", []))
        ]
        for path, place in named:
            if place and place != ANY and not {place.split("-")[0], ANY} & covered:
                doc.fault(path, f"no set covers {place}", "add a set for this jurisdiction")
