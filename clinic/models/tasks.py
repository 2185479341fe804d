"""Tasks for staff, and what happened to each, step by step."""

from django.db import models

from clinic.history import tracked
from clinic.models.clinics import Clinic
from clinic.models.patients import Patient
from clinic.models.rows import Row
from clinic.models.staff import Role, User


class Urgency(models.TextChoices):
    RED = "red", "Now"
    AMBER = "amber", "Today"
    ROUTINE = "routine", "Routine"


@tracked
class WorkItem(Row):
    """A task for staff. It is closed by an outcome in words, never by silence."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="work_items")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="work_items")
    # What it is about, as (kind, id) of a row upstairs that this floor cannot name; unique, so that one
    # cause opens one task however often it is noticed.
    cause = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    urgency = models.CharField(max_length=8, choices=Urgency)
    role = models.CharField(
        max_length=12, choices=Role, help_text="Whose task it is until somebody takes it."
    )
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="work_items")
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When it went up the ladder unanswered."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "cause", name="work_item_once_per_cause"),
            models.CheckConstraint(
                name="work_item_closed_with_outcome",
                condition=models.Q(closed_at__isnull=True) | ~models.Q(outcome=""),
            ),
        ]
        indexes = [
            # Read by queries.open_work_items.
            models.Index(
                fields=["clinic", "due_at"], name="work_item_open", condition=models.Q(closed_at__isnull=True)
            )
        ]


class WorkItemStepKind(models.TextChoices):
    TAKEN = "taken", "Taken"
    HANDED_OVER = "handed_over", "Handed over"
    ESCALATED = "escalated", "Gone up the ladder"
    RETURNED = "returned", "Taken from somebody who can't do it any more"
    NOTE = "note", "Note"
    CLOSED = "closed", "Closed"


@tracked
class WorkItemStep(Row):
    """What happened to a task, step by step: who took it, to whom it was handed or went up, what was done."""

    clinic_path = "work_item__clinic_id"

    work_item = models.ForeignKey(WorkItem, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=WorkItemStepKind)
    rung = models.CharField(max_length=12, blank=True, help_text="Of the ladder, when it went up")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    words = models.TextField(blank=True)

    class Meta:
        constraints = [
            # Two clocks at once send a task up one rung, not two.
            models.UniqueConstraint(
                "work_item", "rung", name="work_item_up_a_rung_once", condition=models.Q(kind="escalated")
            ),
            models.CheckConstraint(
                name="work_item_step_up_names_the_rung",
                condition=models.Q(kind="escalated") ^ models.Q(rung=""),
            ),
        ]
        indexes = [models.Index(fields=["work_item", "at"], name="work_item_steps")]
