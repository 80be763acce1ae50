"""Where the embedded Asterisk listens."""

from __future__ import annotations

from pathlib import Path

from goodterms.adapters.asterisk.instance import Peer, Ports, platform
from goodterms.adapters.asterisk.package import AsteriskProgram


def test_control_stays_on_this_machine() -> None:
    """SIP is taken where the carrier can reach it; ARI and telephones only on the loopback."""
    program = AsteriskProgram("22.0.0", Path("/nowhere"), Path("/nowhere"))
    node = platform(
        program,
        Path("/nowhere"),
        carrier=Peer("192.0.2.1", 5060),
        ports=Ports(5070, 8088, 18_000, 18_999),
        bind="192.0.2.7",
    )
    assert node.sip == Peer("192.0.2.7", 5070)
    assert node.ari_url == "http://127.0.0.1:8088/ari"
    assert node.phone_url == "ws://127.0.0.1:8088/ws"
