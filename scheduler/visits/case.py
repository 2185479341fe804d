"""What is known of a plan, its patient and their other visits when a visit is asked for: one query.

`decision` judges by it, `booking` reads it under the lock: everything that may have changed since a caller
looked is read here, and nothing else. What a clinic has to give is `supply`'s.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic.models import ConsentScope
from clinic.prepared import fetch_all
from scheduler.evaluating import eligibility
from scheduler.finding.availability import Visit
from scheduler.finding.fasting import Fasting
from scheduler.finding.frequency import Frequency
from scheduler.models import LIVE_STATUSES, AppointmentStatus, ResourceKind
from scheduler.prescribing import course_reviews, safety_reviews
from scheduler.prescribing.spacing import MOST_DAYS_APART, Spacing

# Further away no spacing reaches; of the plan itself all visits count.
REACH: Final = timedelta(days=MOST_DAYS_APART + 1)

READ: Final = """
    SELECT plan.clinic_id, clinic.time_zone, plan.patient_id, patient.deceased,
           plan.status, plan.sessions_ordered, plan.valid_from, plan.valid_until,
           plan.chair_features || protocol.chair_features, protocol.id, protocol.status,
           ARRAY[protocol.preparation_minutes, protocol.infusion_minutes, protocol.observation_minutes,
                 protocol.turnover_minutes, protocol.preparation_units, protocol.infusion_units,
                 protocol.observation_units],
           ARRAY[protocol.spacing_min_days, protocol.spacing_max_days],
           ARRAY[protocol.most_per_week, protocol.most_per_year],
           ARRAY[protocol.fasting_light_meal_hours, protocol.fasting_clear_hours],
           (SELECT ARRAY[own.min_days, own.max_days] FROM scheduler_spacingoverride own
             WHERE own.plan_id = plan.id ORDER BY own.given_at DESC, own.created_at DESC LIMIT 1),
           CASE WHEN protocol.review_after_sessions IS NOT NULL THEN
                (SELECT item.cause FROM clinic_workitem item
                  WHERE item.patient_id = plan.patient_id AND item.closed_at IS NULL
                    AND starts_with(item.cause, %(review)s || ':' || plan.id || ':') LIMIT 1) END,
           EXISTS (SELECT FROM clinic_workitem item
                    WHERE item.patient_id = plan.patient_id AND item.closed_at IS NULL
                      AND starts_with(item.cause, %(safety)s || ':' || plan.id || ':')),
           EXISTS (SELECT FROM scheduler_eligibilitydecision decided
                    WHERE decided.patient_id = plan.patient_id AND decided.decision <> ALL(%(treated)s)
                      AND NOT EXISTS (SELECT FROM scheduler_eligibilitydecision later
                                       WHERE later.supersedes_id = decided.id)),
           protocol.reconsent_after_days,
           (SELECT max(consent.given_at) FROM clinic_consent consent
             WHERE consent.patient_id = plan.patient_id AND consent.scope = %(consent)s
               AND consent.revoked_at IS NULL),
           (SELECT claim.resource_id FROM scheduler_claim claim
              JOIN scheduler_appointment of ON of.id = claim.appointment_id
              JOIN scheduler_resource nurse ON nurse.id = claim.resource_id
             WHERE of.patient_id = plan.patient_id AND nurse.kind = %(nurse)s
             ORDER BY lower(claim.during) DESC LIMIT 1),
           visits.ids, visits.plans, visits.times, visits.offered
      FROM scheduler_treatmentplan plan
      JOIN clinic_clinic clinic ON clinic.id = plan.clinic_id
      JOIN clinic_patient patient ON patient.id = plan.patient_id
      JOIN scheduler_protocol protocol ON protocol.id = plan.protocol_id
     CROSS JOIN LATERAL (
           SELECT array_agg(other.id ORDER BY other.during) AS ids,
                  array_agg(other.plan_id ORDER BY other.during) AS plans,
                  array_agg(other.during ORDER BY other.during) AS times,
                  array_agg(EXISTS (SELECT FROM scheduler_waitlistoffer offer
                                     WHERE offer.appointment_id = other.id AND offer.status = 'open')
                            ORDER BY other.during) AS offered
             FROM scheduler_appointment other
            WHERE other.patient_id = plan.patient_id
              AND other.status = ANY(%(live)s)
              AND NOT (other.status = %(held)s AND other.held_until <= %(now)s)
              AND other.id <> ALL(%(without)s::uuid[])
              AND (other.plan_id = plan.id
                   OR other.during && tstzrange(%(from)s, %(until)s))) visits
     WHERE plan.id = %(plan)s"""


@dataclass(frozen=True)
class OtherVisit:
    """One of the patient's live visits, or a hold on one."""

    id: UUID
    plan_id: UUID
    start: datetime
    end: datetime
    offered: bool  # held while the patient, who is on the waitlist, thinks it over


