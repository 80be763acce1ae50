"""Write the portfolio that ships: ``python -m goodterms.intake.sample examples/portfolio.csv``."""

from __future__ import annotations

import sys
from pathlib import Path

from goodterms.intake.sample.portfolio import as_csv, portfolio

if __name__ == "__main__":
    Path(sys.argv[1]).write_text(as_csv(portfolio()), encoding="utf-8", newline="")
