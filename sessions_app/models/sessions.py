"""The session, its frozen record, and what every line of a record has."""

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
        indexes = [
            # Read by `queries.sessions_on`: a clinic's day, among years of sessions.
            models.Index(fields=["clinic", "arrived_at"], name="session_by_day"),
            # Read by the clocks every ten seconds and by what waits for a prescriber: who is still here.
            models.Index(fields=["state"], name="session_unsigned", condition=~Q(state="signed")),
            # Read by the planner of check-ins: who went home so many days or months ago.
            models.Index(
                fields=["clinic", "discharged_at"],
                name="session_by_discharge",
                condition=Q(started_at__isnull=False),
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


class Line(Row):
    """What every line of the record has: when it came, and, when it corrects another line, why.

    `amendment` is empty until the session is signed; after that only the lines of an amendment come in.
    """

    clinic_path = "session__clinic_id"

    recorded_at = models.DateTimeField(help_text="When it was entered, by the server's clock")
    revision = models.PositiveIntegerField(
        default=0, help_text="Which revision of the session it made; 0: from before these were kept"
    )
    correction_reason = models.CharField(max_length=240, blank=True)
    amendment = models.ForeignKey(SignedRecord, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        abstract = True


class Observation(Line):
    """A line that somebody entered."""

    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class SessionNote(Observation):
    """A remark in words that fits nowhere else."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="notes")
    text = models.TextField()
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )
