"""The web application on this process' services."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import FastAPI

from goodterms.adapters.sandbox.cards import CARDS
from goodterms.adapters.sandbox.processor import SandboxProcessor
from goodterms.app.compose import Services
from goodterms.web.app import make_app
from goodterms.web.context import Web, WebSettings
from goodterms.web.live import Hub
from goodterms.web.shell import Shell


def web_of(parts: Services) -> Web:
    """Give the routes what they stand on."""
    settings = parts.settings
    phone = urlsplit(settings.phone_url)
    return Web(
        settings=WebSettings(
            url=settings.url,
            uploads=settings.home / "uploads",
            organisation=settings.organisation,
            phone=settings.call_back,
            address=settings.address,
            pay_origins=parts.page_origins,
            phone_origin=f"{phone.scheme}://{phone.netloc}" if phone.netloc else "",
            demo=settings.demo,
            test_cards=_test_cards(parts),
        ),
        pool=parts.pool,
        clock=parts.clock,
        shell=Shell(),
        hub=Hub.on(parts.url),
        access=parts.access,
        accounts=parts.accounts,
        ledger=parts.ledger,
        arrangements=parts.arrangements,
        payments=parts.payments,
        compliance=parts.compliance,
        evidence=parts.evidence,
        backtests=parts.backtests,
        due=parts.due,
        calls=parts.calls,
        routing=parts.routing,
        dialing=parts.dialing,
        campaigns=parts.campaigns,
        intake=parts.intake,
        integration=parts.integration,
        messaging=parts.messaging,
        reporting=parts.reporting,
        enqueue=parts.jobs.enqueue,
    )


def _test_cards(parts: Services) -> tuple[tuple[str, str], ...]:
    """Offer the sandbox's cards at the desk, where new payments go to the sandbox."""
    if parts.payments.processor != SandboxProcessor.name:
        return ()
    return tuple((card.token, f"{card.label}: {card.words}") for card in CARDS)


def website(parts: Services) -> FastAPI:
    """Build the web application of this process."""
    return make_app(web_of(parts))
