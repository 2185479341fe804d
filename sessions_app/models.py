"""Tables of the infusion session. Observations are append-only: a correction is a new row that names
the old one and why. What refuses changes is in the database (migrations/0002_frozen.py).
"""

from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from scheduler.models import Appointment, Protocol


class SessionState(models.TextChoices):
    ARRIVED = "arrived", "Arrived"
    PREPARING = "preparing", "Preparing"
    INFUSING = "infusing", "Infusing"
    PAUSED = "paused", "Paused"
    RECOVERING = "recovering", "Recovering"
    DISCHARGED = "discharged", "Discharged"
    NOT_GIVEN = "not_given", "Not given"
    SIGNED = "signed", "Signed"


@tracked
class Session(Row):
    """One appointment that has arrived: the head of its record. `revision` counts its writes; a writer who
    saw an older one is told (412) instead of overwriting."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="sessions")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="sessions")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="session")
    protocol = models.ForeignKey(Protocol, models.PROTECT, related_name="sessions")
    state = models.CharField(max_length=12, choices=SessionState, default=SessionState.ARRIVED)
    revision = models.PositiveIntegerField(default=1)
    arrived_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_early = models.BooleanField(default=False)
    stop_reason = models.CharField(max_length=240, blank=True, help_text="Why early, or why not given")
    discharged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="session_times_ordered",
                condition=(Q(started_at__isnull=True) | Q(started_at__gte=F("arrived_at")))
                & (Q(stopped_at__isnull=True) | Q(stopped_at__gte=F("started_at")))
                & (Q(discharged_at__isnull=True) | Q(discharged_at__gte=F("arrived_at"))),
            ),
        ]


class SignedRecord(Row):
    """A frozen version of a session's record: canonical JSON, its SHA-256, chained to the patient's signature
    before it. Version 1 is the signature; later versions are amendments with a reason."""

    clinic_path = "session__clinic_id"

    session = models.ForeignKey(Session, models.PROTECT, related_name="signed_records")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="signed_records")
    version = models.PositiveSmallIntegerField()
    chain_position = models.PositiveIntegerField(help_text="1 for the patient's first signature")
    content = models.TextField(help_text="Canonical JSON, exactly the bytes that were hashed")
    sha256 = models.CharField(max_length=64)
    previous_sha256 = models.CharField(max_length=64, blank=True)
    meaning = models.CharField(max_length=160, help_text="What the signature says")
    reason = models.TextField(blank=True, help_text="Why it was amended")
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("session", "version", name="signed_version_once"),
            models.UniqueConstraint("patient", "chain_position", name="signed_chain_position_once"),
            models.CheckConstraint(
                name="signed_amendment_has_reason", condition=Q(version=1) | ~Q(reason="")
            ),
        ]


class Observation(Row):
    """What every line of the record has: who entered it, and, when it corrects another line, which and why.

    `amendment` is empty until the session is signed; after that only the lines of an amendment come in.
    """

    clinic_path = "session__clinic_id"

    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(help_text="When it was entered, by the server's clock")
    correction_reason = models.CharField(max_length=240, blank=True)
    amendment = models.ForeignKey(SignedRecord, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class CheckResult(models.TextChoices):
    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    NOT_APPLICABLE = "not_applicable", "Not applicable"


class ChecklistAnswer(Observation):
    """One item of the pre-infusion checklist, answered (domain.md 1.3). The newest answer counts."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="checklist_answers")
    item = models.CharField(max_length=40)
    result = models.CharField(max_length=16, choices=CheckResult)
    note = models.CharField(max_length=240, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "session", "item", name="checklist_item_once", condition=Q(corrects__isnull=True)
            )
        ]


