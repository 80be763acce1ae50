"""Each thing goodterms asks of Asterisk, as a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from goodterms.adapters.asterisk.ari import Request, part

ROLE = "GT_ROLE"
"""Channel variable that marks a channel as one of ours; in every snapshot (see ari.conf)."""

_BRIDGE = "call-"
_PHONE_CONTEXT = "from-agent"


def call(
    leg: str,
    *,
    endpoint: str,
    app: str,
    role: str,
    caller_id: str,
    seconds: int,
) -> Request:
    """Call an endpoint; the channel enters the application when it answers."""
    body = {
        "endpoint": endpoint,
        "app": app,
        "appArgs": role,
        "callerId": caller_id,
        "timeout": seconds,
        "channelId": leg,
        "variables": {ROLE: role, "GT_ATTEMPT": leg},
    }
    return Request("POST", "channels", body=body)


def look_at(leg: str) -> Request:
    """Ask whether a channel is there."""
    return Request("GET", f"channels/{part(leg)}")


def hang_up(leg: str) -> Request:
    """End a channel: CANCEL while it rings, BYE afterwards."""
    return Request("DELETE", f"channels/{part(leg)}")


def answer(channel: str) -> Request:
    """Answer a channel that came in."""
    return Request("POST", f"channels/{part(channel)}/answer")


def detect(leg: str) -> Request:
    """Leave the application for the dialplan's answering-machine detection, which comes back."""
    place = {"context": "gt-amd", "extension": "s", "priority": "1"}
    return Request("POST", f"channels/{part(leg)}/continue", place)


def make_bridge(leg: str) -> Request:
    """Make sure the bridge of a leg's conversation exists."""
    return Request("POST", f"bridges/{_bridge(leg)}", {"type": "mixing"})


def enter_bridge(leg: str, *channels: str) -> Request:
    """Put channels into the bridge of a leg's conversation."""
    return Request("POST", f"bridges/{_bridge(leg)}/addChannel", {"channel": ",".join(channels)})


def leave_bridge(leg: str) -> Request:
    """Take a leg out of its conversation's bridge."""
    return Request("POST", f"bridges/{_bridge(leg)}/removeChannel", {"channel": leg})


def drop_bridge(leg: str) -> Request:
    """End the bridge of a leg's conversation; whoever is in it stays up."""
    return Request("DELETE", f"bridges/{_bridge(leg)}")


def leg_of_bridge(bridge: str) -> str | None:
    """Return the leg whose conversation a bridge is, or None if it is none of ours."""
    return bridge.removeprefix(_BRIDGE) if bridge.startswith(_BRIDGE) else None


def send_silence(channel: str) -> Request:
    """Let a channel that waits send silence, so that telephones and routers see a live call."""
    return Request("POST", f"channels/{part(channel)}/silence")


def start_music(leg: str) -> Request:
    """Play music to a channel that waits."""
    return Request("POST", f"channels/{part(leg)}/moh")


def stop_music(leg: str) -> Request:
    """End the music."""
    return Request("DELETE", f"channels/{part(leg)}/moh")


def play(channel: str, playback: str, media: str) -> Request:
    """Play media to a channel under a playback id of ours."""
    return Request("POST", f"channels/{part(channel)}/play/{part(playback)}", {"media": media})


def stop_playback(playback: str) -> Request:
    """Stop a playback."""
    return Request("DELETE", f"playbacks/{part(playback)}")


def spare_us(app: str, types: Iterable[str]) -> Request:
    """Let Asterisk keep these types of events to itself."""
    disallowed = {"disallowed": [{"type": name} for name in types]}
    return Request("PUT", f"applications/{part(app)}/eventFilter", body=disallowed)


def subscribe(app: str, channels: Iterable[str]) -> Request:
    """Hear of channels that another connection may have called."""
    sources = ",".join(f"channel:{channel}" for channel in channels)
    return Request("POST", f"applications/{part(app)}/subscription", {"eventSource": sources})


def phone(name: str, password: str, media_address: str) -> list[Request]:
    """Make or renew a browser telephone: its password, its address book entry, itself."""
    auth = {"auth_type": "userpass", "username": name, "password": password}
    aor = {"max_contacts": "1", "remove_existing": "yes", "support_path": "no"}
    endpoint = {
        "auth": name,
        "aors": name,
        "webrtc": "yes",
        "dtls_auto_generate_cert": "yes",
        "context": _PHONE_CONTEXT,
        "disallow": "all",
        "allow": "opus,ulaw",
        "media_address": media_address,
        "bind_rtp_to_media_address": "yes",
        "direct_media": "no",
        "trust_id_outbound": "yes",
    }
    return [
        _configure("auth", name, auth),
        _configure("aor", name, aor),
        _configure("endpoint", name, endpoint),
    ]


def _configure(kind: str, name: str, values: Mapping[str, str]) -> Request:
    fields = [{"attribute": key, "value": value} for key, value in values.items()]
    path = f"asterisk/config/dynamic/res_pjsip/{kind}/{part(name)}"
    return Request("PUT", path, body={"fields": fields})


def _bridge(leg: str) -> str:
    return part(f"{_BRIDGE}{leg}")
