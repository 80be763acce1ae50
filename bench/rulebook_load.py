"""How long it takes to read all packs, in a fresh process after the import.

Beside it, in the same run, a plain ``yaml.safe_load`` of the same files: it checks nothing, makes
no rules and takes no hash.
"""

from __future__ import annotations

import statistics
import subprocess
import sys

from bench.report import Result, report

TRIES = 7
MOST = 300.0
_OURS = """
import time
from goodterms.compliance.service import load_rulebook
begun = time.perf_counter()
book = load_rulebook()
print((time.perf_counter() - begun) * 1000, len(book.rules))
"""
_PEER = """
import time, yaml
from goodterms.kit.places import shipped
files = [f for f in sorted(shipped("rulebook").rglob("*.yaml")) if "policy" not in f.parts]
begun = time.perf_counter()
rows = [row for file in files for row in yaml.safe_load(file.read_text(encoding="utf-8")) or ()]
print((time.perf_counter() - begun) * 1000, len(rows))
"""


def _once(code: str) -> tuple[float, int]:
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    took, rows = ran.stdout.split()
    return float(took), int(rows)


def main() -> None:
    """Measure both in turn, and report the medians."""
    ours, peer = [], []
    for _ in range(TRIES):
        ours.append(_once(_OURS))
        peer.append(_once(_PEER))
    took = statistics.median(t for t, _ in ours)
    plain = statistics.median(t for t, _ in peer)
    report([
        Result(
            bench="rulebook_load", case=f"{ours[0][1]} rows", unit="ms", ours=took,
            peer_name="yaml.safe_load alone", peer=plain, ratio=took / plain,
            aim=f"under {MOST:.0f} ms", met=took < MOST,
        )
    ])  # fmt: skip


if __name__ == "__main__":
    main()
