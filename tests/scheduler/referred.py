"""Rosa's way to a plan: her psychiatrist's referral, Priya's evaluation and decision."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from clinic.models import Patient
from scheduler.evaluating import eligibility, evaluations, referrals
from scheduler.evaluating.evaluations import Consultation, Result
from scheduler.evaluating.referrals import Request
from scheduler.models import EligibilityDecision, Evaluation, Referral
from tests.cast import NOW, TODAY, House, new_id

REASON = "Recurrent depression, two antidepressants at full dose without response."


def referral(house: House, patient: Patient | None = None, **changes: Any) -> Referral:
    told: dict[str, Any] = {
        "authored_on": TODAY - timedelta(days=10),
        "requester_kind": "psychiatrist",
        "requester_name": "Dr Ines Vidal",
        "requester_practice": "Harbor Psychiatry",
        "requester_contact": "fax +1 312 555 0160",
        "reason": REASON,
        "records_requested_on": TODAY - timedelta(days=8),
    }
    return referrals.record(
        actor=house.actor(house.ana),
        id=new_id(),
        patient=patient or house.rosa,
        request=Request(**{**told, **changes}),
        now=NOW,
    )


def evaluation(house: House, patient: Patient | None = None, **changes: Any) -> Evaluation:
    told: dict[str, Any] = {
        "evaluated_on": TODAY,
        "indications": ["F33.2"],
        "severity": "PHQ-9 21",
        "asa_class": "2",
        "findings": "No chest pain, no syncope.",
        "prior_treatments": "Sertraline 200 mg, 8 weeks, no response.",
        "results": [Result("ecg", TODAY - timedelta(days=3), "Sinus rhythm")],
    }
    return evaluations.record(
        actor=house.actor(house.priya),
        id=new_id(),
        patient=patient or house.rosa,
        consultation=Consultation(**{**told, **changes}),
        now=NOW,
    )


def decide(
    house: House,
    decision: str,
    *,
    patient: Patient | None = None,
    supersedes: UUID | None = None,
    **changes: Any,
) -> EligibilityDecision:
    told: dict[str, Any] = {"reason": "Two adequate trials without response.", "now": NOW, **changes}
    return eligibility.decide(
        actor=house.actor(house.priya),
        id=new_id(),
        patient=patient or house.rosa,
        decision=decision,
        supersedes=supersedes,
        **told,
    )
