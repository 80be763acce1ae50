"""Policies for tests: the shipped book, and small books made of a few lines of YAML."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from textwrap import dedent

from goodterms.arrangements.decide.book import PolicyBook, PolicyBookError, build
from goodterms.arrangements.decide.reading import Fault
from goodterms.arrangements.service import load_policies

SET = """
set: everywhere
jurisdiction: "*"
valid_from: 2020-01-01
use: {}
"""
HEAD = """
policy: sample
kind: fee
component: late_fee
valid_from: 2024-01-01
citation: "clause 7"
evidence: design
reason_code: SAMPLE
explain: {agent: "It is {value}.", consumer: "You pay {value}."}
"""


@cache
def shipped_book() -> PolicyBook:
    """Return the policies that ship with goodterms."""
    return load_policies()


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.yaml")
    }


def sample(body: str) -> str:
    """Return a policy with the usual head and this body."""
    return HEAD + dedent(body)


def book(*policies: str) -> PolicyBook:
    """Build a book of these policies, and a set that covers everybody."""
    named = {f"p{n}.yaml": dedent(text) for n, text in enumerate(policies)}
    return build({"set.yaml": SET, **named})


def faults(*policies: str) -> list[Fault]:
    """Return what the loader says is wrong with these policies."""
    try:
        book(*policies)
    except PolicyBookError as error:
        return list(error.faults)
    return []
