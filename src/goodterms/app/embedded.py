"""The engines of one machine: PostgreSQL and Asterisk started by us unless given."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from goodterms.adapters.asterisk.instance import AsteriskInstance, Peer, Ports, platform
from goodterms.adapters.asterisk.package import find
from goodterms.adapters.postgres.embedded import EmbeddedPostgres
from goodterms.app.keep import Part
from goodterms.app.settings import SettingError, Settings
from goodterms.kit import places
from goodterms.kit.process import Child


@dataclass
class OwnProcess:
    """One of our own processes (``web``, ``engine``, ``worker``) as a child."""

    command: str
    environment: dict[str, str]
    log: Path
    arguments: tuple[str, ...] = ()
    _child: Child | None = field(default=None, init=False)

    async def start(self) -> None:
        """Start ``goodterms <command>``."""
        argv = [sys.executable, "-m", "goodterms", self.command, *self.arguments]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self._child = await Child.start(
            argv, name=self.command, environment=self.environment, log=self.log
        )

    async def stop(self) -> None:
        """Ask it to end, then make it."""
        if self._child is not None:
            await self._child.stop(grace=6.0)

    async def wait(self) -> int:
        """Wait until it ended; its exit status."""
        return await self._child.wait() if self._child else 0

    @property
    def pid(self) -> int | None:
        """Its process number while it runs."""
        alive = self._child is not None and self._child.returncode is None
        return self._child.pid if alive and self._child else None


@dataclass
class Engines:
    """PostgreSQL and Asterisk as this machine runs them; either may be somebody else's."""

    settings: Settings
    carrier: Peer | None = None
    agents: Peer | None = None
    ports: Ports | None = None
    postgres: EmbeddedPostgres | None = None
    asterisk: AsteriskInstance | None = None
    url: str = ""

    async def start_postgres(self) -> str:
        """Start the embedded server unless a database was given; return the database's URL."""
        if self.settings.database_url:
            self.url = self.settings.database_url
        else:
            self.postgres = EmbeddedPostgres(self.settings.home / "postgres")
            self.url = await self.postgres.start()
        return self.url

    async def start_asterisk(self) -> None:
        """Start the embedded Asterisk unless a node was given.

        Raises:
            SettingError: there is no Asterisk on this machine; says how to get it.
        """
        if self.settings.ari_url:
            return
        program = find(places.cache())
        if program is None:
            raise SettingError("Asterisk is missing: run 'make setup', or set GOODTERMS_ARI_URL.")
        carrier = self.carrier or Peer(self.settings.trunk_host or "127.0.0.1",
                                       self.settings.trunk_port)  # fmt: skip
        words = {
            "organisation": self.settings.organisation,
            "contact": "our customer service",
            "number": self.settings.call_back,
        }
        self.asterisk = platform(
            program, self.settings.home / "asterisk", carrier=carrier, agents=self.agents,
            ports=self.ports, bind=self.settings.sip_address, words=words,
        )  # fmt: skip
        await self.asterisk.start()

    def parts(self) -> list[tuple[str, Part]]:
        """Return those we run ourselves, by name, to be kept running."""
        running: list[tuple[str, Part]] = []
        if self.postgres is not None:
            running.append(("PostgreSQL", self.postgres))
        if self.asterisk is not None:
            running.append(("Asterisk", self.asterisk))
        return running

    def environment(self) -> dict[str, str]:
        """Return the environment in which our own processes find these engines."""
        values = dict(os.environ)
        values["GOODTERMS_DATABASE_URL"] = self.url
        values["GOODTERMS_HOME"] = str(self.settings.home)
        values["GOODTERMS_HOST"] = self.settings.host
        values["GOODTERMS_PORT"] = str(self.settings.port)
        values["GOODTERMS_URL"] = self.settings.url
        values["GOODTERMS_SANDBOX_PORT"] = str(self.settings.sandbox_port)
        if self.asterisk is not None:
            values["GOODTERMS_ARI_URL"] = self.asterisk.ari_url
            values["GOODTERMS_ARI_USER"] = self.asterisk.ari_user
            values["GOODTERMS_ARI_PASSWORD"] = self.asterisk.ari_password
            values["GOODTERMS_PHONE_URL"] = self.settings.phone_url or self.asterisk.phone_url
            values["GOODTERMS_SIP_ADDRESS"] = self.settings.sip_address
            values["GOODTERMS_PROMPTS"] = str(self.asterisk.prompts)
        return values

    async def stop(self) -> None:
        """Stop what we started, telephones first."""
        if self.asterisk is not None:
            await self.asterisk.stop()
        if self.postgres is not None:
            await self.postgres.stop()
