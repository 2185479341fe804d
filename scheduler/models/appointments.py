"""Visits as FHIR appointments, the claims they hold, and the series that several were booked in at once.

The rules that Django cannot spell (temporal keys, composite foreign keys) stand in
`migrations/0002_rectangles.py`; docs/architecture.md tells them in words.
"""

from datetime import datetime
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import Deferrable, F, Q
from django.db.models.lookups import Exact

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from scheduler.models.plans import Protocol, TreatmentPlan
from scheduler.models.resources import Resource


class AppointmentStatus(models.TextChoices):
    """FHIR R4 Appointment.status, as far as a clinic of infusions uses it."""

    PENDING = "pending", "Held"
    BOOKED = "booked", "Booked"
    ARRIVED = "arrived", "Arrived"
    CHECKED_IN = "checked-in", "In the chair"
    FULFILLED = "fulfilled", "Done"
    CANCELLED = "cancelled", "Cancelled"
    NOSHOW = "noshow", "Missed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


# The most minutes by which a recovery is made longer. Not clinical: it keeps out slips of the keyboard.
MOST_EXTRA_RECOVERY = 240

LIVE_STATUSES = (
    AppointmentStatus.PENDING,
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
)
# A time that is only held is nobody's yet.
BOOKED_OR_BEYOND = tuple(status for status in LIVE_STATUSES if status != AppointmentStatus.PENDING)


class CancellationReason(models.TextChoices):
    """FHIR appointment-cancellation-reason, the codes a desk needs (domain.md 7)."""

    PATIENT = "pat", "Patient"
    PATIENT_NO_TRANSPORT = "pat-lt", "Patient: no transport"
    PATIENT_FEELING_BETTER = "pat-fb", "Patient: feeling better"
    PATIENT_PREGNANCY = "pat-preg", "Patient: pregnancy"
    PROVIDER_PERSONAL = "prov-pers", "Clinic: staff absent"
    PROVIDER_LABS = "prov-labs", "Clinic: findings out of range"
    MEDICATION = "meds-inc", "Clinic: medication"
    ROOM = "oth-room", "Other: room or chair"
    WEATHER = "oth-weath", "Other: weather"
    FINANCIAL = "oth-fin", "Other: financial"


class ParticipantStatus(models.TextChoices):
    """FHIR participationstatus of the patient: there is no "confirmed" status, `accepted` is it."""

    NEEDS_ACTION = "needs-action", "Not yet confirmed"
    ACCEPTED = "accepted", "Confirmed"
    DECLINED = "declined", "Declined"


