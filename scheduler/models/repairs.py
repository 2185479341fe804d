"""Proposed repairs of a day: what went wrong, which visits it breaks, what would be changed."""

from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Row, User


@tracked
class Repair(Row):
    """A disruption of one day and the plan to mend it, kept as it was shown; accepted, it was carried out as
    one. The plan holds ids and times, no names."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="repairs")
    day = models.DateField()
    disruption = models.JSONField(help_text="`scheduler.repairing.Disruption` as data")
    proposal = models.JSONField(help_text="`scheduler.repairing.Proposal` as data")
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    accepted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="repair_accepted_by_somebody",
                condition=Q(accepted_by__isnull=True, accepted_at__isnull=True)
                | Q(accepted_by__isnull=False, accepted_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["clinic", "-made_at"], name="repair_log")]
