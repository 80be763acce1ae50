"""How every benchmark reports: a small table, and JSON lines for machines."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).with_name("results.jsonl")


@dataclass(frozen=True, slots=True)
class Result:
    """One measured case: ours against a named peer in the same run, and the aim for the ratio.

    ``met`` says whether the aim was reached; ``ratio`` is ours / peer in ``unit``.
    """

    bench: str
    case: str
    unit: str
    ours: float
    peer_name: str
    peer: float
    ratio: float
    aim: str
    met: bool


def report(results: list[Result]) -> None:
    """Print the table and append the results to ``bench/results.jsonl``."""
    table = Table(title=results[0].bench if results else None)
    for column in ("case", "unit", "ours", "peer", "", "ratio", "aim", "met"):
        table.add_column(column)
    for r in results:
        table.add_row(
            r.case, r.unit, f"{r.ours:,.3f}", r.peer_name, f"{r.peer:,.3f}",
            f"{r.ratio:.3f}", r.aim, "yes" if r.met else "no",
        )  # fmt: skip
    # A log file has room that an 80-column terminal has not.
    console = Console()
    (console if console.is_terminal else Console(width=150)).print(table)
    with RESULTS.open("a", encoding="utf-8") as out:
        out.writelines(json.dumps(asdict(r)) + "\n" for r in results)
