"""How the host's package sources are read and what is accepted from them."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from goodterms.adapters.asterisk import debian, package
from goodterms.adapters.asterisk.debian import Fetched, PackageError, Source

DEB822 = """\
# the archive
Types: deb deb-src
URIs: http://archive.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
Enabled: no
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: bookworm
Components: main
"""

ONE_LINE = """\
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://archive.example/debian bookworm main contrib # ours
deb-src http://sources.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
"""


def test_deb822_sources_are_read() -> None:
    """Enabled binary stanzas are found, their folded lines joined."""
    assert debian.parse_deb822(DEB822) == [
        Source("http://archive.example/debian", ("bookworm", "bookworm-updates"), ("main",))
    ]


def test_one_line_sources_are_read() -> None:
    """Options, comments and source packages do not get in the way."""
    first, second = debian.parse_one_line(ONE_LINE)
    assert first == Source("http://archive.example/debian", ("bookworm",), ("main", "contrib"))
    assert second.suites == ("bookworm-security",)


def test_the_hosts_own_archive_is_chosen() -> None:
    """The archive is the one this release is installed from, not its security archive."""
    found = debian.parse_one_line(ONE_LINE)[::-1]
    assert debian.archive_uri(found, "bookworm") == "http://archive.example/debian"
    assert debian.archive_uri(found, "sid") is None


def test_both_kinds_of_files_are_read(tmp_path: Path) -> None:
    """The main list comes first, then the folder's files; others in it are ignored."""
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "a.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "b.list.save").write_text(ONE_LINE)
    uris = [source.uri for source in debian.host_sources(tmp_path)]
    assert uris == ["http://one.example/debian", "http://archive.example/debian"]


def test_a_release_file_is_read() -> None:
    """Quotes around a value are not part of it."""
    assert debian.release('ID=debian\nVERSION_CODENAME="bookworm"\n') == {
        "ID": "debian",
        "VERSION_CODENAME": "bookworm",
    }


def test_a_downloaded_package_is_described(tmp_path: Path) -> None:
    """Name and version come from the file's name, an escaped epoch included."""
    file = tmp_path / "asterisk_1%3a22.10.1+dfsg-1_amd64.deb"
    file.write_bytes(b"contents")
    assert debian.describe(file) == Fetched(
        "asterisk",
        "1:22.10.1+dfsg-1",
        "d1b2a59fbea7e20077af9f91b27e95e865061b270be03ff539ab3b73587882e8",
    )


@pytest.mark.parametrize(
    ("version", "number"),
    [("22.10.1", 22), ("1:22.10.1+dfsg-1", 22), ("Asterisk 20.6.0~dfsg", 20)],
)
def test_the_major_version_is_understood(version: str, number: int) -> None:
    """Debian's epoch and the program's own words do not hide the number."""
    assert package.major(version) == number


def test_a_newer_package_is_accepted_and_told() -> None:
    """A suite moves on: what is not the locked version is named in one line."""
    told: list[str] = []
    package.compare([Fetched("sox", "2", "b")], [Fetched("sox", "1", "a")], told.append)
    assert told == ["1 of 1 packages are not the locked versions: sox"]


def test_a_changed_package_is_refused() -> None:
    """The same version with other contents is not trusted."""
    with pytest.raises(PackageError, match="do not trust"):
        package.compare([Fetched("sox", "1", "b")], [Fetched("sox", "1", "a")], lambda _: None)


def test_the_lock_keeps_other_machines(tmp_path: Path) -> None:
    """Writing the lock replaces this machine's lines and keeps the others'."""
    lock = tmp_path / "packages.lock"
    lock.write_text(f"# head\nother sox 1 aa\n{platform.machine()} sox 1 bb\n")
    package.write_lock(lock, [Fetched("sox", "2", "cc")])
    assert lock.read_text() == f"# head\nother sox 1 aa\n{platform.machine()} sox 2 cc\n"
    assert package.read_lock(lock) == [Fetched("sox", "2", "cc")]
    assert package.read_lock(tmp_path / "none") == []
