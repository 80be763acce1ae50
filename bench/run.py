"""Run the benchmarks: all of them, or those whose names begin with the ones given.

    python bench/run.py            every benchmark, one after another
    python bench/run.py gate,imp   those of bench/gate*.py and bench/imp*.py

The exit status says whether they ran; whether each reached its aim is in the tables and in
`bench/results.jsonl`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RUNS = '__name__ == "__main__"'


def chosen(names: list[str]) -> list[Path]:
    """The benchmark files to run, in order.

    Raises:
        SystemExit: a name fits none of them.
    """
    # What cannot be run by itself is what the benchmarks share.
    others = (path for path in HERE.glob("*.py") if path != Path(__file__))
    every = sorted(path for path in others if RUNS in path.read_text())
    wrong = [name for name in names if not any(path.stem.startswith(name) for path in every)]
    if wrong:
        known = ", ".join(path.stem for path in every)
        raise SystemExit(f"There is no benchmark {', '.join(wrong)}: there are {known}.")
    return [path for path in every if not names or path.stem.startswith(tuple(names))]


def main() -> int:
    """Run what was chosen; 1 if one of them did not run to its end."""
    names = [name for argument in sys.argv[1:] for name in argument.split(",") if name]
    failed = []
    for path in chosen(names):
        print(f"== {path.stem}", flush=True)
        if subprocess.run(
            [sys.executable, "-m", f"bench.{path.stem}"], cwd=HERE.parent, check=False
        ).returncode:
            failed.append(path.stem)
    if failed:
        print(f"These did not run to their end: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
