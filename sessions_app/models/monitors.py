"""Bedside monitors: which chair each stands at, what they send, and what could not be placed."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from clinic.history import tracked
from clinic.models import Clinic, Row, User
from scheduler.models import Resource
from sessions_app.models.sessions import Session


@tracked
class MonitorDevice(Row):
    """A monitor and the chair it stands at. It is known by what it calls itself in its messages."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="monitor_devices")
    identifier = models.CharField(max_length=80, unique=True, help_text="As sent in MSH-3 or OBX-18")
    name = models.CharField(max_length=80)
    chair = models.ForeignKey(Resource, models.PROTECT, null=True, blank=True, related_name="monitor_devices")
    chair_since = models.DateTimeField(
        null=True, blank=True, help_text="From when on what it measured is of this chair"
    )
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("chair", name="monitor_one_per_chair", condition=Q(active=True)),
            models.CheckConstraint(
                name="monitor_at_chair_since",
                condition=Q(chair__isnull=True, chair_since__isnull=True)
                | Q(chair__isnull=False, chair_since__isnull=False),
            ),
        ]


class MonitorSample(models.Model):
    """One set of values as a monitor sent it, in our units; the stream beside the flowsheet.

    Kept apart from `VitalSigns`: a nurse charts from it, and what she charts is the record. A message sent
    again is the same sample: (device, control_id, position, measured_at). The moment belongs to it: a device
    that counts its messages anew after a restart says something new, and a cuff's value has its own moment.
    """

    id = models.BigAutoField(primary_key=True)
    session = models.ForeignKey(Session, models.PROTECT, related_name="monitor_samples")
    device = models.ForeignKey(MonitorDevice, models.PROTECT, related_name="samples")
    control_id = models.CharField(max_length=80, help_text="MSH-10")
    position = models.PositiveSmallIntegerField(help_text="The OBR's place in its message")
    measured_at = models.DateTimeField()
    received_at = models.DateTimeField(db_default=Now())
    systolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    diastolic_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    mean_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    heart_rate_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    respiratory_rate_per_min = models.PositiveSmallIntegerField(null=True, blank=True)
    oxygen_saturation_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    end_tidal_co2_mmhg = models.PositiveSmallIntegerField(null=True, blank=True)
    temperature_cel = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    clinic_path = "session__clinic_id"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "device", "control_id", "position", "measured_at", name="monitor_sample_once"
            ),
        ]
        indexes = [models.Index(fields=["session", "-measured_at"], name="monitor_sample_newest")]


@tracked
class UnmatchedMessage(Row):
    """What a monitor sent and nobody could place: kept as it came until a person has dealt with it."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="unmatched_messages")
    received_at = models.DateTimeField()
    identifier = models.CharField(max_length=80, blank=True)
    message = models.TextField(help_text="Exactly as it came")
    why = models.CharField(max_length=160)
    sha256 = models.CharField(max_length=64, unique=True, help_text="The same message twice is one row")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=240, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="unmatched_settled_with_outcome",
                condition=Q(settled_at__isnull=True) | ~Q(outcome="") & Q(settled_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "received_at"], name="unmatched_open", condition=Q(settled_at__isnull=True)
            )
        ]
