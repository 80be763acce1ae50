"""Why the gate says what it says, and what goes with a yes: two closed registries."""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """The closed registry of reasons; ``meaning`` says each in one sentence for people."""

    ALLOWED = "ALLOWED"
    RULE_MISSING = "RULE_MISSING"
    TZ_UNKNOWN = "TZ_UNKNOWN"
    TIME_AMBIGUOUS = "TIME_AMBIGUOUS"
    TIME_OUTSIDE = "TIME_OUTSIDE"
    CAMPAIGN_HOURS = "CAMPAIGN_HOURS"
    POINT_WRONG = "POINT_WRONG"
    POINT_DEAD = "POINT_DEAD"
    POINT_RETIRED = "POINT_RETIRED"
    POINT_NOT_THEIRS = "POINT_NOT_THEIRS"
    MEDIUM_OPTOUT = "MEDIUM_OPTOUT"
    CID_NOT_OWNED = "CID_NOT_OWNED"
    ATTEMPT_LIVE = "ATTEMPT_LIVE"
    DEBT_UNKNOWN = "DEBT_UNKNOWN"
    BALANCE_ZERO = "BALANCE_ZERO"
    ACCOUNT_CLOSED = "ACCOUNT_CLOSED"
    HOST_SILENT = "HOST_SILENT"
    HOST_REFUSED = "HOST_REFUSED"
    CEASE_WRITTEN = "CEASE_WRITTEN"
    ATTY_REP = "ATTY_REP"
    BANKRUPTCY = "BANKRUPTCY"
    DISPUTE_OPEN = "DISPUTE_OPEN"
    TIME_BARRED = "TIME_BARRED"
    BREATHING_SPACE = "BREATHING_SPACE"
    HOLD_DECEASED = "HOLD_DECEASED"
    HOLD_HARDSHIP = "HOLD_HARDSHIP"
    HOLD_FRAUD = "HOLD_FRAUD"
    HOLD_LEGAL = "HOLD_LEGAL"
    HOLD_COMPLAINT = "HOLD_COMPLAINT"
    HOLD_CLIENT = "HOLD_CLIENT"
    REGF_7IN7 = "REGF_7IN7"
    REGF_7DAY_WAIT = "REGF_7DAY_WAIT"
    MIN_GAP = "MIN_GAP"
    DAY_CAP = "DAY_CAP"
    TIME_PREF = "TIME_PREF"
    PLACE_PREF = "PLACE_PREF"
    CHANNEL_PREF = "CHANNEL_PREF"
    AGGREGATE_REVIEW = "AGGREGATE_REVIEW"
    MSG_DAY_CAP = "MSG_DAY_CAP"
    FREQ_LOCAL = "FREQ_LOCAL"
    CHANNEL_LOCAL = "CHANNEL_LOCAL"
    NOTICE_WAIT = "NOTICE_WAIT"
    WORK_PROHIBITED = "WORK_PROHIBITED"
    WORK_EMAIL = "WORK_EMAIL"
    SOCIAL_PUBLIC = "SOCIAL_PUBLIC"
    POSTCARD = "POSTCARD"
    THIRD_PARTY_REPEAT = "THIRD_PARTY_REPEAT"
    DISCLOSE = "DISCLOSE"
    NO_OPTOUT_TEXT = "NO_OPTOUT_TEXT"
    EMAIL_NO_PROVENANCE = "EMAIL_NO_PROVENANCE"
    SMS_RND_STALE = "SMS_RND_STALE"
    LCM_IMPURE = "LCM_IMPURE"
    VAL_MISSING = "VAL_MISSING"
    OVERSHADOW = "OVERSHADOW"
    FEE_NOT_AUTHORISED = "FEE_NOT_AUTHORISED"
    SURCHARGE_BARRED = "SURCHARGE_BARRED"
    POSTDATED_NOTICE = "POSTDATED_NOTICE"
    FURNISH_WAIT = "FURNISH_WAIT"
    NO_PEC = "NO_PEC"
    LINE_TYPE_UNKNOWN = "LINE_TYPE_UNKNOWN"
    PREREC_3IN30 = "PREREC_3IN30"
    PREREC_NO_OPTOUT = "PREREC_NO_OPTOUT"
    CONSENT_REVOKED = "CONSENT_REVOKED"
    RND_REASSIGNED = "RND_REASSIGNED"
    ABANDON_CAP = "ABANDON_CAP"
    RING_SHORT = "RING_SHORT"
    ABANDON_MSG = "ABANDON_MSG"
    PURPOSE_SALES = "PURPOSE_SALES"
    UK_72H = "UK_72H"
    UK_AM_SAMEDAY = "UK_AM_SAMEDAY"
    FORBEARANCE = "FORBEARANCE"
    CPA_LIMIT = "CPA_LIMIT"
    HCSTC_CAP = "HCSTC_CAP"
    HUMAN_REVIEW = "HUMAN_REVIEW"
    LICENCE_MISSING = "LICENCE_MISSING"
    CID_HIDDEN = "CID_HIDDEN"
    CID_UNANSWERABLE = "CID_UNANSWERABLE"
    CID_MISLEADING = "CID_MISLEADING"
    CID_EVASION = "CID_EVASION"
    REC_NO_CONSENT = "REC_NO_CONSENT"
    PCI_AUDIO = "PCI_AUDIO"
    ACH_RETRY = "ACH_RETRY"
    CARD_RETRY = "CARD_RETRY"
    EFT_AUTH = "EFT_AUTH"
    THIRD_PARTY_PURPOSE = "THIRD_PARTY_PURPOSE"
    REPORT_TOO_OLD = "REPORT_TOO_OLD"
    BUREAU_ANSWER_DUE = "BUREAU_ANSWER_DUE"
    RETENTION = "RETENTION"
    HARASSING_TEXT = "HARASSING_TEXT"

    @property
    def meaning(self) -> str:
        """Say the reason in one sentence."""
        return _MEANINGS[self]


