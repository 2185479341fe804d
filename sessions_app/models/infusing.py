"""The infusion: its steps and rates, other medicines, what was wasted."""

from django.db import models
from django.db.models import F, Q

from clinic.models import User
from sessions_app.models.sessions import Observation, Session


class InfusionEventKind(models.TextChoices):
    START = "start", "Started"
    PAUSE = "pause", "Paused"
    RESUME = "resume", "Resumed"
    STOP = "stop", "Stopped"
    NOT_GIVEN = "not_given", "Not given"
    RATE = "rate", "Rate changed"
    BOLUS = "bolus", "Bolus given"
    EXPLAINED = "explained", "Early stop explained"


class InfusionEvent(Observation):
    """What happened to the infusion, and when: without it a signed record could not tell how long a
    pause was. `Session` keeps only where things stand.

    The moment is `happened_at`, or else `recorded_at`. A start and a resumption run at the newest rate. What
    explains an early stop afterwards is of the stop's moment.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="infusion_events")
    kind = models.CharField(max_length=10, choices=InfusionEventKind)
    reason = models.CharField(max_length=240, blank=True)
    happened_at = models.DateTimeField(null=True, blank=True, help_text="If not when it was entered")
    rate_ml_per_h = models.DecimalField(
        max_digits=6,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="New; at the start the worksheet's",
    )
    volume_ml = models.DecimalField(
        max_digits=6,
        decimal_places=1,
        null=True,
        blank=True,
        help_text="Of a bolus; at the stop the pump's figure",
    )


class MedicineGiven(Observation):
    """A PRN medicine beside the infusion: what, how much, why, on whose order."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="medicines_given")
    medicine = models.CharField(max_length=80)
    amount = models.DecimalField(max_digits=8, decimal_places=3)
    unit = models.CharField(max_length=12, help_text="UCUM, such as mg")
    route = models.CharField(max_length=40)
    given_at = models.DateTimeField()
    reason = models.CharField(max_length=240)
    ordered_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: the order set",
    )
    allergy_reason = models.CharField(
        max_length=240, blank=True, help_text="Why it was given in spite of an allergy on record"
    )
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )


class Waste(Observation):
    """What was drawn of a controlled drug and not given (domain.md 1.4 [G]); somebody else witnesses it."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="wastes")
    vial = models.CharField(max_length=80, help_text="Lot or serial number")
    drawn_mg = models.DecimalField(max_digits=7, decimal_places=1)
    wasted_mg = models.DecimalField(max_digits=7, decimal_places=1)
    reason = models.CharField(max_length=240, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="waste_within_drawn", condition=Q(wasted_mg__lte=F("drawn_mg")))
        ]


class WasteWitness(Observation):
    """Somebody else saw it wasted. The database refuses whoever recorded the waste."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="waste_witnesses")
    waste = models.OneToOneField(Waste, models.PROTECT, related_name="witness")
