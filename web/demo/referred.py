"""How two of the synthetic patients came to their plans: a referral, an evaluation, a decision."""

from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from clinic import clock
from clinic.access import Actor
from clinic.models import Patient
from scheduler.evaluating import eligibility, evaluations, referrals
from scheduler.evaluating.evaluations import Consultation, Result
from scheduler.evaluating.referrals import Request
from scheduler.models import Eligibility, RequesterKind

TRIED: Final = "Two antidepressants at full dose for eight weeks each, without response."


def tell(
    *, desk: Actor, prescriber: Actor, first: Patient, second: Patient, indication: str, now: datetime
) -> None:
    """The first by a psychiatrist, with records that came; the second by a general practitioner, found
    eligible under a condition, whose records are still to come."""
    today = clock.local_date(now, first.clinic.time_zone)
    referrals.record(
        actor=desk,
        id=_id("referral", first),
        patient=first,
        request=Request(
            authored_on=today - timedelta(days=21),
            requester_kind=RequesterKind.PSYCHIATRIST,
            requester_name="Dr Ines Vidal",
            requester_practice="Harbor Psychiatry",
            requester_contact="fax +1 312 555 0160",
            reason="No response to two antidepressants. Asks whether infusions are an option.",
            records_requested_on=today - timedelta(days=20),
            records_received_on=today - timedelta(days=12),
        ),
        now=now,
    )
    referrals.record(
        actor=desk,
        id=_id("referral", second),
        patient=second,
        request=Request(
            authored_on=today - timedelta(days=9),
            requester_kind=RequesterKind.GENERAL_PRACTITIONER,
            requester_name="Dr Paul Osei",
            requester_practice="Lakeview Family Practice",
            reason="Low mood for a year; treated for high blood pressure.",
            records_requested_on=today - timedelta(days=8),
        ),
        now=now,
    )
    for patient, asa, results in (
        (first, "1", ()),
        (second, "2", (Result("ecg", today - timedelta(days=3), "Sinus rhythm, no ischaemia"),)),
    ):
        found = evaluations.record(
            actor=prescriber,
            id=_id("evaluation", patient),
            patient=patient,
            consultation=Consultation(
                evaluated_on=today,
                indications=[indication],
                severity="Severe, PHQ-9 21",
                asa_class=asa,
                findings="No psychosis, no substance use. Lungs clear, heart sounds normal.",
                prior_treatments=TRIED,
                results=results,
            ),
            now=now,
        )
        conditions = "Pressure below 140/90 before each start." if patient is second else ""
        eligibility.decide(
            actor=prescriber,
            id=_id("decision", patient),
            patient=patient,
            decision=Eligibility.WITH_CONDITIONS if conditions else Eligibility.ELIGIBLE,
            reason="Two adequate trials without response; nothing on the screen speaks against it.",
            conditions=conditions,
            evaluation=found,
            supersedes=None,
            now=now,
        )


def _id(noun: str, patient: Patient) -> UUID:
    """Not of the story's random numbers: those make its names and times."""
    return uuid5(NAMESPACE_URL, f"chairside:{noun}:{patient.mrn}")
