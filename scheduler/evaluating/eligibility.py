"""Whether a patient may be treated: a prescriber's decision, signed, with its reason (domain.md 1.1, row 4).

A decision is never changed: the next one takes its place, and says which one it saw. What stands against a
plan is asked here by `prescribing.plans` (docs/decisions/0017-from-referral-to-eligibility.md): whoever was
deferred or declined last gets no plan; where the clinic asks for a decision, neither does whoever has none.
Under a plan that stands already nothing more is booked or offered then, and the next start is held.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.models import Patient
from clinic.problems import Invalid, Stale
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.evaluating import prescribing_settings
from scheduler.models import Eligibility, EligibilityDecision, Evaluation
from scheduler.vocabulary import spoken_day

TREATED: Final = (Eligibility.ELIGIBLE, Eligibility.WITH_CONDITIONS)
NEEDED: Final = "eligibility_needed"
REFUSED: Final = "not_eligible"  # to a plan that is written, and to a visit under one that stands
# Where a visit is asked for nothing more is said; who decided is on the patient's page of decisions.
HELD: Final = (
    "A prescriber has decided against treating this patient for now: a prescriber decides again, or ends the"
    " plan."
)


def decide(
    *,
    actor: Actor,
    id: UUID,
    patient: Patient,
    decision: str,
    reason: str,
    conditions: str = "",
    evaluation: Evaluation | None = None,
    supersedes: UUID | None,
    now: datetime,
) -> EligibilityDecision:
    """Sign a decision; the actor is its signer. `supersedes` is the one that they had before them, or None
    where there was none yet; `evaluation` is empty where it is kept elsewhere.

    Raises `Invalid` naming each field, `Stale` with code `decided_meanwhile` where another decision stands.
    """
    wrong = _faults(patient, decision, reason, conditions, evaluation)
    if wrong:
        raise Invalid(wrong)

    def work() -> EligibilityDecision:
        # The patient's row stands guard: of two who decide at once the second sees the first's.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        stands = newest(patient)
        if (stands.pk if stands else None) != supersedes:
            raise Stale(_meanwhile(stands), code="decided_meanwhile")
        return EligibilityDecision.objects.create(
            id=id,
            clinic_id=patient.clinic_id,
            patient=patient,
            evaluation=evaluation,
            decision=decision,
            reason=said(reason),
            conditions=said(conditions),
            signed_by_id=actor.user_id,
            signed_at=now,
            supersedes=stands,
        )

    return in_transaction(work)


def decisions_of(patient: Patient) -> QuerySet[EligibilityDecision]:
    """Every one, the newest first: one query."""
    rows = EligibilityDecision.objects.filter(patient=patient).select_related("signed_by", "evaluation")
    return rows.order_by("-signed_at", "-created_at")


def newest(patient: Patient) -> EligibilityDecision | None:
    """The one that no other supersedes: one query."""
    rows = EligibilityDecision.objects.filter(patient=patient, superseded_by=None)
    return rows.select_related("signed_by", "patient__clinic").first()


def against_plan(patient: Patient, *, now: datetime) -> tuple[str, str] | None:
    """What stands against a plan for this patient, a code and a sentence; None where nothing does. Two
    queries at most."""
    stands = newest(patient)
    if stands is None:
        if not prescribing_settings.plans_need_eligibility(patient.clinic_id):
            return None
        return (
            NEEDED,
            "This clinic writes plans after an eligibility decision, and there is none for this patient."
            " Decide on their eligibility first.",
        )
    refused = _refusal(stands, now)
    if not refused:
        return None
    return REFUSED, f"{refused} A plan needs a later decision: eligible, or eligible with conditions."


def standing_no(patient: Patient, *, now: datetime) -> str:
    """That the newest decision is against treating, in words, for a plan that stands all the same; empty
    where it isn't. One query."""
    stands = newest(patient)
    return _refusal(stands, now) if stands else ""


def is_refused(patient_id: UUID) -> bool:
    """Whether the newest decision is against treating: one query."""
    return _against_treating().filter(patient=patient_id).exists()


def refused_of(*, patient: str) -> Exists:
    """Beside rows that have, by this name, a patient: whether their newest decision is against treating."""
    return Exists(_against_treating().filter(patient=OuterRef(patient)))


def _against_treating() -> QuerySet[EligibilityDecision]:
    return EligibilityDecision.objects.filter(superseded_by=None).exclude(decision__in=TREATED)


def _refusal(stands: EligibilityDecision, now: datetime) -> str:
    """`Priya Nair declined the treatment of this patient on Mon, Jan 11.`"""
    if stands.decision in TREATED:
        return ""
    zone = stands.patient.clinic.time_zone
    day = spoken_day(clock.local_date(stands.signed_at, zone), today=clock.local_date(now, zone))
    word = Eligibility(stands.decision).label.lower()
    return f"{stands.signed_by.full_name} {word} the treatment of this patient on {day}."


def _faults(
    patient: Patient, decision: str, reason: str, conditions: str, evaluation: Evaluation | None
) -> dict[str, str]:
    wrong = {}
    if decision not in Eligibility:
        wrong["decision"] = f"Choose one of: {', '.join(Eligibility.values)}."
    if not said(reason):
        wrong["reason"] = "Say why."
    if decision == Eligibility.WITH_CONDITIONS and not said(conditions):
        wrong["conditions"] = "Say under which conditions."
    elif decision in Eligibility and decision != Eligibility.WITH_CONDITIONS and said(conditions):
        wrong["conditions"] = "Conditions belong to “eligible with conditions”: choose it, or leave them out."
    if evaluation is not None and evaluation.patient_id != patient.pk:
        wrong["evaluation"] = "This is another patient's evaluation."
    return wrong


def _meanwhile(stands: EligibilityDecision | None) -> str:
    if stands is None:
        return "There is no decision yet that this one could take the place of. Look again, then decide."
    return (
        f"{stands.signed_by.full_name} has decided since you looked:"
        f" {Eligibility(stands.decision).label.lower()}. Read it, then decide again."
    )
