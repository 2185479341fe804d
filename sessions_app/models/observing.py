"""What is seen in the chair: vital signs, alerts with their steps, side effects."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinic.models import User
from sessions_app.models.infusing import MedicineGiven
from sessions_app.models.sessions import Line, Observation, Session


class VitalSigns(Observation):
    """One set of vital signs. An empty field was not measured; it is never zero."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="vital_signs")
    measured_at = models.DateTimeField()
    systolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    heart_rate_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    respiratory_rate_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    oxygen_saturation_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    temperature_cel = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    mean_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    end_tidal_co2_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    oxygen_l_per_min = models.DecimalField(
        max_digits=4, decimal_places=1, null=True, blank=True, help_text="Empty or 0: room air"
    )
    rass = models.SmallIntegerField(null=True, blank=True, help_text="-5 to +4")
    dissociation = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10, our own")
    distress = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10, our own")
    pain_nrs = models.PositiveSmallIntegerField(null=True, blank=True)
    symptoms = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="Such as chest_pain (`vital_limits`)",
    )
    device = models.ForeignKey(
        "MonitorDevice",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Off which monitor",
    )
    absent_reason = models.CharField(max_length=120, blank=True, help_text="Why something was not measured")
    confirmed = models.BooleanField(default=False, help_text="Re-measured: an unusual value is right")
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        verbose_name_plural = "vital signs"
        indexes = [models.Index(fields=["session", "measured_at"], name="vitals_by_session")]


class AlertKind(models.TextChoices):
    LIMIT = "limit", "Past a limit of the protocol"
    ONCE = "once", "Past the stop limit, on one reading"
    CHANGE = "change", "Far from the patient's own baseline"
    OVERDUE = "overdue", "Vital signs overdue"
    DOSE = "dose", "Cumulative dose at its limit"
    END = "end", "Infusion past its end"


class AlertLevel(models.TextChoices):
    CAUTION = "caution", "Caution: measure again, tell the clinician"
    STOP = "stop", "Stop or pause, clinician to the chair"
    EMERGENCY = "emergency", "Emergency"


class Alert(Line):
    """Something that somebody must answer for by name (domain.md 3.3). Raised by the server, or by a reading.

    A raised alert never changes; what becomes of it are its steps. Of each sign one stands
    open, and whatever was worse.
    """

    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="alerts")
    kind = models.CharField(max_length=8, choices=AlertKind)
    level = models.CharField(max_length=9, choices=AlertLevel)
    sign = models.CharField(max_length=32, blank=True)
    detail = models.CharField(max_length=160, help_text="The value and the limit, in words")
    raised_at = models.DateTimeField()
    reading = models.ForeignKey(VitalSigns, models.PROTECT, null=True, blank=True, related_name="alerts")
    due_at = models.DateTimeField(null=True, blank=True, help_text="Of an overdue reading: when it was due")

    class Meta:
        indexes = [models.Index(fields=["session", "raised_at"], name="alert_by_session")]
        constraints = [
            models.UniqueConstraint(
                "session", "due_at", name="alert_overdue_once", condition=Q(kind="overdue")
            ),
        ]


class AlertStepKind(models.TextChoices):
    TOLD = "told", "Told"
    UNREACHED = "unreached", "Nobody to reach"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    ACTED = "acted", "Acted on"
    RESOLVED = "resolved", "Resolved"


class Rung(models.TextChoices):
    """The ladder of who is told, one after the other."""

    NURSE = "nurse", "Nurse"
    CHARGE = "charge", "Charge nurse"
    PRESCRIBER = "prescriber", "Prescriber"


