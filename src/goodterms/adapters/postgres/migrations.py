"""Numbered SQL files, applied forward only by yoyo."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import psycopg
from procrastinate.schema import SchemaManager
from psycopg.sql import SQL, Identifier

from goodterms.adapters.postgres.embedded import DATABASE
from goodterms.kit.places import shipped


@dataclass(frozen=True, slots=True)
class Migrated:
    """Which migrations were applied now, and how many were there before."""

    applied: tuple[str, ...]
    before: int


def migrate(url: str) -> Migrated:
    """Bring the schema of the database up to date, each file in its own transaction.

    Safe to call from several processes at once: one migrates, the others wait.

    Raises:
        psycopg.Error: a migration failed; everything before it stays applied.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # yoyo still imports deprecated names
        from yoyo import get_backend, read_migrations  # noqa: PLC0415 - see above

        backend = get_backend(url.replace("postgresql://", "postgresql+psycopg://", 1))
        try:
            with backend.lock():
                migrations = read_migrations(str(shipped("migrations")))
                waiting = backend.to_apply(migrations)
                names = tuple(m.id for m in waiting)
                backend.apply_migrations(waiting)
        finally:
            backend.connection.close()
    _make_queue(url)
    return Migrated(applied=names, before=len(migrations) - len(names))


def _make_queue(url: str) -> None:
    """Make the tables of the job queue where there are none."""
    with psycopg.connect(url) as conn:
        conn.execute("SELECT pg_advisory_xact_lock(hashtext('goodterms.queue'))")
        there = conn.execute("SELECT to_regclass('procrastinate_jobs')").fetchone()
        if there == (None,):
            conn.execute(SchemaManager.get_schema())


def recreate(url: str) -> None:
    """Drop the embedded server's database with all that is in it, and make it anew, empty."""
    maintenance = url.replace(f"/{DATABASE}?", "/postgres?", 1)
    with psycopg.connect(maintenance, autocommit=True) as conn:
        name = Identifier(DATABASE)
        conn.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        conn.execute(SQL("CREATE DATABASE {}").format(name))