class Obligation(StrEnum):
    """What must be done with a contact that is allowed; ``meaning`` says it to whoever does it."""

    IDENTIFY = "IDENTIFY"
    DISCLOSE_INITIAL = "DISCLOSE_INITIAL"
    DISCLOSE_COLLECTOR = "DISCLOSE_COLLECTOR"
    SPEAK_LANGUAGE = "SPEAK_LANGUAGE"
    OFFER_OPT_OUT = "OFFER_OPT_OUT"
    ANNOUNCE_RECORDING = "ANNOUNCE_RECORDING"
    LIMITED_CONTENT = "LIMITED_CONTENT"
    AUTOMATED_OPT_OUT = "AUTOMATED_OPT_OUT"
    ABANDON_MESSAGE = "ABANDON_MESSAGE"
    RING_LONG = "RING_LONG"
    GUARANTEE_AGENT = "GUARANTEE_AGENT"
    ROUTE_ATTORNEY = "ROUTE_ATTORNEY"
    VALIDATION_NOTICE = "VALIDATION_NOTICE"
    TIME_BARRED_NOTICE = "TIME_BARRED_NOTICE"
    LOCATION_ONLY = "LOCATION_ONLY"
    PAUSE_RECORDING = "PAUSE_RECORDING"
    STRONG_AUTHENTICATION = "STRONG_AUTHENTICATION"
    SAY_LICENCE = "SAY_LICENCE"
    SHOW_CREDITOR = "SHOW_CREDITOR"
    REVIEW_BY_PERSON = "REVIEW_BY_PERSON"
    UNDISPUTED_PART = "UNDISPUTED_PART"
    MARK_DISPUTED = "MARK_DISPUTED"

    @property
    def meaning(self) -> str:
        """Say what must be done."""
        return _DUTIES[self]


