"""What an operator may set, and what they are told when it cannot be used."""

from __future__ import annotations

import pytest

from goodterms.app.settings import SETTINGS, SettingError, load_settings


def test_nothing_set_runs_on_one_machine() -> None:
    """Without any setting everything is embedded and at 127.0.0.1:8080."""
    settings = load_settings({})
    assert settings.database_url is None
    assert settings.url == "http://127.0.0.1:8080"
    assert settings.processor == "sandbox"
    assert not settings.demo


def test_a_typing_error_is_found() -> None:
    """A setting that goodterms does not know is refused by name."""
    with pytest.raises(SettingError, match="GOODTERMS_PROT is no setting"):
        load_settings({"GOODTERMS_PROT": "8081"})


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1"])
def test_a_port_must_be_one(port: str) -> None:
    """A port out of range is refused with its name and its value."""
    with pytest.raises(SettingError, match=f"GOODTERMS_PORT is '{port}'"):
        load_settings({"GOODTERMS_PORT": port})


def test_stripe_needs_its_key() -> None:
    """Choosing Stripe without a key is refused before the first payment."""
    with pytest.raises(SettingError, match="GOODTERMS_STRIPE_KEY is missing"):
        load_settings({"GOODTERMS_PROCESSOR": "stripe"})


def test_secrets_are_not_in_the_text_form() -> None:
    """Printing the settings shows no password, key or database address."""
    shown = repr(
        load_settings(
            {
                "GOODTERMS_ARI_PASSWORD": "hush-ari",
                "GOODTERMS_STRIPE_KEY": "hush-stripe",
                "GOODTERMS_DATABASE_URL": "postgresql://me:hush-db@host/x",
            }
        )
    )
    assert "hush" not in shown


def test_every_setting_says_what_it_is_for() -> None:
    """Each setting has a name of ours, a sentence and a default, and no two share a name."""
    assert len({setting.name for setting in SETTINGS}) == len(SETTINGS)
    for setting in SETTINGS:
        assert setting.name.startswith("GOODTERMS_")
        assert setting.meaning.endswith(".")


def test_the_carrier_may_be_elsewhere() -> None:
    """SIP and sound are taken at the address set; without one, on this machine alone."""
    assert load_settings({}).sip_address == "127.0.0.1"
    assert load_settings({"GOODTERMS_SIP_ADDRESS": "192.0.2.7"}).sip_address == "192.0.2.7"
