"""What patients open and answer: links, check-ins, the diary's daily question."""

from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from notifications.models.messages import Message
from scheduler.models import Appointment, TreatmentPlan
from sessions_app.models import Session


class LinkPurpose(models.TextChoices):
    VISIT = "visit", "Confirm a visit"
    CHECK_IN = "check_in", "Answer a check-in"
    OFFER = "offer", "Answer an offer of a time"
    TIMES = "times", "Choose another time"
    DIARY = "diary", "Write the diary"


@tracked
class PatientLink(Row):
    """A signed link in a message. Only the token's hash is stored; the page asks for the birth year before
    it shows anything. `purpose` is what its page begins with: a message may carry more than one thing."""

    clinic_path = "patient__clinic_id"

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    message = models.OneToOneField(Message, models.PROTECT, related_name="link")
    purpose = models.CharField(max_length=10, choices=LinkPurpose)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    failed_factors = models.PositiveSmallIntegerField(
        default=0, help_text="Wrong birth years in a row; 5 close the link"
    )
    opened_at = models.DateTimeField(null=True, blank=True)


class WrongYears(models.Model):
    """Wrong birth years given for a patient from one network address, on whichever link, since the last right
    one from there."""

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    address_sha256 = models.CharField(max_length=64, help_text="Keyed: no address is read from it")
    count = models.PositiveSmallIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("patient", "address_sha256", name="wrong_years_once")]
        indexes = [models.Index(fields=["address_sha256", "last_at"], name="wrong_years_of_address")]


class CheckInEnd(models.TextChoices):
    NO_RESPONSE = "no_response", "No response"
    OVERTAKEN = "overtaken", "A later one took its place"


@tracked
class CheckIn(Row):
    """A set of questions put to the patient: after a session, before the next, or month by month."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="check_ins")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="check_ins")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, null=True, blank=True, related_name="check_ins")
    session = models.ForeignKey(Session, models.PROTECT, null=True, blank=True, related_name="check_ins")
    kind = models.CharField(max_length=24, help_text="Which questions, such as next_morning")
    message = models.ForeignKey(Message, models.PROTECT, related_name="check_ins")
    level = models.CharField(
        max_length=8, choices=[("red", "Red"), ("amber", "Amber"), ("green", "Green")], blank=True
    )
    completed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="Closed without being completed")
    end = models.CharField(max_length=12, choices=CheckInEnd, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("session", "kind", name="check_in_once_per_session"),
            models.CheckConstraint(
                name="check_in_ends_once",
                condition=Q(ended_at__isnull=True, end="")
                | (Q(ended_at__isnull=False, completed_at__isnull=True) & ~Q(end="")),
            ),
        ]
        indexes = [
            # Read by the clocks of missing answers.
            models.Index(
                fields=["created_at"],
                name="check_in_open",
                condition=Q(completed_at__isnull=True, ended_at__isnull=True),
            )
        ]


@tracked
class CheckInAnswer(Row):
    """One answer, stored and graded as it is given. A changed answer is a new row; the newest counts."""

    clinic_path = "check_in__clinic_id"

    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="answers")
    question = models.CharField(max_length=40)
    value = models.CharField(max_length=40)
    level = models.CharField(max_length=8)
    answered_at = models.DateTimeField()


@tracked
class DiaryNudge(Row):
    """A patient wishes to be asked for the headache diary every day at this time, by e-mail."""

    clinic_path = "patient__clinic_id"

    patient = models.OneToOneField(Patient, models.PROTECT, related_name="diary_nudge")
    at = models.TimeField(help_text="Wall-clock time where the patient is")
    stopped_at = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")


@tracked
class TimeRequest(Row):
    """A patient asks for another time for a visit; closed by a move, or by a person."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="time_requests")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="time_requests")
    visit_starts_at = models.DateTimeField(help_text="The start that doesn't suit the patient")
    asked_at = models.DateTimeField()
    chosen_at = models.DateTimeField(null=True, blank=True)
    chosen_start = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("appointment", "visit_starts_at", name="time_request_once_per_start"),
        ]
