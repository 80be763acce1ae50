"""The telephone node this engine owns."""

from __future__ import annotations

from goodterms.adapters.asterisk.telephony import AsteriskTelephony
from goodterms.app.settings import SettingError, Settings
from goodterms.kit.clock import Clock


def node_telephony(settings: Settings, clock: Clock) -> AsteriskTelephony:
    """Return the node's telephony, to be entered with ``async with``.

    Raises:
        SettingError: no node is set.
    """
    if not settings.ari_url:
        raise SettingError(
            "GOODTERMS_ARI_URL is missing: 'goodterms up' sets it for its own engine; set it to "
            "your Asterisk's ARI when you run the engine apart."
        )
    return AsteriskTelephony(
        settings.node,
        settings.ari_url,
        settings.ari_user,
        settings.ari_password,
        clock,
        prompts=settings.prompts,
        media_address=settings.sip_address,
    )
