"""SQL keeps to the walls between the domains: read downwards, write at home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "goodterms"
ORDER = (
    ("access",), ("accounts",), ("ledger",), ("compliance",),
    ("arrangements", "integration", "intake"), ("payments", "calls"), ("routing", "messaging"),
    ("dialing",), ("campaigns",), ("reporting",),
)  # fmt: skip
HEIGHT = {domain: height for height, row in enumerate(ORDER) for domain in row}
FILES = [path for path in sorted(SOURCE.rglob("queries*.sql"))
         if path.relative_to(SOURCE).parts[0] in HEIGHT]  # fmt: skip
NAMED = re.compile(rf"\b({'|'.join(HEIGHT)})\.(\w+)")
WRITTEN = re.compile(
    rf"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE)\s+({'|'.join(HEIGHT)})\."
)


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_a_domain_writes_only_its_own_tables(path: Path) -> None:
    """No query writes a table of another domain."""
    home = path.relative_to(SOURCE).parts[0]
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    # "FOR NO KEY UPDATE OF x" locks and writes nothing.
    strangers = {domain for domain in WRITTEN.findall(text) if domain != home}
    assert not strangers


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.parent.name)
def test_a_domain_reads_only_downwards(path: Path) -> None:
    """No query reads a table of a domain above or beside its own."""
    home = path.relative_to(SOURCE).parts[0]
    text = re.sub(r"--.*", "", path.read_text(encoding="utf-8"))
    for domain, table in NAMED.findall(text):
        below = HEIGHT[domain] < HEIGHT[home]
        assert domain == home or below, f"{home} reads {domain}.{table}"
