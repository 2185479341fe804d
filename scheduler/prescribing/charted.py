"""What the chart itself says to the contraindication screen, where it outweighs an answer: an allergy to what
is infused, and an age that the protocol is not for. It stands before every booking and every start until a
prescriber has gone ahead in spite of it.

Nothing is written here. What is asked is in `screening`, going ahead with a reason is `going_ahead`'s.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject

from clinic import clock, queries
from clinic.models import Allergy, Patient
from scheduler.models import ContraindicationFinding, Finding, Protocol, TreatmentPlan
from scheduler.prescribing.screening import AGE

SENSITIVITY: Final = "ketamine_sensitivity"
# How a substance on a chart names what is infused here, in the languages that the house speaks and by brand,
# or with a slip of one letter. Rather one too many: whoever knows better says so with a reason, or judges the
# allergy on the chart.
INFUSED: Final = ("ketamin", "ketalar", "spravato")


def _slips(word: str) -> list[str]:
    """A pattern for each slip of one letter: wrong, missing, added, or exchanged with the next."""
    at = range(len(word))
    return [
        *(f"{word[:i]}[a-z]{word[i + 1 :]}" for i in at),
        *(f"{word[:i]}{word[i + 1 :]}" for i in at),
        *(f"{word[:i]}[a-z]{word[i:]}" for i in at),
        *(f"{word[:i]}{word[i + 1]}{word[i]}{word[i + 2 :]}" for i in at[:-1]),
    ]


# At the beginning of a word: within one "histamine" would be read so.
MISSPELLED: Final = rf"(^|[^[:alnum:]])(es)?({'|'.join(slip for word in INFUSED for slip in _slips(word))})"
ANSWER_FIRST: Final = "A prescriber answers it on the plan's page first."
CRITICAL: Final[Mapping[str, str]] = {"high": "high risk", "low": "low risk"}


def against(patient: Patient, protocol: Protocol | None, *, now: datetime) -> dict[str, str]:
    """What the chart says against treating this patient under this protocol, in words, by the item of the
    screen to which it says it: one query."""
    found = _to_what_is_infused(queries.allergies_that_hold(patient))
    said = allergies_against(found.values("substance", "criticality"))
    return said if protocol is None else said | age_against(patient, protocol, now=now)


def age_against(patient: Patient, protocol: Protocol, *, now: datetime) -> dict[str, str]:
    """What of it is the patient's age today: no query."""
    age = clock.age_on(patient.birth_date, clock.local_date(now, patient.clinic.time_zone))
    return _of_age(age, protocol.age_min_years, protocol.age_max_years)


def unanswered(plan_id: UUID, *, now: datetime) -> dict[str, str]:
    """What of it no prescriber has gone ahead in spite of under this plan, also what came to the chart or to
    the protocol after the plan was written; by item, in words. One query."""
    birth_date, zone, least, most, known, found = (
        TreatmentPlan.objects.filter(pk=plan_id)
        .values_list(
            "patient__birth_date",
            "clinic__time_zone",
            "protocol__age_min_years",
            "protocol__age_max_years",
            age_answered(plan="pk"),
            unanswered_allergies(plan="pk"),
        )
        .get()
    )
    age = clock.age_on(birth_date, clock.local_date(now, zone))
    return allergies_against(found) | ({} if known else _of_age(age, least, most))


def unanswered_allergies(*, plan: str) -> ArraySubquery:
    """Beside rows that have a `patient` and, by this name, a plan: the allergies to what is infused in spite
    of which no prescriber has gone ahead under it since they came, for `allergies_against`."""
    since = _gone_ahead().filter(
        plan=OuterRef(OuterRef(plan)), item=SENSITIVITY, override_at__gte=OuterRef("created_at")
    )
    found = _to_what_is_infused(queries.allergies_that_hold(OuterRef("patient")))
    said = JSONObject(substance="substance", criticality="criticality")
    return ArraySubquery(found.filter(~Exists(since)).values(json=said))


def age_answered(*, plan: str) -> Exists:
    """Beside rows that have, by this name, a plan: whether a prescriber has gone ahead under it in spite of
    the patient's age."""
    return Exists(_gone_ahead().filter(plan=OuterRef(plan), item=AGE.code))


def allergies_against(allergies: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What these allergies to what is infused say, by the item of the screen; empty where there are none."""
    named = [
        f"{each['substance']} ({CRITICAL[each['criticality']]})"
        if each["criticality"] in CRITICAL
        else each["substance"]
        for each in allergies
    ]
    return {SENSITIVITY: f"The chart has an allergy to {', '.join(named)}."} if named else {}


def ages_words(least: int | None, most: int | None) -> str:
    """`of 18 to 75 years`; empty where the protocol doesn't say."""
    if least is None:
        return "" if most is None else f"up to {most} years"
    return f"from {least} years" if most is None else f"of {least} to {most} years"


def _gone_ahead() -> QuerySet[ContraindicationFinding]:
    return ContraindicationFinding.objects.filter(finding=Finding.PRESENT, override_at__isnull=False)


def _to_what_is_infused(allergies: QuerySet[Allergy]) -> QuerySet[Allergy]:
    named = Q(substance__iregex=MISSPELLED)
    for word in INFUSED:
        named |= Q(substance__icontains=word)
    return allergies.filter(named)


def _of_age(age: int, least: int | None, most: int | None) -> dict[str, str]:
    if (least is None or age >= least) and (most is None or age <= most):
        return {}
    years = "1 year" if age == 1 else f"{age} years"
    return {
        AGE.code: f"The patient is {years} old, and the protocol is for patients {ages_words(least, most)}."
    }
