"""What is said to somebody: a message is a row with a life story, each try at sending it another, and what a
provider tells of it later a third. Celery carries none of it.
"""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User, WorkItem
from scheduler.models import Appointment, Protocol


class Form(models.TextChoices):
    """What a message is, whatever provider carries it. Of `clinic.models.Channel` without "none"."""

    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"


class MessageKind(models.TextChoices):
    CONFIRMATION = "confirmation", "Confirmation"
    MOVE = "move", "Moved"
    CHANGE = "change", "Changed"
    CANCELLATION = "cancellation", "Cancellation"
    REMINDER = "reminder", "Reminder"
    CHECK_IN = "check_in", "Check-in"
    OFFER = "offer", "Offer of a time"
    MISSED = "missed", "After a missed visit"
    DIARY = "diary", "Diary"
    REPLY = "reply", "Written by staff"
    ANSWER = "answer", "Automatic answer"
    PAGE = "page", "Page to staff"


class MessageStatus(models.TextChoices):
    PLANNED = "planned", "Planned"
    CLAIMED = "claimed", "Being sent"
    SENT = "sent", "Sent"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Not sent"
    UNKNOWN = "unknown", "Outcome unknown"


@tracked
class Message(Row):
    """One thing to say to one patient or, as a page, to one member of the staff about a task: a patient's or,
    of a text from a number that nobody has, nobody's. Such a text is answered, too, at its number. `key` is
    unique: the planner can run for ever and say it once."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="messages")
    patient = models.ForeignKey(
        Patient,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        help_text="Empty only of what is about a text from a number that is no living patient's",
    )
    user = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who is paged about the patient",
    )
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, null=True, blank=True, related_name="messages"
    )
    work_item = models.ForeignKey(
        WorkItem, models.PROTECT, null=True, blank=True, related_name="+", help_text="What a page is about"
    )
    kind = models.CharField(max_length=16, choices=MessageKind)
    stage = models.CharField(max_length=24, help_text="Which rule asked for it, such as T-1d")
    key = models.CharField(
        max_length=160,
        unique=True,
        help_text="whom it is about : stage : visit start or day [: the message that a notice follows]"
        " [: its version]",
    )
    visit_starts_at = models.DateTimeField(
        null=True, blank=True, help_text="The start that the wording speaks of"
    )
    instead_of = models.DateTimeField(
        null=True, blank=True, help_text="The start that the patient was told before the visit moved"
    )
    protocol = models.ForeignKey(
        Protocol,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="Of a notice: by which version it tells how long the visit takes and how to prepare for it",
    )
    extra_recovery_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Of a notice: by how much longer than that version says it tells that the visit takes",
    )
    text = models.TextField(blank=True, help_text="What a person wrote, where no rule gives the words")
    written_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    in_answer_to = models.ForeignKey(
        "InboundMessage",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The text that this answers by itself; it goes to the number which that came from",
    )
    again_of = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="again",
        help_text="Sent again by staff, or asked again because nobody answered",
    )
    carried_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="carries",
        help_text="The message of the same day that says this as well",
    )
    form = models.CharField(
        max_length=8,
        choices=Form,
        blank=True,
        help_text="The one way that it may take; empty: as the patient prefers",
    )
    # A page to staff and the answer to STOP don't wait behind ten thousand reminders.
    urgent = models.BooleanField(default=False)
    due_at = models.DateTimeField()
    stale_at = models.DateTimeField(help_text="From here on it would no longer be true or useful")
    status = models.CharField(max_length=8, choices=MessageStatus, default=MessageStatus.PLANNED)
    reason = models.CharField(max_length=120, blank=True, help_text="Why it was skipped or failed")
    lease_until = models.DateTimeField(null=True, blank=True)
    # The lease's owner: a worker whose lease ran out can no longer write an outcome.
    lease_token = models.UUIDField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True, help_text="When the provider said it arrived")

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
            models.CheckConstraint(
                name="message_page_is_to_staff",
                condition=Q(kind="page", user__isnull=False, work_item__isnull=False)
                | (~Q(kind="page") & Q(user__isnull=True, work_item__isnull=True)),
            ),
            models.CheckConstraint(
                name="message_is_to_somebody",
                condition=Q(patient__isnull=False)
                | Q(kind="page")
                | Q(kind="answer", in_answer_to__isnull=False),
            ),
            models.CheckConstraint(
                name="message_of_staff_has_an_author",
                condition=~Q(kind="reply") | (Q(written_by__isnull=False) & ~Q(text="")),
            ),
            models.CheckConstraint(
                name="message_of_a_visit_names_it",
                condition=~Q(
                    kind__in=["confirmation", "move", "change", "cancellation", "reminder", "offer", "missed"]
                )
                | Q(appointment__isnull=False, visit_starts_at__isnull=False),
            ),
            models.CheckConstraint(
                name="message_carried_is_not_sent_itself",
                condition=Q(carried_by__isnull=True) | Q(status="skipped"),
            ),
        ]
        indexes = [
            # Read by delivery's claim: what is due, pages first, then oldest first.
            models.Index(
                F("urgent").desc(),
                "due_at",
                name="message_due",
                condition=Q(status__in=["planned", "claimed"]),
            ),
            models.Index(fields=["clinic", "-due_at"], name="message_log"),
            # The log of one stage or of one status.
            models.Index(fields=["clinic", "stage", "-due_at"], name="message_log_of_stage"),
            models.Index(fields=["clinic", "status", "-due_at"], name="message_log_of_status"),
            # Read by the planner (caps and merging) and by a patient's thread.
            models.Index(fields=["patient", "-due_at"], name="message_of_patient"),
            # Read by the threads of numbers that no patient has, or several.
            models.Index(
                fields=["in_answer_to"],
                name="message_in_answer",
                condition=Q(in_answer_to__isnull=False),
            ),
        ]

    @property
    def addressee(self) -> Patient:
        """The patient whom it is said to, for every kind but a page and an answer (a constraint sees to
        that)."""
        if self.patient is None:
            raise ValueError("What is about a text of no known patient's is said to no patient.")
        return self.patient

    @property
    def visit(self) -> Appointment:
        """The visit that it is about, for messages of a kind that has one (a constraint sees to that)."""
        if self.appointment is None:
            raise ValueError(f"A message of the kind {self.kind} is about no visit.")
        return self.appointment

    @property
    def visit_start(self) -> datetime:
        """The start that the wording speaks of, for messages about a visit."""
        if self.visit_starts_at is None:
            raise ValueError(f"A message of the kind {self.kind} speaks of no start.")
        return self.visit_starts_at


class AttemptOutcome(models.TextChoices):
    STARTED = "started", "Begun"
    ACCEPTED = "accepted", "Sent"
    TEMPORARY = "temporary_failure", "Refused for now"
    PERMANENT = "permanent_failure", "Refused for good"
    WITHDRAWN = "withdrawn", "Taken back before it left"


@tracked
class DeliveryAttempt(Row):
    """One try to hand a message to a provider. Recipient and body are frozen here before it is spoken to;
    a retry sends the same bytes under the same key."""

    clinic_path = "message__clinic_id"

    message = models.ForeignKey(Message, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=12)
    form = models.CharField(max_length=8, choices=Form, default=Form.EMAIL)
    sender = models.CharField(max_length=80, blank=True, help_text="The name or number it came from")
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
        indexes = [
            # Read by a provider's webhook: which try does it speak of?
            models.Index(
                fields=["provider_reference"],
                name="attempt_by_reference",
                condition=~Q(provider_reference=""),
            ),
            # Read by the settling of lost leases.
            models.Index(fields=["message"], name="attempt_started", condition=Q(outcome="started")),
            # Read by the watchdog: what providers refused lately.
            models.Index(
                fields=["started_at"],
                name="attempt_refused",
                condition=Q(outcome__in=["temporary_failure", "permanent_failure"]),
            ),
        ]


class DeliveryReportKind(models.TextChoices):
    """What a provider tells after it took a message."""

    DELIVERED = "delivered", "Delivered"
    BOUNCED = "bounced", "Refused for good"
    FAILED = "failed", "Not delivered"
    COMPLAINED = "complained", "Marked as unwanted"


class DeliveryReport(Row):
    """A provider's word about one try, as it came; told twice, it stands once."""

    clinic_path = "attempt__message__clinic_id"

    attempt = models.ForeignKey(DeliveryAttempt, models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=12, choices=DeliveryReportKind)
    code = models.CharField(max_length=40, blank=True, help_text="The provider's own code, never its words")
    at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("attempt", "kind", name="delivery_report_once")]


