"""Chairs, nurses and clinicians; what is declared about their working time, and the openings laid from it.

Declared in local time: weekly patterns, one day's own hours, absences, closures. `working_time` lays
openings from these and nowhere else, so an opening is never edited by itself.
"""

from datetime import time

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Row, User


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
    features = ArrayField(
        models.SlugField(max_length=40),
        default=list,
        blank=True,
        help_text="What a chair offers that a protocol or a plan may ask for, such as private-room.",
    )

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
    """A resource's hours on one weekday in the clinic's local time. A lunch break is the gap between two; an
    end at midnight is the end of the day."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="patterns")
    weekday = models.PositiveSmallIntegerField(help_text="0 Monday to 6 Sunday")
    starts_at = models.TimeField()
    ends_at = models.TimeField()
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The last day; empty for no end.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="pattern_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(
                name="pattern_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")) | Q(ends_at=time.min),
            ),
            models.UniqueConstraint("resource", "weekday", "starts_at", "valid_from", name="pattern_once"),
        ]


@tracked
class DayHours(Row):
    """One day's own hours of one resource, in place of its weekly pattern: an extra shift, a half day. No
    hours at all: it does not work on this day. As in a pattern, an end at midnight is the end of the day."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="day_hours")
    day = models.DateField()
    hours = ArrayField(
        ArrayField(models.TimeField(), size=2),
        default=list,
        blank=True,
        help_text="Pairs of wall times, from and until, in order; the gap between two is a break.",
    )

    class Meta:
        constraints = [models.UniqueConstraint("resource", "day", name="day_hours_once")]


class AbsenceReason(models.TextChoices):
    LEAVE = "leave", "Leave"
    ILLNESS = "illness", "Ill"
    TRAINING = "training", "Training"
    BREAKDOWN = "breakdown", "Out of order"
    OTHER = "other", "Other"


@tracked
class Absence(Row):
    """A stretch of time in which one resource is not there, whatever its hours say."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.CASCADE, related_name="absences")
    during = DateTimeRangeField()
    reason = models.CharField(max_length=10, choices=AbsenceReason)

    class Meta:
        constraints = [
            models.CheckConstraint(name="absence_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="absence_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]


@tracked
class Closure(Row):
    """A stretch of time in which the whole clinic is closed: a public holiday, a day of its own."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="closures")
    during = DateTimeRangeField()
    name = models.CharField(max_length=120)
    public_holiday = models.BooleanField(default=False, help_text="Taken from the public calendar.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="closure_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="closure_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]


@tracked
class Opening(Row):
    """A stretch of time in which a resource works, laid from what is declared. Claims lie inside openings by
    temporal foreign key."""

    clinic_path = "resource__clinic_id"

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="openings")
    during = DateTimeRangeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="opening_not_empty", condition=Q(during__isempty=False)),
            models.CheckConstraint(
                name="opening_bounded", condition=Q(during__lower_inf=False, during__upper_inf=False)
            ),
        ]