@dataclass(frozen=True)
class Case:
    """A plan as it stands, with what it asks of a visit."""

    clinic_id: UUID
    zone: str
    patient_id: UUID
    deceased: bool
    plan_status: str
    sessions_ordered: int
    valid_from: date
    valid_until: date
    chair_features: tuple[str, ...]
    protocol_id: UUID  # the version that it stands under
    protocol_status: str
    visit: Visit
    spacing: Spacing
    frequency: Frequency
    fasting: Fasting
    review: str  # the cause of the decision that the course waits for; empty: none
    safety_review: bool  # whether a prescriber has yet to look at what has come up
    refused: bool  # whether the newest eligibility decision is against treating them
    consented_at: datetime | None
    reconsent_after_days: int | None
    known_nurse: UUID | None
    visits: tuple[OtherVisit, ...]  # of the plan, and of the patient near the time; by start


def case_of(plan_id: UUID, start: datetime, *, now: datetime, without: Collection[UUID] = ()) -> Case:
    """The case of a visit that is to begin at `start`; the appointments in `without` are not seen."""
    asked: dict[str, Any] = {
        "plan": plan_id,
        "from": start - REACH,
        "until": start + REACH,
        "now": now,
        "without": list(without),
        "consent": ConsentScope.TREATMENT,
        "review": course_reviews.CAUSE,
        "safety": safety_reviews.CAUSE,
        "treated": list(eligibility.TREATED),
        "nurse": ResourceKind.NURSE,
        "held": AppointmentStatus.PENDING,
        "live": list(LIVE_STATUSES),
    }
    [row] = fetch_all(READ, asked)
    *known, nurse, ids, plans, times, offered = row
    *known, review, safety, refused, consent_days, consented_at = known
    *known, lengths, usual, most, fasting, own = known
    *known, features, protocol_id, protocol_status = known
    (clinic_id, zone, patient_id, deceased, plan_status, sessions_ordered, valid_from, valid_until) = known
    min_days, max_days = own or usual
    return Case(
        clinic_id=clinic_id,
        zone=zone,
        patient_id=patient_id,
        deceased=deceased,
        plan_status=plan_status,
        sessions_ordered=sessions_ordered,
        valid_from=valid_from,
        valid_until=valid_until,
        chair_features=tuple(sorted(set(features))),
        protocol_id=protocol_id,
        protocol_status=protocol_status,
        visit=Visit(*lengths),
        spacing=Spacing(min_days, max_days, overridden=own is not None),
        frequency=Frequency(*most),
        fasting=Fasting(*fasting),
        review=review or "",
        safety_review=safety,
        refused=refused,
        consented_at=consented_at,
        reconsent_after_days=consent_days,
        known_nurse=nurse,
        visits=tuple(
            OtherVisit(key, plan, during.lower, during.upper, waits)
            for key, plan, during, waits in zip(
                ids or (), plans or (), times or (), offered or (), strict=True
            )
        ),
    )
