"""PostgreSQL with respect: named queries in files, one pool, explicit transactions."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

from psycopg import AsyncConnection, InterfaceError, OperationalError
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from goodterms.kit import plainjson

set_json_dumps(plainjson.dumps)
set_json_loads(plainjson.loads)

DATABASE_AWAY = (OperationalError, InterfaceError)
"""What is raised while the database cannot be reached or has just dropped us: try again later."""

Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

_SEPARATOR = chr(30)
_NAME = re.compile(r"^-- name: ([a-z0-9_]+)\s*$", re.MULTILINE)


class Queries(Mapping[str, LiteralString]):
    """The named queries of one ``queries.sql``; a missing name fails at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        parts = _NAME.split(path.read_text(encoding="utf-8"))[1:]
        pairs = zip(parts[::2], parts[1::2], strict=True)
        self._texts = {name: cast("LiteralString", body.strip()) for name, body in pairs}

    def __getitem__(self, name: str) -> LiteralString:
        try:
            return self._texts[name]
        except KeyError:
            raise KeyError(f"{self.path} has no query named {name!r}") from None

    def __iter__(self) -> Any:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@cache
def queries(module_file: str) -> Queries:
    """Load the ``queries.sql`` beside a module; call it with ``__file__``."""
    return Queries(Path(module_file).with_name("queries.sql"))


def make_pool(url: str, *, size: int = 8, name: str = "goodterms") -> Pool:
    """Make a closed pool of dictionary-row connections; open it with ``async with``."""
    return AsyncConnectionPool(
        url,
        min_size=1,
        max_size=size,
        open=False,
        kwargs={"row_factory": dict_row, "autocommit": True, "application_name": name},
        connection_class=cast("type[Connection]", AsyncConnection),
    )


async def connect(url: str, *, name: str = "goodterms") -> Connection:
    """Open one autocommit, dictionary-row connection outside any pool (for LISTEN, leases)."""
    return await AsyncConnection.connect(
        url, row_factory=dict_row, autocommit=True, application_name=name
    )


def limited(query: LiteralString, limit: int) -> LiteralString:
    """Write the number of rows into ``LIMIT %(limit)s``: only then the planner keeps its plan."""
    return query.replace("%(limit)s", str(int(limit)))


def id_array(values: Iterable[int | None]) -> str:
    """Write numbers as one array parameter: ``%(ids)s::bigint[]``."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def text_array(values: Iterable[str | None]) -> str:
    """Write texts as one parameter: ``string_to_array(%(names)s, chr(30), '')``.

    Much cheaper than a list on the way of every call, and nothing needs escaping. None and the
    empty text are read as NULL.

    Raises:
        ValueError: a text holds the separator, character 30.
    """
    texts = [value or "" for value in values]
    joined = _SEPARATOR.join(texts)
    if joined.count(_SEPARATOR) >= max(1, len(texts)):
        raise ValueError("A text of the database must not hold the control character 30.")
    return joined


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """Borrow a connection with a transaction open on it; commit on leaving, roll back on error."""
    async with pool.connection() as conn, conn.transaction():
        yield conn