class AlertStep(Line):
    """One step in the life of an alert: somebody was told, or nobody stands on a rung (by the server);
    somebody acknowledged, acted, resolved."""

    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    session = models.ForeignKey(Session, models.PROTECT, related_name="alert_steps")
    alert = models.ForeignKey(Alert, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=AlertStepKind)
    rung = models.CharField(max_length=10, choices=Rung, blank=True, help_text="Who was told")
    told = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="By name, where one is known"
    )
    words = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("alert", name="alert_resolved_once", condition=Q(kind="resolved")),
            models.UniqueConstraint(
                "alert", name="alert_acknowledged_once", condition=Q(kind="acknowledged")
            ),
            # A line of older versions that names nobody keeps nobody from being told.
            models.UniqueConstraint(
                "alert",
                "rung",
                name="alert_rung_told_once",
                condition=Q(kind="told") & (Q(told__isnull=False) | Q(rung="nurse")),
            ),
            models.UniqueConstraint(
                "alert", "rung", name="alert_rung_empty_once", condition=Q(kind="unreached")
            ),
        ]


class Relatedness(models.TextChoices):
    """WHO-UMC causality, as FHIR R4 spells it."""

    CERTAIN = "Certain"
    PROBABLY_LIKELY = "Probably-Likely", "Probable or likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    CONDITIONAL = "Conditional-Classified", "Conditional, not classified"
    UNASSESSABLE = "Unassessable-Unclassifiable", "Can't be assessed"


class SideEffectOutcome(models.TextChoices):
    """FHIR R4 adverse-event-outcome."""

    RESOLVED = "resolved"
    RECOVERING = "recovering"
    ONGOING = "ongoing"
    SEQUELAE = "resolvedWithSequelae", "Over, with lasting effects"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class Seriousness(models.TextChoices):
    """FHIR R4 adverse-event-seriousness."""

    NON_SERIOUS = "Non-serious", "Not serious"
    SERIOUS = "Serious"
    DEATH = "SeriousResultsInDeath", "Serious: death"
    LIFE_THREATENING = "SeriousIsLifeThreatening", "Serious: a threat to life"
    HOSPITALIZATION = "SeriousResultsInHospitalization", "Serious: a stay in hospital"
    DISABILITY = "SeriousResultsInDisability", "Serious: a lasting disability"
    BIRTH_DEFECT = "SeriousIsBirthDefect", "Serious: a birth defect"
    PREVENTION = "SeriousRequiresPreventImpairment", "Serious: treated to prevent lasting harm"


class ReportedBy(models.TextChoices):
    OBSERVED = "observed", "Observed by staff"
    PATIENT = "patient", "Reported by the patient"


class SideEffect(Observation):
    """One side effect: what, since when, how bad (CTCAE v5 grade), what was done, how it ended.

    What becomes of it (worse, better, over) is a line of its own that names the first one (`course_of`) and
    the moment from which on it stands so (`as_of`); each state stays true. A correction is something else.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="side_effects")
    term = models.CharField(max_length=60)
    onset_at = models.DateTimeField()
    grade = models.PositiveSmallIntegerField(help_text="CTCAE v5, 1 to 5")
    peak_grade = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: the grade")
    distress = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10, by the patient")
    seriousness = models.CharField(max_length=32, choices=Seriousness, default=Seriousness.NON_SERIOUS)
    source = models.CharField(max_length=8, choices=ReportedBy, default=ReportedBy.OBSERVED)
    relatedness = models.CharField(max_length=28, choices=Relatedness, default=Relatedness.POSSIBLE)
    action = models.CharField(max_length=240, blank=True)
    action_at = models.DateTimeField(null=True, blank=True)
    medicine = models.ForeignKey(
        MedicineGiven,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Given for it",
    )
    outcome = models.CharField(max_length=20, choices=SideEffectOutcome, default=SideEffectOutcome.ONGOING)
    ended_at = models.DateTimeField(null=True, blank=True)
    course_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="course",
        help_text="The first line of the side effect of which this is a later state",
    )
    as_of = models.DateTimeField(
        null=True, blank=True, help_text="Since when it has stood so; empty: since its onset"
    )
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="side_effect_course_has_moment",
                condition=Q(course_of__isnull=True, as_of__isnull=True)
                | Q(course_of__isnull=False, as_of__gte=F("onset_at")),
            ),
            models.CheckConstraint(name="side_effect_grade", condition=Q(grade__gte=1, grade__lte=5)),
            models.CheckConstraint(
                name="side_effect_ends_after_onset",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("onset_at")),
            ),
        ]
