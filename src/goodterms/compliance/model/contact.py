"""What is proposed: a contact, a payment, a pace, a publication; and how a call goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from goodterms.accounts.model import Channel


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it would be sent or spoken.

    ``kind`` is sms, email, letter, voicemail, prerecorded or script; ``message`` its class and
    ``says`` the elements it holds, as its author marked them.
    """

    name: str
    kind: str
    text: str
    message: str = ""
    says: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProposedContact:
    """One contact somebody wants to make. ``number`` is E.164 or an e-mail address.

    ``hours`` narrow the law: weekday number ("0" Monday) to ``(from, until)`` local "HH:MM"
    at the consumer's place; a weekday left out is closed; empty means the law alone. ``voice``
    is live, prerecorded or artificial. ``agent_guaranteed``: an agent is kept free for it.
    ``message`` is the class of what is said or sent, such as opt_out_confirmation, reply,
    consent_request, limited_content. ``text_form``: postcard, or public for a post that others see.
    ``caller_because`` says why this caller ID was chosen (see ``CHOICES``).
    """

    attempt_id: str
    consumer_id: int
    account_ids: tuple[int, ...]
    contact_point_id: int
    number: str
    channel: Channel
    caller_id: str | None = None
    campaign_id: int | None = None
    hours: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    voice: str = "live"
    autodialed: bool = False
    purpose: str = "collection"
    message: str = ""
    agent_guaranteed: bool = False
    wording: Wording | None = None
    text_form: str = ""
    caller_because: str = ""


@dataclass(frozen=True, slots=True)
class CallProgress:
    """How a call stands, in seconds.

    ``waited`` is since the person's greeting ended, ``answered`` since the person began to speak;
    None before. ``rings`` is how often it rang, if that is known. ``giving_up``: nobody answered,
    and the line is about to be given up. ``cut_off``: a message was not heard to its end.
    """

    rang: float = 0.0
    waited: float | None = None
    agent: bool = False
    message_played: bool = False
    recording: bool = False
    announced: bool = False
    paying: bool = False
    machine: bool = False
    giving_up: bool = False
    wording: Wording | None = None
    answered: float | None = None
    rings: int | None = None
    cut_off: bool = False


@dataclass(frozen=True, slots=True)
class ProposedPayment:
    """Money somebody wants to take. Amounts in minor units of ``currency``.

    ``amount_minor`` is what is paid on the debt; ``fee_minor`` and ``surcharge_minor`` come on
    top. ``fee_basis`` says what authorises the fee: ``agreement: clause 7`` or
    ``law: <citation>``. ``instrument``: credit, debit, prepaid, card (of a kind not known), ach,
    cheque, wallet, or "" if nobody knows yet. ``channel``: agent, ivr, web, link, scheduled.
    ``failed_on`` are the dates of failed tries of this very payment, ``tried_at`` the instants
    where they are known; ``return_code`` is why the last one came back. ``mandate``: the consumer
    authorised it in writing ahead of time; ``varies``: by another amount than the last,
    ``noticed_on`` is when the notice of the amount, or of the deposit, was sent. A cheque was
    ``received_on`` a date and is ``post_dated_to`` another. For high-cost short-term credit:
    ``principal_minor`` was lent ``days`` ago, ``interest_minor`` and ``charged_minor`` (interest,
    fees and charges together) were charged so far. ``interest_rate`` is the interest in it,
    percent a year as an exact number in text.
    """

    account_id: int
    amount_minor: int
    currency: str
    instrument: str
    channel: str
    fee_minor: int = 0
    surcharge_minor: int = 0
    fee_basis: str | None = None
    post_dated_to: date | None = None
    network: str = ""
    return_code: str = ""
    failed_on: tuple[date, ...] = ()
    mandate: bool = False
    varies: bool = False
    noticed_on: date | None = None
    charged_minor: int = 0
    principal_minor: int = 0
    product: str = ""
    interest_rate: str = ""
    tried_at: tuple[datetime, ...] = ()
    received_on: date | None = None
    interest_minor: int = 0
    days: int | None = None


@dataclass(frozen=True, slots=True)
class ProposedPace:
    """A campaign that wants to place more lines than it has agents, with its counts so far.

    People over the window in force: ``abandoned``, ``live`` (passed to an agent),
    ``machines`` coded by agents; ``false_positives`` is the estimate for detection. ``days`` is
    the length of the window, which the campaign's start may shorten.
    """

    campaign_id: int
    abandoned: int
    live: int
    machines: int = 0
    false_positives: int = 0
    amd: bool = False
    ring_seconds: int = 25
    overdials: bool = True


@dataclass(frozen=True, slots=True)
class Activation:
    """Something to be published: a campaign, a wording, a policy, a caller ID's use.

    ``automated``: it decides against consumers by itself; ``reviewable``: who is refused can have
    a person look at it.
    ``strategy`` is how a campaign chooses among ``caller_ids`` (see ``STRATEGIES``), which belong
    to ``pools``; a number stays with a person for at least ``sticky_days``. ``presence``: we have
    an office or people wherever these numbers seem to be.
    """

    kind: str
    name: str
    purpose: str = "collection"
    wording: Wording | None = None
    caller_ids: tuple[str, ...] = ()
    strategy: str = "sticky"
    presence: bool = True
    channel: str = "call"
    automated: bool = False
    reviewable: bool = False
    ring_seconds: int | None = None
    amd: bool = False
    pools: tuple[str, ...] = ()
    sticky_days: int = 0


@dataclass(frozen=True, slots=True)
class ProposedReport:
    """Accounts somebody wants to report to a consumer reporting agency: those of the facts."""

    agency: str = ""


@dataclass(frozen=True, slots=True)
class ProposedErasure:
    """Something of a person that somebody wants to erase.

    ``what`` is ``records`` (kept from the last collection activity on) or ``recordings`` (from
    the call on); ``since`` is that date.
    """

    what: str
    since: date | None


Subject = (
    CallProgress | ProposedPayment | ProposedPace | Activation | ProposedReport | ProposedErasure
)
