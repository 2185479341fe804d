"""Who is called when nobody answers, and the signs of life of those who do the work."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Row, User


class OnCallRung(models.TextChoices):
    """In the order in which they are called."""

    FIRST = "first", "First on call"
    SECOND = "second", "Second on call"
    SUPERVISOR = "supervisor", "Supervisor"


@tracked
class OnCallShift(Row):
    """Who is called on this rung in this stretch of time."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="on_call_shifts")
    user = models.ForeignKey(User, models.PROTECT, related_name="on_call_shifts")
    rung = models.CharField(max_length=10, choices=OnCallRung)
    during = DateTimeRangeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="on_call_one_person_a_rung",
                expressions=[
                    ("clinic", RangeOperators.EQUAL),
                    ("rung", RangeOperators.EQUAL),
                    ("during", RangeOperators.OVERLAPS),
                ],
                condition=Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(name="on_call_lasts", condition=Q(during__isempty=False)),
        ]


class Heartbeat(models.Model):
    """When a part of the machinery last did its work: the beat, a worker, the planner, the drain."""

    name = models.CharField(primary_key=True, max_length=80)
    beaten_at = models.DateTimeField()
