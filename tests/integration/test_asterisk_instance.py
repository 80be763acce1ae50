"""Asterisk instances start, serve, crash, come back and never stay behind."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from goodterms.adapters.asterisk import instance, package
from goodterms.adapters.asterisk.instance import AsteriskError, AsteriskInstance, Peer
from goodterms.kit import places

pytestmark = pytest.mark.asterisk

NOBODY = Peer("127.0.0.1", 9)


@pytest.fixture(scope="module")
def program() -> package.AsteriskProgram:
    return package.provide(places.cache(), lambda _: None)


@pytest.fixture
async def running(
    program: package.AsteriskProgram, tmp_path: Path
) -> AsyncIterator[AsteriskInstance]:
    async with instance.platform(program, tmp_path / "ours", carrier=NOBODY) as ours:
        yield ours


def ari(ours: AsteriskInstance) -> httpx.AsyncClient:
    auth = (ours.ari_user, ours.ari_password)
    return httpx.AsyncClient(base_url=ours.ari_url, auth=auth, trust_env=False)


async def test_it_starts_without_a_complaint(running: AsteriskInstance) -> None:
    """Every module of the list runs and nothing is logged as a warning or an error."""
    told = (running.folder / "log" / "messages.log").read_text()
    assert not [line for line in told.splitlines() if "ERROR" in line or "WARNING" in line]
    modules = await running.rx("module show")
    assert "Not Running" not in modules
    for needed in ("chan_pjsip.so", "app_amd.so", "res_ari_channels.so", "codec_opus"):
        assert needed in modules


async def test_secrets_are_readable_by_us_alone(running: AsteriskInstance) -> None:
    """The password is of this instance alone and no other user can read it."""
    conf = running.folder / "etc" / "ari.conf"
    assert running.ari_password in conf.read_text()
    assert stat.S_IMODE(conf.stat().st_mode) == 0o600
    assert running.ari_password not in repr(running)
    async with httpx.AsyncClient(trust_env=False) as stranger:
        answer = await stranger.get(f"{running.ari_url}/asterisk/ping")
    assert answer.status_code == httpx.codes.UNAUTHORIZED


async def test_a_killed_one_starts_again_in_its_place(running: AsteriskInstance) -> None:
    """After kill -9 the same instance comes back at the same address with the same password."""
    async with ari(running) as client:
        made = await client.put(
            "/asterisk/config/dynamic/res_pjsip/aor/agent-7",
            json={"fields": [{"attribute": "max_contacts", "value": "1"}]},
        )
        assert made.status_code == httpx.codes.OK, made.text
        await asyncio.sleep(1.2)  # Asterisk writes its own database once a second
        assert running.pid is not None
        os.kill(running.pid, signal.SIGKILL)
        assert await running.wait() == -signal.SIGKILL
        await running.start()
        kept = await client.get("/asterisk/config/dynamic/res_pjsip/aor/agent-7")
    assert kept.status_code == httpx.codes.OK


async def test_prompts_are_spoken_in_its_own_words(running: AsteriskInstance) -> None:
    """Every prompt is a telephone-quality sound file in the instance's own folder."""
    for name in ("abandoned", "limited-content", "please-hold", "connect-tone"):
        with wave.open(str(running.prompts / f"{name}.wav")) as sound:
            assert (sound.getframerate(), sound.getnchannels()) == (8000, 1)
            assert 0.1 < sound.getnframes() / 8000 < 30


async def test_one_that_cannot_start_says_why(
    program: package.AsteriskProgram, tmp_path: Path
) -> None:
    """A broken instance fails at once with the program's own reason, and leaves nothing running."""
    (tmp_path / "modules").mkdir()
    broken = package.AsteriskProgram(
        program.version, tmp_path / "modules", tmp_path / "nothing", program.root
    )
    ours = instance.platform(broken, tmp_path / "ours", carrier=NOBODY)
    with pytest.raises(AsteriskError, match=r"Asterisk \(platform\)"):
        await asyncio.wait_for(ours.start(), 20)
    assert ours.pid is None


async def test_a_deep_folder_is_no_obstacle(
    program: package.AsteriskProgram, tmp_path: Path
) -> None:
    """A path too long for the control socket's address still gives a working instance."""
    deep = tmp_path / ("a" * 60) / ("b" * 60)
    async with instance.platform(program, deep, carrier=NOBODY) as ours:
        assert "Asterisk" in await ours.rx("core show version")


async def test_it_never_outlives_its_parent(tmp_path: Path) -> None:
    """When the process that started it is killed, the Asterisk is gone."""
    code = (
        "import asyncio, sys, time; from pathlib import Path;"
        "from goodterms.adapters.asterisk import instance as i, package as p;"
        "from goodterms.kit import places;"
        "a = i.platform(p.find(places.cache()), Path(sys.argv[1]), carrier=i.Peer('127.0.0.1', 9));"
        "l = asyncio.new_event_loop(); l.run_until_complete(a.start());"
        "print(a.pid, flush=True); time.sleep(60)"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path / "ours"), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.kill()
    await parent.wait()
    async with asyncio.timeout(5):
        while _runs(pid):  # noqa: ASYNC110 - nothing tells us but the kernel
            await asyncio.sleep(0.02)


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()
