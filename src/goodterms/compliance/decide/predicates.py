"""The closed registry of predicates, in the order in which they are asked."""

from __future__ import annotations

from goodterms.compliance.decide.ageing import AGEING
from goodterms.compliance.decide.callers import CALLERS
from goodterms.compliance.decide.case import Predicate
from goodterms.compliance.decide.consent import CONSENT
from goodterms.compliance.decide.duties import DUTIES
from goodterms.compliance.decide.frequency import FREQUENCY
from goodterms.compliance.decide.hours import HOURS
from goodterms.compliance.decide.local import LOCAL
from goodterms.compliance.decide.money import MONEY
from goodterms.compliance.decide.moratoria import MORATORIA
from goodterms.compliance.decide.notices import NOTICES
from goodterms.compliance.decide.placing import PLACING
from goodterms.compliance.decide.progress import PROGRESS
from goodterms.compliance.decide.reaching import REACHING
from goodterms.compliance.decide.requests import REQUESTS
from goodterms.compliance.decide.standing import STANDING
from goodterms.compliance.decide.texts import TEXTS
from goodterms.compliance.model import Moment

PREDICATES: dict[str, Predicate] = {
    **STANDING,
    **CALLERS,
    **REQUESTS,
    **NOTICES,
    **AGEING,
    **CONSENT,
    **REACHING,
    **PLACING,
    **HOURS,
    **FREQUENCY,
    **LOCAL,
    **MORATORIA,
    **DUTIES,
    **PROGRESS,
    **TEXTS,
    **MONEY,
}

# What must be decided for every contact: without a rule in force for each, the answer is no.
_ALWAYS = (
    "point_belongs",
    "not_opted_out",
    "no_hold",
    "debt_known",
    "something_owed",
    "account_open",
    "zone_known",
    "local_hours",
    "rolling_count",
)
REQUIRED: dict[Moment, tuple[str, ...]] = {Moment.PREDIAL: _ALWAYS, Moment.PRESEND: _ALWAYS}
