"""Tables of the schedule: resources, openings and claims as rectangles that cannot overlap; protocols,
plans and appointments.

The rules that Django cannot spell (temporal keys, composite foreign keys) stand in
`migrations/0002_rectangles.py`; docs/architecture.md tells them in words.
"""

from datetime import datetime, timedelta
from typing import Any, ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, IntegerRangeField, RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User


class ResourceKind(models.TextChoices):
    CHAIR = "chair", "Chair"
    NURSE = "nurse", "Nurse"
    CLINICIAN = "clinician", "Supervising clinician"


@tracked
class Resource(Row):
    """Something a visit needs: a chair (capacity 1), a nurse (units of nursing load), a supervising clinician
    (visits at once)."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=10, choices=ResourceKind)
    name = models.CharField(max_length=80)
    capacity = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    user = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="resources")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "kind", "name", name="resource_name_once"),
            # Named by the claims' composite foreign key: capacity cannot be lowered under a booking.
            models.UniqueConstraint("id", "capacity", name="resource_id_with_capacity"),
            models.CheckConstraint(name="resource_capacity_positive", condition=Q(capacity__gte=1)),
            models.CheckConstraint(
                name="resource_chair_holds_one", condition=~Q(kind="chair") | Q(capacity=1)
            ),
        ]


@tracked
class WorkingPattern(Row):
    """A resource's hours on one weekday in the clinic's local time, from which openings are laid out."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="patterns")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday to 6 Sunday")
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The last day; empty for no end.")
    # Days up to this one are not laid out again: an opening that somebody took away stays away.
    laid_until = models.DateField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="pattern_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(name="pattern_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))),
            models.UniqueConstraint("resource", "weekday", "starts_at", "valid_from", name="pattern_once"),
        ]


@tracked
class Opening(Row):
    """A stretch of time in which a resource works. Claims lie inside openings by temporal foreign key."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="openings")
    during = DateTimeRangeField()
    pattern = models.ForeignKey(
        WorkingPattern, models.SET_NULL, null=True, blank=True, related_name="openings"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="opening_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="opening_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]


class ProtocolStatus(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class DoseBasis(models.TextChoices):
    PER_KG = "mg/kg", "mg per kg"
    PER_KG_PER_HOUR = "mg/kg/h", "mg per kg per hour"
    FIXED = "mg", "fixed mg"


@pgtrigger.register(
    pgtrigger.ReadOnly(name="protocol_version_immutable", exclude=["status", "approved_by", "approved_at"]),
    pgtrigger.Protect(name="protocol_kept", operation=pgtrigger.Delete),
)
@tracked
class Protocol(Row):
    """One immutable version of how a kind of infusion is given. A change is a new version.

    Defaults come from domain.md 2.2 (all tagged [D]: design defaults, for a prescriber to sign).
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="protocols")
    code = models.SlugField(max_length=40)
    version = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=8, choices=ProtocolStatus, default=ProtocolStatus.DRAFT)
    approved_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True)
    indications = ArrayField(models.CharField(max_length=10), help_text="ICD-10-CM codes")
    dose_basis = models.CharField(max_length=8, choices=DoseBasis)
    dose_start = models.DecimalField(max_digits=7, decimal_places=3)
    dose_soft_min = models.DecimalField(max_digits=7, decimal_places=3)
    dose_soft_max = models.DecimalField(max_digits=7, decimal_places=3)
    dose_hard_max = models.DecimalField(max_digits=7, decimal_places=3)
    preparation_minutes = models.PositiveSmallIntegerField()
    infusion_minutes = models.PositiveSmallIntegerField()
    observation_minutes = models.PositiveSmallIntegerField()
    turnover_minutes = models.PositiveSmallIntegerField()
    preparation_units = models.PositiveSmallIntegerField(help_text="Nursing units; a nurse has 6")
    infusion_units = models.PositiveSmallIntegerField()
    observation_units = models.PositiveSmallIntegerField()
    fasting_clear_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    fasting_light_meal_hours = models.PositiveSmallIntegerField(null=True, blank=True)
    series_min = models.PositiveSmallIntegerField()
    series_typical = models.PositiveSmallIntegerField()
    series_max = models.PositiveSmallIntegerField()
    spacing_min_days = models.PositiveSmallIntegerField()
    spacing_max_days = models.PositiveSmallIntegerField()
    maintenance_min_days = models.PositiveSmallIntegerField(null=True, blank=True)
    maintenance_max_days = models.PositiveSmallIntegerField(null=True, blank=True)
    vitals_schedule = models.JSONField(help_text="Minutes between readings, by phase")
    limits = models.JSONField(help_text="Start-hold, caution and stop limits, by vital sign")
    citation = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "code", "version", name="protocol_version_once"),
            models.UniqueConstraint(
                "clinic", "code", name="protocol_one_active_version", condition=Q(status="active")
            ),
            models.CheckConstraint(
                name="protocol_active_is_signed",
                condition=Q(status="draft") | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="protocol_doses_ordered",
                condition=Q(dose_soft_min__lte=F("dose_soft_max"), dose_soft_max__lte=F("dose_hard_max")),
            ),
        ]

    @property
    def visit_length(self) -> timedelta:
        """From arrival in the chair to discharge."""
        return timedelta(minutes=self.preparation_minutes + self.infusion_minutes + self.observation_minutes)

    @property
    def block_length(self) -> timedelta:
        """The visit and the chair's turnover after it (domain.md 2.2, "block")."""
        return self.visit_length + timedelta(minutes=self.turnover_minutes)