@tracked
class Series(Row):
    """Several sessions of one plan, proposed and booked together, with what the patient wished for."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="series")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="series")
    wish = models.JSONField(default=dict, help_text="`scheduler.finding.wishes.Wish` as data")
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")


@tracked
class Appointment(Row):
    """A visit, or the hold on one. Its claims hold the chair, the nurses and the clinician; cancelled or
    missed, it has none. A hold that ran out or was given up is `cancelled` with `held_until` set."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="appointments")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="appointments")
    during = DateTimeRangeField(help_text="From arrival in the chair to discharge, [)")
    extra_recovery_minutes = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="How much longer than its protocol says the chair and its nurse are kept for recovery.",
    )
    status = models.CharField(max_length=16, choices=AppointmentStatus, default=AppointmentStatus.BOOKED)
    patient_status = models.CharField(
        max_length=12, choices=ParticipantStatus, default=ParticipantStatus.NEEDS_ACTION
    )
    cancelation_reason = models.CharField(  # FHIR spells it with one l
        max_length=12, choices=CancellationReason, blank=True
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_late = models.BooleanField(
        null=True, blank=True, help_text="Later than the clinic asks for; empty for what was not cancelled."
    )
    held_until = models.DateTimeField(null=True, blank=True, help_text="From here on a hold counts no more.")
    arrived_at = models.DateTimeField(null=True, blank=True)
    record_opened_at = models.DateTimeField(
        null=True, blank=True, help_text="A record of the session was opened: the arrival stands."
    )
    held_before = models.JSONField(
        null=True,
        blank=True,
        help_text="The chair and the nurses by turn, before its claims were last changed or given up:"
        ' {"chair": id, "nurses": [[moment, id], …]}.',
    )
    claims_changed = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="How often what it holds was changed or given up: calendars count it.",
    )
    fasting_asked_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Its start was taken so shortly before that whoever took it asked, then, whether the"
        " patient had fasted as the protocol says; empty where there was time to.",
    )
    series = models.ForeignKey(Series, models.PROTECT, null=True, blank=True, related_name="appointments")
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="appointment_patient_in_one_place",
                expressions=[("patient", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=[status.value for status in LIVE_STATUSES]),
                # Visits that change places are moved one after the other, and looked at together.
                deferrable=Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(name="appointment_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="appointment_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
            models.CheckConstraint(
                # On the grid of five minutes, as every end of a visit is.
                name="appointment_extra_recovery_bounded",
                condition=Q(extra_recovery_minutes__lte=MOST_EXTRA_RECOVERY)
                & Q(Exact(F("extra_recovery_minutes") % 5, 0)),
            ),
            models.CheckConstraint(
                name="appointment_reason_with_cancelled",  # FHIR invariant app-4
                condition=Q(cancelation_reason="") | Q(status__in=["cancelled", "noshow"]),
            ),
            models.CheckConstraint(
                name="appointment_held_until_with_hold",
                condition=Q(status="pending", held_until__isnull=False)
                | Q(status="cancelled")
                | (~Q(status__in=["pending", "cancelled"]) & Q(held_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="appointment_with_record_was_attended",
                condition=Q(record_opened_at__isnull=True)
                | Q(status__in=["arrived", "checked-in", "fulfilled", "entered-in-error"]),
            ),
        ]
        indexes = [
            # Read by whoever must not count holds that ran out: the few there are.
            models.Index(
                fields=["clinic", "held_until"], name="appointment_held", condition=Q(status="pending")
            ),
            # Read by queries.day_board and the planner: a clinic's visits by start.
            models.Index("clinic", models.Func("during", function="lower"), name="appointment_by_start"),
        ]

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper

    def end_from(self, starts_at: datetime) -> datetime:
        """When the visit ends, should it begin then."""
        return starts_at + (self.ends_at - self.starts_at)

    @property
    def live(self) -> bool:
        return self.status in LIVE_STATUSES

    def ran_out_by(self, now: datetime) -> bool:
        """A hold that counts no more, whether or not anybody has released it yet."""
        held = self.status == AppointmentStatus.PENDING
        return held and self.held_until is not None and self.held_until <= now

    @property
    def lapsed_hold(self) -> bool:
        """It was never booked: a hold that ran out or was given up."""
        return self.status == AppointmentStatus.CANCELLED and self.held_until is not None


class Phase(models.TextChoices):
    PREPARATION = "preparation", "Preparation"
    INFUSION = "infusion", "Infusion"
    OBSERVATION = "observation", "Observation"
    TURNOVER = "turnover", "Turnover"
    WHOLE = "whole", "Whole visit"


@pgtrigger.register(
    pgtrigger.Trigger(
        name="claim_inside_capacity_until_done",
        operation=pgtrigger.Insert | pgtrigger.Update,
        when=pgtrigger.Before,
        condition=pgtrigger.Q(new__capacity__isnull=True),
        func="""
            IF NOT EXISTS (SELECT FROM scheduler_appointment
                            WHERE id = NEW.appointment_id AND status = 'fulfilled') THEN
                RAISE EXCEPTION 'a claim keeps its capacity until its visit is done'
                    USING ERRCODE = 'not_null_violation';
            END IF;
            RETURN NEW;
        """,
    ),
    pgtrigger.Trigger(
        name="claim_of_done_visit_stays",
        operation=pgtrigger.UpdateOf("appointment_id", "resource_id", "units", "during") | pgtrigger.Delete,
        when=pgtrigger.Before,
        func="""
            IF TG_OP = 'UPDATE' THEN
                IF (OLD.appointment_id, OLD.resource_id, OLD.units, OLD.during)
                    IS NOT DISTINCT FROM (NEW.appointment_id, NEW.resource_id, NEW.units, NEW.during) THEN
                    RETURN NEW;
                END IF;
            END IF;
            IF EXISTS (SELECT FROM scheduler_appointment
                        WHERE id = OLD.appointment_id AND status = 'fulfilled') THEN
                RAISE EXCEPTION 'what a visit that is done has held stays as it was'
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN
                RETURN OLD;
            END IF;
            RETURN NEW;
        """,
    ),
)
class Claim(models.Model):
    """A rectangle: some units of a resource for some time, held by one appointment.

    No two overlap; each lies inside an opening and inside the capacity. All three are the database's to
    keep (see the constraints here and in migrations/0002_rectangles.py).
    """

    id = models.BigAutoField(primary_key=True)
    appointment = models.ForeignKey(Appointment, models.CASCADE, related_name="claims")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="claims")
    phase = models.CharField(max_length=12, choices=Phase)
    units = IntegerRangeField(help_text="Which units of the resource, [)")
    during = DateTimeRangeField()
    capacity = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="The resource's, carried for the composite key. Empty where a visit that is done reaches"
        " past a capacity lowered since.",
    )

    clinic_path: ClassVar[str] = "resource__clinic_id"

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="claim_no_overlap",
                expressions=[
                    # Time before units: what lies outside a window is left out by whole pages.
                    ("resource", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                    ("units", RangeOperators.OVERLAPS),
                ],
                # All that `finding.supply` reads of a claim: it need not look at the rows themselves.
                include=["appointment"],
            ),
            models.CheckConstraint(
                name="claim_not_empty", condition=Q(during__isempty=False, units__isempty=False)
            ),
            models.CheckConstraint(
                name="claim_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]