class SendingState(models.Model):
    """Whether one way out of the house is open now: `all`, or the name of a channel's form.

    `failures` counts temporary failures in a row; the breaker is open until `closed_until`. `budget` and
    `counted_at` are the provider's rate limit as a bucket. `database` and `batches` (of `all`) tell a
    restored backup: docs/decisions/0013.
    """

    name = models.CharField(primary_key=True, max_length=12)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by_name = models.CharField(
        max_length=80, blank=True, help_text="Who runs the installation and said so; empty: Chairside itself"
    )
    paused_why = models.CharField(max_length=160, blank=True)
    failures = models.PositiveIntegerField(default=0)
    closed_until = models.DateTimeField(null=True, blank=True)
    budget = models.FloatField(default=0)
    counted_at = models.DateTimeField(null=True, blank=True)
    database = models.CharField(max_length=80, blank=True)
    batches = models.PositiveBigIntegerField(default=0)


class InboxItem(Row):
    """What arrived on a made-up patient's phone: the embedded default's channel, read on the inbox page."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    form = models.CharField(max_length=8, choices=Form, default=Form.EMAIL)
    key = models.CharField(max_length=160, unique=True)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=160, blank=True)
    body = models.TextField()
    calendar = models.TextField(blank=True, help_text="The file attached, or empty")