_R, _O = ReasonCode, Obligation
_MEANINGS = {
    _R.ALLOWED: "Every rule that applies lets the contact through.",
    _R.RULE_MISSING: "The rulebook has no rule for something it must decide, so the answer is no.",
    _R.TZ_UNKNOWN: "Nobody knows which time zone the consumer is in.",
    _R.TIME_AMBIGUOUS: "The possible time zones leave no hour that is allowed in all of them.",
    _R.TIME_OUTSIDE: "It is too early or too late where the consumer may be.",
    _R.CAMPAIGN_HOURS: "The campaign does not call at this hour.",
    _R.POINT_WRONG: "The number leads to somebody else.",
    _R.POINT_DEAD: "The number is not in service.",
    _R.POINT_RETIRED: "The number is no longer used for this consumer.",
    _R.POINT_NOT_THEIRS: "The number is not on record for this consumer.",
    _R.MEDIUM_OPTOUT: "The consumer asked not to be contacted this way.",
    _R.CID_NOT_OWNED: "The caller ID is not a registered number of ours, in use and attested A.",
    _R.ATTEMPT_LIVE: "Another attempt to reach the consumer is under way or not yet wrapped up.",
    _R.DEBT_UNKNOWN: "The contact names no debt, or one that is not this consumer's.",
    _R.BALANCE_ZERO: "Nothing is owed, or the balance is not known.",
    _R.ACCOUNT_CLOSED: "The account is paid, recalled or closed.",
    _R.HOST_SILENT: "The host system that owns the account has not answered just now.",
    _R.HOST_REFUSED: "The host system that owns the account says not to contact.",
    _R.CEASE_WRITTEN: "The consumer asked in writing that contact stops.",
    _R.ATTY_REP: "An attorney represents the consumer.",
    _R.BANKRUPTCY: "The consumer is protected by a bankruptcy.",
    _R.DISPUTE_OPEN: "The debt is disputed and not yet verified.",
    _R.TIME_BARRED: "The debt is too old to be pursued.",
    _R.BREATHING_SPACE: "The consumer has a legal breathing space.",
    _R.HOLD_DECEASED: "The consumer is recorded as deceased.",
    _R.HOLD_HARDSHIP: "Contact is paused because of hardship.",
    _R.HOLD_FRAUD: "The debt may stem from fraud.",
    _R.HOLD_LEGAL: "The matter is with the courts or our lawyers.",
    _R.HOLD_COMPLAINT: "A complaint is being looked into.",
    _R.HOLD_CLIENT: "The creditor asked for contact to stop.",
    _R.REGF_7IN7: "Seven calls about the debt have been made within seven days.",
    _R.REGF_7DAY_WAIT: "There was a conversation about the debt within the last seven days.",
    _R.MIN_GAP: "The last call to the consumer was too recent.",
    _R.DAY_CAP: "The consumer has been called as often as one day allows.",
    _R.TIME_PREF: "The consumer said that this time is inconvenient.",
    _R.PLACE_PREF: "The consumer said that this place is inconvenient.",
    _R.CHANNEL_PREF: "The consumer asked to be contacted another way.",
    _R.AGGREGATE_REVIEW: "So many contacts over all debts that a person must look first.",
    _R.MSG_DAY_CAP: "The consumer was sent as many messages as one day allows.",
    _R.FREQ_LOCAL: "The law where the consumer is allows no further contact for now.",
    _R.CHANNEL_LOCAL: "The law there allows one channel a week, and another one was used.",
    _R.NOTICE_WAIT: "A written notice must come first, and days must pass after it.",
    _R.WORK_PROHIBITED: "The employer is known, or likely, not to allow contact at work.",
    _R.WORK_EMAIL: "It is a work address that the consumer neither used with us nor agreed to.",
    _R.SOCIAL_PUBLIC: "The message would be visible to the public or to the consumer's contacts.",
    _R.POSTCARD: "A postcard shows others that a debt is collected.",
    _R.THIRD_PARTY_REPEAT: "This third party was asked before; once is all the law allows.",
    _R.DISCLOSE: "What the law wants disclosed was not disclosed.",
    _R.NO_OPTOUT_TEXT: "The message does not say clearly how to opt out.",
    _R.EMAIL_NO_PROVENANCE: "Nobody knows whether the consumer uses this e-mail address with us.",
    _R.SMS_RND_STALE: "It was not made sure lately that the number is still the consumer's.",
    _R.LCM_IMPURE: "The voicemail says more, or less, than a limited-content message may.",
    _R.VAL_MISSING: "The validation notice is overdue.",
    _R.OVERSHADOW: "The wording overshadows the right to dispute.",
    _R.FEE_NOT_AUTHORISED: "No agreement and no law lets this amount be taken.",
    _R.SURCHARGE_BARRED: "No surcharge may be taken here, or not on this card.",
    _R.POSTDATED_NOTICE: "A post-dated payment needs a notice first, and its date must have come.",
    _R.FURNISH_WAIT: "The debt may not be reported yet: talk first, or wait after the notice.",
    _R.NO_PEC: "The contact needs the consumer's express consent, and there is none.",
    _R.LINE_TYPE_UNKNOWN: "Nobody knows what kind of line it is, and the rule depends on it.",
    _R.PREREC_3IN30: "Without consent only three recorded calls in thirty days are allowed.",
    _R.PREREC_NO_OPTOUT: "A recorded call must name us first and offer a way to opt out.",
    _R.CONSENT_REVOKED: "The consent that this contact needs was taken back.",
    _R.RND_REASSIGNED: "The number was given to somebody else.",
    _R.ABANDON_CAP: "So many people who answered found no agent that no line may be risked.",
    _R.RING_SHORT: "It has not rung for as long as it must.",
    _R.ABANDON_MSG: "Whoever answers and finds no agent must be told who called, at once.",
    _R.PURPOSE_SALES: "This is a sales call by its purpose, and other laws apply.",
    _R.UK_72H: "An abandoned call to this number was less than 72 hours ago.",
    _R.UK_AM_SAMEDAY: "A machine was detected on this number today.",
    _R.FORBEARANCE: "The consumer shows signs of difficulty: a person decides how to go on.",
    _R.CPA_LIMIT: "The payment authority may not be tried again.",
    _R.HCSTC_CAP: "More would be charged than high-cost short-term credit may cost.",
    _R.HUMAN_REVIEW: "An automated decision against the consumer needs a person's review.",
    _R.LICENCE_MISSING: "We hold no licence to collect there.",
    _R.CID_HIDDEN: "Our number may not be hidden.",
    _R.CID_UNANSWERABLE: "Whoever calls the shown number back does not reach us as they should.",
    _R.CID_MISLEADING: "The shown number would mislead about who or where we are.",
    _R.CID_EVASION: "Another number than the one shown before would evade a block or a request.",
    _R.REC_NO_CONSENT: "Recording needs an announcement or consent here.",
    _R.PCI_AUDIO: "Card details are being given: nothing may be recorded or heard.",
    _R.ACH_RETRY: "The bank debit may not be presented again.",
    _R.CARD_RETRY: "The card was tried as often as its network allows.",
    _R.THIRD_PARTY_PURPOSE: "Who is not the consumer may be asked for location information only.",
    _R.REPORT_TOO_OLD: "The delinquency is too old to be reported, or its date is not known.",
    _R.BUREAU_ANSWER_DUE: "A dispute that came through an agency was not answered in time.",
    _R.RETENTION: "It must still be kept.",
    _R.HARASSING_TEXT: "The wording ridicules, shames or threatens the consumer.",
    _R.EFT_AUTH: "The debit lacks the consumer's written authorisation or a notice of its amount.",
}
_DUTIES = {
    _O.IDENTIFY: "Say who is calling, in a way that means something to the consumer.",
    _O.DISCLOSE_INITIAL: (
        "Say that you are a debt collector, that this is an attempt to collect "
        "a debt, and that what is learnt is used for that."
    ),
    _O.DISCLOSE_COLLECTOR: "Say that this is from a debt collector.",
    _O.SPEAK_LANGUAGE: "Make the disclosures in the language of the rest of the conversation.",
    _O.OFFER_OPT_OUT: (
        "Say clearly how to opt out of this way of contact, free and without more data."
    ),
    _O.ANNOUNCE_RECORDING: "Say that the call is recorded before recording it.",
    _O.LIMITED_CONTENT: "Leave nothing but the limited-content message.",
    _O.AUTOMATED_OPT_OUT: (
        "Offer the automated opt-out within two seconds of saying who is calling."
    ),
    _O.ABANDON_MESSAGE: (
        "If no agent is there within two seconds, say who called and which number to call."
    ),
    _O.RING_LONG: "Let it ring for 15 seconds or four times.",
    _O.GUARANTEE_AGENT: "Keep an agent free for whoever answers.",
    _O.ROUTE_ATTORNEY: "Contact the attorney, not the consumer.",
    _O.VALIDATION_NOTICE: "Give the validation information now, or send it within five days.",
    _O.TIME_BARRED_NOTICE: (
        "Say what the law wants said about a debt that is too old to be sued for."
    ),
    _O.LOCATION_ONLY: "Ask for location information only; never name the debt.",
    _O.PAUSE_RECORDING: "Nothing is recorded or listened to while card details are given.",
    _O.STRONG_AUTHENTICATION: "The consumer authenticates this payment with the bank.",
    _O.SAY_LICENCE: "Name our licence.",
    _O.SHOW_CREDITOR: "Name the creditor with its address and registration.",
    _O.UNDISPUTED_PART: "Collect only the part that is not disputed.",
    _O.MARK_DISPUTED: "Report the debt as disputed.",
    _O.REVIEW_BY_PERSON: "Tell the consumer that a person reviews this on request.",
}
