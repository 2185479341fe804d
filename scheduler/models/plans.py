"""Protocols as immutable versions, and prescribers' plans with their screen and spacing."""

from datetime import timedelta

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User


class ProtocolStatus(models.TextChoices):
    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class WeightBasis(models.TextChoices):
    """Which weight a dose goes by (domain.md 1.4). Adjusting needs a rule that isn't founded yet."""

    ACTUAL = "actual", "Actual weight"
    CAPPED = "capped", "Actual weight up to a cap"


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
    age_min_years = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The youngest whom it is for; empty: the version doesn't say"
    )
    age_max_years = models.PositiveSmallIntegerField(null=True, blank=True)
    dose_basis = models.CharField(max_length=8, choices=DoseBasis)
    dose_start = models.DecimalField(max_digits=7, decimal_places=3)
    dose_soft_min = models.DecimalField(max_digits=7, decimal_places=3)
    dose_soft_max = models.DecimalField(max_digits=7, decimal_places=3)
    dose_hard_max = models.DecimalField(max_digits=7, decimal_places=3)
    dose_hard_min = models.DecimalField(
        max_digits=7,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="A dose below it is refused; empty: any above 0 may be ordered",
    )
    total_hard_max_mg = models.DecimalField(
        max_digits=7,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="Most mg in one session, boluses included; empty: what dose_hard_max comes to",
    )
    total_soft_min_mg = models.DecimalField(
        max_digits=7,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="Fewest mg that one session usually comes to; empty: the version doesn't say",
    )
    stock_strengths_mg_per_ml = ArrayField(
        models.DecimalField(max_digits=5, decimal_places=1),
        default=list,
        blank=True,
        help_text="The vials that may be drawn from; empty: every strength that there is",
    )
    bag_volumes_ml = ArrayField(
        models.DecimalField(max_digits=6, decimal_places=1),
        default=list,
        blank=True,
        help_text="The bags' final volumes that may be prepared; empty: any",
    )
    weight_basis = models.CharField(max_length=8, choices=WeightBasis, default=WeightBasis.ACTUAL)
    weight_cap_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True, blank=True)
    weight_valid_days = models.PositiveSmallIntegerField(
        default=0, help_text="How old the weight may be; 0: of the day"
    )
    preparation_minutes = models.PositiveSmallIntegerField()
    infusion_minutes = models.PositiveSmallIntegerField()
    infusion_least_minutes = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The shortest that is usual; empty: the version doesn't say"
    )
    infusion_most_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
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
    most_per_week = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Most sessions of a patient from a Monday to its Sunday; empty: no such limit",
    )
    most_per_year = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Most sessions of a patient in any 365 days; empty: no such limit",
    )
    review_after_sessions = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Infusions without a response after which a prescriber decides on the next; empty: none",
    )
    reconsent_after_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="How many days a consent to treatment counts for; empty: until it is revoked",
    )
    liver_test_after_mg = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Mg given in all after which liver tests are asked for; empty: never",
    )
    chair_features = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        help_text="What the chair has to offer for this kind of infusion.",
    )
    vitals_schedule = models.JSONField(help_text="Minutes between readings, by phase")
    limits = models.JSONField(help_text="Start-hold, caution and stop limits, by vital sign")
    rings = models.JSONField(
        default=dict,
        blank=True,
        help_text="Reject and confirm ranges other than domain.md 3.2, by vital sign",
    )
    checklist = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        help_text="The items of the pre-infusion checklist that are asked; empty: all of them",
    )
    prn_medicines = models.JSONField(
        default=list,
        blank=True,
        help_text="The order set: medicine, amount, unit, route, reason. Empty until a prescriber fills it",
    )
    # PADSS gives two points within 20 % of the baseline (domain.md 1.5 [V:20,21]); two sets in a row are the
    # fewest that are in a row [D].
    near_baseline_percent = models.PositiveSmallIntegerField(default=20)
    near_baseline_sets = models.PositiveSmallIntegerField(default=2)
    citation = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "code", "version", name="protocol_version_once"),
            models.UniqueConstraint(
                "clinic", "code", name="protocol_one_active_version", condition=Q(status="active")
            ),
            models.CheckConstraint(
                name="protocol_active_is_signed",
                condition=~Q(status="active") | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            models.CheckConstraint(
                name="protocol_cap_for_capped",
                condition=~Q(weight_basis="capped") | Q(weight_cap_kg__isnull=False),
            ),
            models.CheckConstraint(
                name="protocol_ages_ordered", condition=Q(age_max_years__gte=F("age_min_years"))
            ),
            models.CheckConstraint(
                name="protocol_doses_ordered",
                condition=Q(dose_soft_min__lte=F("dose_soft_max"), dose_soft_max__lte=F("dose_hard_max")),
            ),
            models.CheckConstraint(
                name="protocol_hard_minimum_below",
                condition=Q(dose_hard_min__lte=F("dose_soft_min")),
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


class PlanEnd(models.TextChoices):
    """How a course came to its end (domain.md 1.1, row 16). What else there is, is said in words."""

    COMPLETED = "completed", "Completed"
    NO_RESPONSE = "no-response", "No response"
    ADVERSE_EVENT = "adverse-event", "Adverse event"
    LOST_TO_FOLLOW_UP = "lost-to-follow-up", "Lost to follow-up"
    TRANSFERRED = "transferred", "Transferred to another clinic"
    OTHER = "other", "Another reason"


# A plan that counts: an order that a prescriber has not ended.
STANDING_STATUSES = (PlanStatus.ACTIVE, PlanStatus.ON_HOLD)


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
    end_reason = models.CharField(
        max_length=20,
        choices=PlanEnd,
        blank=True,
        default="",
        help_text="Empty while the plan stands, and of one that ended before reasons were listed",
    )
    prior_treatments = models.TextField(blank=True, help_text="Drug, dose, duration, outcome, reason stopped")
    chair_features = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        help_text="What the chair has to offer for this patient, besides what the protocol asks for.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="plan_dates_ordered", condition=Q(valid_until__gte=F("valid_from"))),
            models.CheckConstraint(name="plan_has_sessions", condition=Q(sessions_ordered__gte=1)),
            models.CheckConstraint(
                name="plan_end_of_an_ended",
                condition=Q(end_reason="") | Q(status__in=["revoked", "completed"]),
            ),
            models.UniqueConstraint("id", "patient", "clinic", name="plan_id_with_patient"),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="plan_by_patient")]

    @property
    def stands(self) -> bool:
        return self.status in STANDING_STATUSES


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


@pgtrigger.register(pgtrigger.Protect(name="override_kept", operation=pgtrigger.Update | pgtrigger.Delete))
@tracked
class SpacingOverride(Row):
    """A prescriber's own spacing for one plan, with the reason; the latest one counts in place of the
    protocol's (domain.md 2.2: "below min = block (prescriber override with reason)")."""

    clinic_path = "plan__clinic_id"

    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="spacing_overrides")
    min_days = models.PositiveSmallIntegerField()
    max_days = models.PositiveSmallIntegerField()
    reason = models.TextField()
    prescriber = models.ForeignKey(User, models.PROTECT, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="spacing_override_ordered", condition=Q(max_days__gte=F("min_days"))),
            models.CheckConstraint(name="spacing_override_has_reason", condition=~Q(reason="")),
        ]
