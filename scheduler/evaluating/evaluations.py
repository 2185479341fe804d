"""Evaluations: what a prescriber found in a consultation (domain.md 1.1, row 3). Written once; what was wrong
or has changed is said by the next one, and the newest counts.

The contraindication screen is answered with the plan (`prescribing.screening`), whether the patient may be
treated is decided in `eligibility`. Nothing here judges a finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.models import Patient
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import ONE_LINE, hides_something, said
from scheduler.evaluating.days import day_error
from scheduler.models import AsaClass, Evaluation, EvaluationResult, Investigation, TreatmentPlan
from scheduler.vocabulary import ICD_10_CM

MOST_INDICATIONS: Final = 10


@dataclass(frozen=True)
class Result:
    """What was looked at, of which day, and what it says."""

    investigation: str
    done_on: date
    result: str


@dataclass(frozen=True, kw_only=True)
class Consultation:
    """What the prescriber writes down. `indications` are ICD-10-CM codes."""

    evaluated_on: date
    indications: Sequence[str]
    severity: str
    asa_class: str
    findings: str = ""
    prior_treatments: str = ""
    results: Sequence[Result] = ()


def record(
    *, actor: Actor, id: UUID, patient: Patient, consultation: Consultation, now: datetime
) -> Evaluation:
    """Write down an evaluation; the actor is its prescriber.

    Raises `Invalid` naming every field: `results.<investigation>.done_on` a line of what was looked at.
    """
    wrong = _faults(patient, consultation, now)
    if wrong:
        raise Invalid(wrong)

    def work() -> Evaluation:
        made = Evaluation.objects.create(
            id=id,
            clinic_id=patient.clinic_id,
            patient=patient,
            evaluated_on=consultation.evaluated_on,
            indications=list(dict.fromkeys(consultation.indications)),
            severity=said(consultation.severity),
            asa_class=consultation.asa_class,
            findings=said(consultation.findings),
            prior_treatments=said(consultation.prior_treatments),
            evaluated_by_id=actor.user_id,
            recorded_at=now,
        )
        EvaluationResult.objects.bulk_create(
            EvaluationResult(
                evaluation=made,
                investigation=each.investigation,
                done_on=each.done_on,
                result=said(each.result),
            )
            for each in consultation.results
        )
        return made

    return in_transaction(work)


def evaluations_of(patient: Patient) -> QuerySet[Evaluation]:
    """Every one with its results, the newest first: two queries."""
    results = EvaluationResult.objects.order_by("investigation")
    rows = Evaluation.objects.filter(patient=patient).select_related("evaluated_by")
    return rows.prefetch_related(Prefetch("results", results)).order_by("-recorded_at", "-created_at")


def prior_treatments_of(patient: Patient) -> str:
    """What was tried before, as it was written down last, with an evaluation or a plan: two queries."""
    evaluated = Evaluation.objects.filter(patient=patient).exclude(prior_treatments="")
    planned = TreatmentPlan.objects.filter(patient=patient).exclude(prior_treatments="")
    told = [
        *evaluated.order_by("-created_at").values_list("created_at", "prior_treatments")[:1],
        *planned.order_by("-created_at").values_list("created_at", "prior_treatments")[:1],
    ]
    return max(told)[1] if told else ""


def _faults(patient: Patient, told: Consultation, now: datetime) -> dict[str, str]:
    days = {"born": patient.birth_date, "today": clock.local_date(now, patient.clinic.time_zone)}
    wrong = {
        "evaluated_on": day_error(told.evaluated_on, **days),
        "indications": _indications_error(told.indications),
        "severity": _line_error(told.severity, "Say how severe it is, with the score where there is one."),
        "asa_class": "" if told.asa_class in AsaClass else f"Choose one of: {', '.join(AsaClass.values)}.",
    }
    seen: set[str] = set()
    for each in told.results:
        at = f"results.{each.investigation}"
        if each.investigation not in Investigation:
            wrong[at] = f"Choose one of: {', '.join(Investigation.values)}."
        elif each.investigation in seen:
            wrong[at] = "Name each once, with its newest result."
        wrong[f"{at}.done_on"] = day_error(each.done_on, **days)
        wrong[f"{at}.result"] = _line_error(each.result, "Say what it shows.")
        seen.add(each.investigation)
    return {name: mend for name, mend in wrong.items() if mend}


def _indications_error(codes: Sequence[str]) -> str:
    if not codes:
        return "Name at least one indication."
    if len(codes) > MOST_INDICATIONS:
        return f"Name at most {MOST_INDICATIONS}."
    if all(ICD_10_CM.fullmatch(code) for code in codes):
        return ""
    return "Give ICD-10-CM codes with their point, such as F33.2."


def _line_error(line: str, missing: str) -> str:
    if not said(line):
        return missing
    return ONE_LINE if hides_something(line.strip()) else ""
