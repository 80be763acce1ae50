"""Uploaded files: kept in a folder of their own each, found again by its name."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path

from fastapi import UploadFile

from goodterms.kit.errors import NotFound, Refusal

_NOT_IN_NAMES = re.compile(r"[^\w.-]+")
_UPLOAD = re.compile(r"upl_[A-Za-z0-9_-]{8,60}")
_LONGEST_NAME = 120


async def keep(folder: Path, upload_id: str, file: UploadFile | None) -> None:
    """Keep an uploaded file.

    Raises:
        Refusal: no file was chosen, or it is empty.
    """
    if file is None:
        raise Refusal("NO_FILE", "Choose a CSV file or a workbook.", field="file")
    name = _NOT_IN_NAMES.sub("_", Path(file.filename or "").name)[-_LONGEST_NAME:].lstrip(".")
    if not name or not file.size:
        raise Refusal("NO_FILE", "Choose a CSV file or a workbook that is not empty.", field="file")
    await asyncio.to_thread(_write, folder / upload_id / name, file)


def _write(path: Path, file: UploadFile) -> None:
    path.parent.mkdir(parents=True, mode=0o700)
    with path.open("wb") as out:
        shutil.copyfileobj(file.file, out, 1 << 20)


def find(folder: Path, upload_id: str) -> Path:
    """Find an uploaded file again.

    Raises:
        NotFound: there is none of this name.
    """
    home = folder / upload_id
    if _UPLOAD.fullmatch(upload_id) and home.is_dir():
        for path in sorted(home.iterdir()):
            if ".refused" not in path.name:
                return path
    raise NotFound("NO_UPLOAD", "This upload is not here any more: upload the file again.")
