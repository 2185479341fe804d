"""Who waits for an earlier or better time, and the times offered to them one by one."""

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from scheduler.models.appointments import Appointment
from scheduler.models.plans import TreatmentPlan
from scheduler.models.resources import Resource


class WaitlistStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    BOOKED = "booked", "Booked"
    WITHDRAWN = "withdrawn", "Withdrawn"


@tracked
class WaitlistEntry(Row):
    """A patient who would come when time frees up: for which plan, between which days, at which times; rather
    or only with which nurse and in which chair."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="waitlist")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="+")
    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="waitlist")
    # Set: this visit is to be brought forward. Empty: one more session is to be booked.
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, blank=True, related_name="+")
    earlier_than = models.DateTimeField(
        null=True, blank=True, help_text="When the visit that is to be brought forward was, as they joined."
    )
    first_day = models.DateField()
    last_day = models.DateField()
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(),
        default=list,
        blank=True,
        help_text="0 Monday to 6 Sunday; none for any.",
    )
    earliest = models.TimeField(null=True, blank=True, help_text="No start before this wall time.")
    latest = models.TimeField(null=True, blank=True, help_text="Discharged by this wall time.")
    nurse = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="+")
    chair = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="+")
    only = models.BooleanField(
        default=False, db_default=False, help_text="With this nurse and in this chair or not at all."
    )
    notice_hours = models.PositiveSmallIntegerField(
        default=24, help_text="How long before a visit the patient has to know: fasting, ride, work."
    )
    status = models.CharField(max_length=9, choices=WaitlistStatus, default=WaitlistStatus.WAITING)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    @property
    def extra_recovery_minutes(self) -> int:
        """By how much the visit was made longer that is to be brought forward."""
        return self.appointment.extra_recovery_minutes if self.appointment else 0

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "plan", name="waitlist_one_waiting_per_plan", condition=Q(status="waiting")
            ),
            models.CheckConstraint(name="waitlist_days_ordered", condition=Q(last_day__gte=F("first_day"))),
            models.CheckConstraint(
                name="waitlist_closed_with_time",
                condition=Q(status="waiting", closed_at__isnull=True)
                | (~Q(status="waiting") & Q(closed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="waitlist_earlier_than_its_visit",
                condition=Q(appointment__isnull=True, earlier_than__isnull=True)
                | Q(appointment__isnull=False, earlier_than__isnull=False),
            ),
        ]


class OfferStatus(models.TextChoices):
    OPEN = "open", "Waiting for the answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Ran out"
    WITHDRAWN = "withdrawn", "Withdrawn"


@tracked
class WaitlistOffer(Row):
    """One time held for one waiting patient until it is answered or runs out."""

    clinic_path = "entry__clinic_id"

    entry = models.ForeignKey(WaitlistEntry, models.PROTECT, related_name="offers")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="waitlist_offer")
    starts_at = models.DateTimeField(help_text="What was offered; an accepted visit may move on from there.")
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=OfferStatus, default=OfferStatus.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)

    @property
    def ends_at(self) -> datetime:
        return self.appointment.end_from(self.starts_at)

    class Meta:
        constraints = [
            models.UniqueConstraint("entry", name="waitlist_one_open_offer", condition=Q(status="open")),
            models.CheckConstraint(
                name="offer_answered_with_time",
                condition=Q(status="open", answered_at__isnull=True)
                | (~Q(status="open") & Q(answered_at__isnull=False)),
            ),
        ]
