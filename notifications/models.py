"""Tables of what is said to patients: a message is a row with a life story; links and check-ins that
patients answer. Celery carries none of it.
"""

from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row
from scheduler.models import Appointment
from sessions_app.models import Session


class MessageKind(models.TextChoices):
    CONFIRMATION = "confirmation", "Confirmation"
    MOVE = "move", "Moved"
    CANCELLATION = "cancellation", "Cancellation"
    REMINDER = "reminder", "Reminder"
    CHECK_IN = "check_in", "Check-in"
    OFFER = "offer", "Offer of a time"


class MessageStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    CLAIMED = "claimed", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Not sent"
    UNKNOWN = "unknown", "Outcome unknown"


@tracked
class Message(Row):
    """One thing to say to one patient. `key` is unique: the planner can run for ever and say it once."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="messages")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="messages")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="messages")
    kind = models.CharField(max_length=16, choices=MessageKind)
    stage = models.CharField(max_length=24, help_text="Which rule asked for it, such as T-1d")
    key = models.CharField(
        max_length=160,
        unique=True,
        help_text="appointment : stage : visit start [: the message that a notice follows]",
    )
    visit_starts_at = models.DateTimeField(help_text="The start that the wording speaks of")
    instead_of = models.DateTimeField(
        null=True, blank=True, help_text="The start that the patient was told before the visit moved"
    )
    due_at = models.DateTimeField()
    stale_at = models.DateTimeField(help_text="From here on it would no longer be true or useful")
    status = models.CharField(max_length=8, choices=MessageStatus, default=MessageStatus.PLANNED)
    reason = models.CharField(max_length=120, blank=True, help_text="Why it was skipped or failed")
    lease_until = models.DateTimeField(null=True, blank=True)
    # The lease's owner: a worker whose lease ran out can no longer write an outcome.
    lease_token = models.UUIDField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="message_reason_when_not_sent",
                condition=~Q(status__in=["skipped", "failed", "unknown"]) | ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="message_of_a_move_names_both_times",
                condition=Q(kind="move", instead_of__isnull=False)
                | (~Q(kind="move") & Q(instead_of__isnull=True)),
            ),
            models.CheckConstraint(
                name="message_claimed_has_lease",
                condition=~Q(status="claimed") | Q(lease_until__isnull=False, lease_token__isnull=False),
            ),
        ]
        indexes = [
            # Read by delivery.claim: what is due, oldest first.
            models.Index(
                fields=["due_at"], name="message_due", condition=Q(status__in=["planned", "claimed"])
            ),
            models.Index(fields=["clinic", "-due_at"], name="message_log"),
        ]


class AttemptOutcome(models.TextChoices):
    STARTED = "started"
    ACCEPTED = "accepted"
    TEMPORARY = "temporary_failure"
    PERMANENT = "permanent_failure"


@tracked
class DeliveryAttempt(Row):
    """One try to hand a message to a provider. Recipient and body are frozen here before it is spoken to;
    a retry sends the same bytes under the same key."""

    clinic_path = "message__clinic_id"

    message = models.ForeignKey(Message, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=12)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=160, blank=True)
    body = models.TextField(help_text="The patient's link stands as {link}: its token is never stored")
    calendar = models.TextField(blank=True, help_text="The visit as an iCalendar file; empty for none")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=AttemptOutcome, default=AttemptOutcome.STARTED)
    provider_reference = models.CharField(max_length=160, blank=True)
    error = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("message", "number", name="attempt_number_once")]


class InboxItem(Row):
    """What arrived on a made-up patient's phone: the embedded default's channel, read on the inbox page."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    key = models.CharField(max_length=160, unique=True)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=160, blank=True)
    body = models.TextField()
    calendar = models.TextField(blank=True, help_text="The file attached, or empty")


class LinkPurpose(models.TextChoices):
    VISIT = "visit", "Confirm a visit"
    CHECK_IN = "check_in", "Answer a check-in"
    OFFER = "offer", "Answer an offer of a time"


@tracked
class PatientLink(Row):
    """A signed link in a message. Only the token's hash is stored; the page asks for the birth year before
    it shows anything."""

    clinic_path = "patient__clinic_id"

    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    message = models.OneToOneField(Message, models.PROTECT, related_name="link")
    purpose = models.CharField(max_length=10, choices=LinkPurpose)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    failed_factors = models.PositiveSmallIntegerField(
        default=0, help_text="Wrong birth years; 5 lock the link"
    )
    opened_at = models.DateTimeField(null=True, blank=True)


@tracked
class CheckIn(Row):
    """A set of questions put to the patient after a session."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="check_ins")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="check_ins")
    session = models.ForeignKey(Session, models.PROTECT, related_name="check_ins")
    kind = models.CharField(max_length=24, help_text="Which questionnaire, such as next_morning")
    message = models.OneToOneField(Message, models.PROTECT, related_name="check_in")
    level = models.CharField(
        max_length=8, choices=[("red", "Red"), ("amber", "Amber"), ("green", "Green")], blank=True
    )
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint("session", "kind", name="check_in_once_per_session")]


@tracked
class CheckInAnswer(Row):
    """One answer, stored and graded as it is given. A changed answer is a new row; the newest counts."""

    clinic_path = "check_in__clinic_id"

    check_in = models.ForeignKey(CheckIn, models.PROTECT, related_name="answers")
    question = models.CharField(max_length=40)
    value = models.CharField(max_length=40)
    level = models.CharField(max_length=8)
    answered_at = models.DateTimeField()