class DoseWorksheet(Observation):
    """The arithmetic of one dose with its inputs, outputs and rules (domain.md 1.4). Decimals only."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="dose_worksheets")
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    weighed_at = models.DateTimeField()
    ordered_dose = models.DecimalField(max_digits=7, decimal_places=3)
    dose_basis = models.CharField(max_length=8)
    stock_mg_per_ml = models.DecimalField(max_digits=5, decimal_places=1)
    bag_volume_ml = models.DecimalField(max_digits=6, decimal_places=1)
    minutes = models.PositiveSmallIntegerField()
    dose_mg = models.DecimalField(max_digits=7, decimal_places=1)
    drug_volume_ml = models.DecimalField(max_digits=6, decimal_places=2)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3)
    rate_ml_per_h = models.DecimalField(max_digits=6, decimal_places=1)
    formula_version = models.CharField(max_length=20)
    warning = models.CharField(max_length=240, blank=True, help_text="The soft limit that was passed, if any")
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )


class InfusionEventKind(models.TextChoices):
    START = "start", "Started"
    PAUSE = "pause", "Paused"
    RESUME = "resume", "Resumed"
    STOP = "stop", "Stopped"
    NOT_GIVEN = "not_given", "Not given"


class InfusionEvent(Observation):
    """What happened to the infusion, and when (`recorded_at`): without it a signed record could not tell how
    long a pause was. `Session` keeps only where things stand."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="infusion_events")
    kind = models.CharField(max_length=10, choices=InfusionEventKind)
    reason = models.CharField(max_length=240, blank=True)


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
    pain_nrs = models.PositiveSmallIntegerField(null=True, blank=True)
    absent_reason = models.CharField(max_length=120, blank=True, help_text="Why something was not measured")
    confirmed = models.BooleanField(default=False, help_text="Re-measured: an unusual value is right")
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        verbose_name_plural = "vital signs"
        indexes = [models.Index(fields=["session", "measured_at"], name="vitals_by_session")]


class Relatedness(models.TextChoices):
    """WHO-UMC causality, as FHIR R4 spells it."""

    CERTAIN = "Certain"
    PROBABLY_LIKELY = "Probably-Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    CONDITIONAL = "Conditional-Classified"
    UNASSESSABLE = "Unassessable-Unclassifiable"


class SideEffectOutcome(models.TextChoices):
    """FHIR R4 adverse-event-outcome."""

    RESOLVED = "resolved"
    RECOVERING = "recovering"
    ONGOING = "ongoing"
    SEQUELAE = "resolvedWithSequelae"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class SideEffect(Observation):
    """One side effect: what, since when, how bad (CTCAE v5 grade), what was done, how it ended."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="side_effects")
    term = models.CharField(max_length=60)
    onset_at = models.DateTimeField()
    grade = models.PositiveSmallIntegerField(help_text="CTCAE v5, 1 to 5")
    relatedness = models.CharField(max_length=28, choices=Relatedness, default=Relatedness.POSSIBLE)
    action = models.CharField(max_length=240, blank=True)
    outcome = models.CharField(max_length=20, choices=SideEffectOutcome, default=SideEffectOutcome.ONGOING)
    ended_at = models.DateTimeField(null=True, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="side_effect_grade", condition=Q(grade__gte=1, grade__lte=5)),
            models.CheckConstraint(
                name="side_effect_ends_after_onset",
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("onset_at")),
            ),
        ]


class Discharge(Observation):
    """The discharge: which criteria were met, and with whom the patient left (domain.md 1.5)."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="discharges")
    vital_signs_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    activity_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2: oriented and steady gait")
    nausea_pain_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    iv_site_score = models.PositiveSmallIntegerField(help_text="0-2, in place of surgical bleeding")
    intake_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    escort_name = models.CharField(max_length=120)
    instructions_given = models.BooleanField()
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="discharge_scores",
                condition=Q(
                    vital_signs_score__lte=2,
                    activity_score__lte=2,
                    nausea_pain_score__lte=2,
                    iv_site_score__lte=2,
                    intake_score__lte=2,
                ),
            )
        ]
