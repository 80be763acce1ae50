"""A browser telephone as far as it registers and is called: SIP over a WebSocket."""

from __future__ import annotations

import hashlib
import re
from typing import Self

from websockets.asyncio.client import ClientConnection, connect

_HOST = "127.0.0.1"


class BrowserPhone:
    """Registers by name and password at an Asterisk's ``/ws``."""

    def __init__(self, url: str, name: str, password: str) -> None:
        self._connect = connect(url, subprotocols=["sip"], proxy=None)  # type: ignore[list-item]
        self._name = name
        self._password = password
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> Self:
        self._socket = await self._connect.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._socket is not None
        await self._socket.close()

    async def register(self) -> int:
        """Register, answering the challenge; the final SIP status."""
        challenge = await self._ask(1, "")
        fields = dict(re.findall(r'(\w+)="?([^",\r]+)"?', challenge.split("Digest", 1)[1]))
        answer = await self._ask(2, self._authorization(fields))
        return int(answer.split(" ", 2)[1])

    async def receive(self) -> str:
        """The next SIP message from Asterisk."""
        assert self._socket is not None
        text = await self._socket.recv()
        return text if isinstance(text, str) else text.decode()

    async def _ask(self, number: int, authorization: str) -> str:
        me = f"<sip:{self._name}@{_HOST}>"
        lines = [
            f"REGISTER sip:{_HOST} SIP/2.0",
            f"Via: SIP/2.0/WS phone.invalid;branch=z9hG4bK{number}",
            "Max-Forwards: 70",
            f"To: {me}",
            f"From: {me};tag=phone",
            "Call-ID: registration",
            f"CSeq: {number} REGISTER",
            f"Contact: <sip:{self._name}@phone.invalid;transport=ws>;expires=60",
            *([authorization] if authorization else []),
            "Content-Length: 0",
        ]
        assert self._socket is not None
        await self._socket.send("\r\n".join([*lines, "", ""]))
        return await self.receive()

    def _authorization(self, fields: dict[str, str]) -> str:
        uri, count, ours = f"sip:{_HOST}", "00000001", "abc"
        who = _md5(f"{self._name}:{fields['realm']}:{self._password}")
        what = _md5(f"REGISTER:{uri}")
        proof = _md5(f"{who}:{fields['nonce']}:{count}:{ours}:auth:{what}")
        values = {
            "username": self._name,
            "realm": fields["realm"],
            "nonce": fields["nonce"],
            "uri": uri,
            "response": proof,
            "cnonce": ours,
            "opaque": fields.get("opaque", ""),
        }
        quoted = ", ".join(f'{key}="{value}"' for key, value in values.items())
        return f"Authorization: Digest {quoted}, algorithm=MD5, qop=auth, nc={count}"


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()  # noqa: S324 - what SIP digest asks for
