"""What the enums of the domains are called on the pages; translated where they are shown."""

from __future__ import annotations

from goodterms.accounts.model import AccountStatus, HoldKind, PointStatus, Restriction
from goodterms.arrangements.model import (
    ArrangementKind,
    ArrangementState,
    PromiseState,
    ReversalKind,
)
from goodterms.calls.model import Disposition, Outcome
from goodterms.compliance.model import Decision, ReasonCode
from goodterms.ledger.model import Book
from goodterms.payments.model import PaymentState
from goodterms.web.accounts import facts
from goodterms.web.languages import later

HOLDS = {
    HoldKind.DISPUTED: later("Disputed"),
    HoldKind.CEASE: later("Cease request"),
    HoldKind.ATTORNEY: later("Attorney"),
    HoldKind.BANKRUPTCY: later("Bankruptcy"),
    HoldKind.DECEASED: later("Deceased"),
    HoldKind.HARDSHIP: later("Hardship"),
    HoldKind.BREATHING_SPACE: later("Breathing space"),
    HoldKind.FRAUD: later("Fraud reported"),
    HoldKind.TIME_BARRED: later("Time-barred"),
    HoldKind.LEGAL: later("Before a court"),
    HoldKind.COMPLAINT: later("Complaint"),
    HoldKind.CLIENT: later("Stopped by the creditor"),
}

STATUSES = {
    AccountStatus.PLACED: (later("Placed"), ""),
    AccountStatus.ACTIVE: (later("Active"), ""),
    AccountStatus.ARRANGED: (later("Promise open"), "act"),
    AccountStatus.PAID: (later("Paid"), "go"),
    AccountStatus.RECALLED: (later("Recalled"), ""),
    AccountStatus.CLOSED: (later("Closed"), ""),
}

POINTS = {
    PointStatus.ACTIVE: later("In use"),
    PointStatus.WRONG: later("Wrong number"),
    PointStatus.DISCONNECTED: later("Not in service"),
    PointStatus.RETIRED: later("No longer used"),
}

LINE_TYPES = {
    "mobile": later("Mobile"),
    "landline": later("Landline"),
    "voip": later("Internet line"),
    "unknown": later("Telephone"),
}

BOOKS = {
    Book.PRINCIPAL: later("Principal"),
    Book.INTEREST: later("Interest"),
    Book.LATE_FEE: later("Late fee"),
    Book.SERVICE_FEE: later("Service fee"),
    Book.NSF_FEE: later("Returned-payment fee"),
    Book.COURT_COST: later("Court costs"),
    Book.ATTORNEY_FEE: later("Attorney's fee"),
    Book.COLLECTION_COST: later("Collection costs"),
    Book.DEPOSIT: later("Deposit"),
    Book.CREDIT: later("Credit"),
}

PAYMENTS = {
    PaymentState.INITIATED: (later("Recorded"), "wait"),
    PaymentState.SUBMITTED: (later("With the processor"), "wait"),
    PaymentState.SUCCEEDED: (later("Received"), "go"),
    PaymentState.DECLINED: (later("Declined"), "stop"),
    PaymentState.UNKNOWN: (later("Being checked"), "wait"),
    PaymentState.ABANDONED: (later("Not taken"), ""),
}

PROMISES = {
    PromiseState.OPEN: (later("Open"), "act"),
    PromiseState.KEPT: (later("Kept"), "go"),
    PromiseState.BROKEN: (later("Broken"), "stop"),
    PromiseState.CANCELLED: (later("Cancelled"), ""),
}

AGREED = {
    ArrangementState.OPEN: (later("Open"), "act"),
    ArrangementState.PAUSED: (later("Paused"), "wait"),
    ArrangementState.KEPT: (later("Kept"), "go"),
    ArrangementState.BROKEN: (later("Broken"), "stop"),
    ArrangementState.CANCELLED: (later("Cancelled"), ""),
}

ARRANGEMENTS = {
    ArrangementKind.PLAN: later("Plan"),
    ArrangementKind.SETTLEMENT: later("Settlement"),
}

RETURNS = {
    ReversalKind.NSF: later("Returned unpaid by the bank"),
    ReversalKind.CHARGEBACK: later("Charged back"),
    ReversalKind.MISTAKE: later("Posted by mistake"),
}

OUTCOMES = {
    Outcome.CONVERSATION: later("Conversation"),
    Outcome.ABANDONED: later("Abandoned"),
    Outcome.MACHINE: later("Voicemail"),
    Outcome.BUSY: later("Busy"),
    Outcome.NO_ANSWER: later("No answer"),
    Outcome.REFUSED: later("Call rejected"),
    Outcome.UNALLOCATED: later("Number not in service"),
    Outcome.UNAVAILABLE: later("Not reachable"),
    Outcome.CONGESTED: later("Network busy"),
    Outcome.FAILED: later("Could not be placed"),
    Outcome.CANCELLED: later("Cancelled"),
    Outcome.HUNG_UP: later("Hung up before an agent"),
    Outcome.INTERRUPTED: later("Interrupted"),
}

DISPOSITIONS = {
    Disposition.PAID: later("Paid"),
    Disposition.PROMISE: later("Promise"),
    Disposition.REFUSED_TO_PAY: later("Refused to pay"),
    Disposition.DISPUTE: later("Disputes the debt"),
    Disposition.CALL_BACK: later("Call back"),
    Disposition.WRONG_NUMBER: later("Wrong number"),
    Disposition.THIRD_PARTY: later("Third party"),
    Disposition.CEASE: later("Cease contact"),
    Disposition.ATTORNEY: later("Has an attorney"),
    Disposition.BANKRUPTCY: later("Bankruptcy"),
    Disposition.DECEASED: later("Deceased"),
    Disposition.OPT_OUT: later("No more calls"),
    Disposition.HUNG_UP: later("Hung up"),
    Disposition.MACHINE: later("Voicemail"),
    Disposition.NO_CONTACT: later("No contact"),
    Disposition.OTHER: later("Other"),
}

DECISIONS = {
    Decision.ALLOW: (later("Allowed"), "go"),
    Decision.DEFER: (later("Put off"), "wait"),
    Decision.DENY: (later("Refused"), "stop"),
}

CANCELS = {
    Restriction.PAYMENT: later("Stopped: a payment came in."),
    Restriction.HOLD: later("Stopped: a hold was placed."),
    Restriction.OPT_OUT: later("Stopped: the consumer opted out."),
    Restriction.PREFERENCE: later("Stopped: the consumer said how to be contacted."),
    Restriction.CLOSED: later("Stopped: the account was closed."),
    Restriction.WRONG_NUMBER: later("Stopped: the number is wrong."),
}

TABLES = {
    **facts.TABLES,
    "cancels": CANCELS,
    "holds": HOLDS,
    "statuses": STATUSES,
    "points": POINTS,
    "line_types": LINE_TYPES,
    "books": BOOKS,
    "payments": PAYMENTS,
    "promises": PROMISES,
    "agreed": AGREED,
    "arrangements": ARRANGEMENTS,
    "returns": RETURNS,
    "outcomes": OUTCOMES,
    "dispositions": DISPOSITIONS,
    "decisions": DECISIONS,
    "reasons": {code.value: code.meaning for code in ReasonCode},
}