class PlanStatus(models.TextChoices):
    """FHIR request-status, as far as a plan uses it."""

    DRAFT = "draft"
    ACTIVE = "active"
    ON_HOLD = "on-hold"
    REVOKED = "revoked"
    COMPLETED = "completed"


@tracked
class TreatmentPlan(Row):
    """A prescriber's order: this protocol version, this dose, so many sessions, for this patient."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="plans")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="plans")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="plans")
    indication = models.CharField(max_length=10, help_text="ICD-10-CM")
    ordered_dose = models.DecimalField(
        max_digits=7, decimal_places=3, help_text="In the protocol's dose basis, such as 0.5 mg/kg"
    )
    sessions_ordered = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_until = models.DateField()
    prescriber = models.ForeignKey(User, models.PROTECT, related_name="+")
    status = models.CharField(max_length=10, choices=PlanStatus, default=PlanStatus.ACTIVE)
    prior_treatments = models.TextField(blank=True, help_text="Drug, dose, duration, outcome, reason stopped")

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_dates_ordered", condition=Q(valid_until__gte=F("valid_from"))),
            models.CheckConstraint(name="plan_has_sessions", condition=Q(sessions_ordered__gte=1)),
            models.UniqueConstraint("id", "patient", "clinic", name="plan_id_with_patient"),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="plan_by_patient")]


class Finding(models.TextChoices):
    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


@tracked
class ContraindicationFinding(Row):
    """One line of the contraindication screen (domain.md 1.2). `unknown` blocks, and so does `present`
    without a prescriber's override and reason."""

    clinic_path = "plan__clinic_id"

    plan = models.ForeignKey(TreatmentPlan, models.CASCADE, related_name="findings")
    item = models.CharField(max_length=60)
    finding = models.CharField(max_length=8, choices=Finding)
    override_reason = models.TextField(blank=True)
    override_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    override_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("plan", "item", name="screen_item_once"),
            models.CheckConstraint(
                name="screen_override_complete",
                condition=Q(override_reason="", override_by__isnull=True, override_at__isnull=True)
                | (~Q(override_reason="") & Q(override_by__isnull=False, override_at__isnull=False)),
            ),
        ]


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


LIVE_STATUSES = (
    AppointmentStatus.PENDING,
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
)


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
class Appointment(Row):
    """A booked visit. Its claims hold the chair, the nurse and the clinician; cancelled, it has none."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="appointments")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="appointments")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="appointments")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="appointments")
    during = DateTimeRangeField(help_text="From arrival in the chair to discharge, [)")
    status = models.CharField(max_length=16, choices=AppointmentStatus, default=AppointmentStatus.BOOKED)
    patient_status = models.CharField(
        max_length=12, choices=ParticipantStatus, default=ParticipantStatus.NEEDS_ACTION
    )
    cancelation_reason = models.CharField(  # FHIR spells it with one l
        max_length=12, choices=CancellationReason, blank=True
    )
    cancelled_at = models.DateTimeField(null=True, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True)
    booked_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="appointment_patient_in_one_place",
                expressions=[("patient", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=[status.value for status in LIVE_STATUSES]),
            ),
            models.CheckConstraint(name="appointment_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="appointment_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
            models.CheckConstraint(
                name="appointment_reason_with_cancelled",  # FHIR invariant app-4
                condition=Q(cancelation_reason="") | Q(status__in=["cancelled", "noshow"]),
            ),
        ]
        indexes = [
            # Read by queries.day_board and the planner: a clinic's visits by start.
            models.Index("clinic", models.Func("during", function="lower"), name="appointment_by_start"),
        ]

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper

    @property
    def live(self) -> bool:
        return self.status in LIVE_STATUSES


class Phase(models.TextChoices):
    PREPARATION = "preparation", "Preparation"
    INFUSION = "infusion", "Infusion"
    OBSERVATION = "observation", "Observation"
    TURNOVER = "turnover", "Turnover"
    WHOLE = "whole", "Whole visit"


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
    capacity = models.PositiveSmallIntegerField(help_text="The resource's, carried for the composite key")

    clinic_path: ClassVar[str] = "resource__clinic_id"

    class Meta:
        constraints: ClassVar[list[Any]] = [
            ExclusionConstraint(
                name="claim_no_overlap",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    ("units", RangeOperators.OVERLAPS),
                    ("during", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="claim_not_empty", condition=Q(during__isempty=False, units__isempty=False)
            ),
            models.CheckConstraint(
                name="claim_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]
