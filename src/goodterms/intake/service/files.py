"""Reading files of accounts row by row, and writing the rows that were refused."""

from __future__ import annotations

import codecs
import csv
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO

from python_calamine import CalamineError, CalamineWorkbook

from goodterms.intake.decide.columns import normalised
from goodterms.intake.model import REFUSED_BECAUSE
from goodterms.kit import places
from goodterms.kit.errors import Refusal

_SHEETS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
_DELIMITERS = ",;\t|"
_PIECE = 1 << 20
_ZIP = b"PK\x03\x04"


@dataclass(slots=True)
class Source:
    """An open file: its header, its rows with their number in the file, and its size in bytes."""

    header: tuple[str, ...]
    rows: Iterator[tuple[int, list[str]]]
    size: int
    _raw: BinaryIO | None = None

    @property
    def position(self) -> int:
        """How many bytes have been read (all of them at once for workbooks)."""
        return self._raw.tell() if self._raw is not None and not self._raw.closed else self.size


@contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """Open a CSV file or the first sheet of a workbook.

    Raises:
        Refusal: the file does not exist, is empty, or is not such a file.
    """
    if not path.is_file():
        raise Refusal("NO_FILE", f"There is no file {path}. Check its name.", field="file")
    size = path.stat().st_size
    if size == 0:
        raise Refusal("EMPTY_FILE", f"{path.name} is empty: export it again.", field="file")
    with path.open("rb") as raw:
        if path.suffix.lower() in _SHEETS or raw.peek(4)[:4] == _ZIP:
            yield _workbook(path, size)
            return
        encoding = _encoding(raw)
        raw.seek(0)
        with io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
            yield _csv(path.name, text, raw, size)


def _csv(name: str, text: TextIO, raw: BinaryIO, size: int) -> Source:
    first = text.readline()
    while first and not first.strip():
        first = text.readline()
    delimiter = max(_DELIMITERS, key=lambda mark: _outside_quotes(first, mark))
    header = next(csv.reader([first], delimiter=delimiter), [])
    rows = _csv_rows(name, text, delimiter, len(header))
    return Source(tuple(cell.strip() for cell in header), rows, size, raw)


def _csv_rows(
    name: str, text: TextIO, delimiter: str, width: int
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text, delimiter=delimiter)
    try:
        for number, row in enumerate(reader, start=2):
            if row and (width == 1 or any(row)):
                yield number, row
    except csv.Error as error:
        raise Refusal(
            "UNREADABLE_ROW",
            f"{name} cannot be read after line {reader.line_num + 1}: {error}. Look for a double"
            " quote that is not closed, save the file again, and import it again: rows that were"
            " taken in stay as they are.",
            field="file",
        ) from error


def _outside_quotes(line: str, mark: str) -> int:
    return sum(part.count(mark) for part in line.split('"')[::2])


def _encoding(raw: BinaryIO) -> str:
    """Find out how a text file is encoded: by its mark, else UTF-8, else Windows-1252."""
    start = raw.read(4)
    raw.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := raw.read(_PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _workbook(path: Path, size: int) -> Source:
    try:
        # calamine unpacks a whole sheet; its format holds a million rows at most.
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).iter_rows()
        header = [_cell(value).strip() for value in next(rows, [])]
    except CalamineError as error:
        raise Refusal(
            "NOT_A_WORKBOOK",
            f"{path.name} cannot be opened as a workbook ({error}). Save it as .xlsx or .csv.",
            field="file",
        ) from error
    numbered = (
        (number, cells)
        for number, row in enumerate(rows, start=2)
        if any(cells := [_cell(value) for value in row])
    )
    return Source(tuple(header), numbered, size)


def _cell(value: Any) -> str:
    """Write a workbook's cell as text: days as ISO dates, whole numbers without a point."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Workbooks hold numbers as floats; the shortest text is what the author typed.
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


class RefusedFile:
    """The rows that were refused, as they came, with the reason in a column of its own.

    It is made with the first refusal. The file can be corrected and imported as it is.
    """

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self._path = path
        self._header = header
        self._keep = [i for i, name in enumerate(header) if normalised(name) != REFUSED_BECAUSE]
        self._out: TextIO | None = None

    @property
    def path(self) -> str | None:
        """Where the refused rows are; None when there are none."""
        return None if self._out is None else str(self._path)

    def add(self, cells: Sequence[str], because: str) -> None:
        """Write one refused row."""
        if self._out is None:
            self._out = self._path.open("w", encoding="utf-8", newline="")
            self._writer = csv.writer(self._out)
            self._writer.writerow([*(self._header[i] for i in self._keep), REFUSED_BECAUSE])
        kept = [cells[i] if i < len(cells) else "" for i in self._keep]
        self._writer.writerow([*kept, because])

    def flush(self) -> None:
        """Make sure that what was added is in the file."""
        if self._out is not None:
            self._out.flush()

    def close(self) -> None:
        """Close the file; ``path`` still names it."""
        if self._out is not None:
            self._out.close()


def refused_path(path: Path, folder: Path | None = None) -> Path:
    """Return where the refused rows of a file go: beside it, never over it.

    Where nothing can be written beside it, they go to a folder of our own.
    """
    folder = folder or path.resolve().parent
    if not os.access(folder, os.W_OK):
        folder = places.state() / "refused"
        folder.mkdir(parents=True, exist_ok=True)
    number = 1
    while True:
        mark = "refused" if number == 1 else f"refused-{number}"
        candidate = folder / f"{path.stem.split('.refused')[0]}.{mark}.csv"
        if candidate.resolve() != path.resolve():
            return candidate
        number += 1
