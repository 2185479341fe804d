"""Before the start: what the patient confirmed, the checklist, the dose, its check, overrides."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.models import Row
from scheduler.models import Appointment, WeightBasis
from sessions_app.models.sessions import Observation, Session


class YesNoUnknown(models.TextChoices):
    YES = "yes", "Yes"
    NO = "no", "No"
    UNKNOWN = "unknown", "Not answered"


class Readiness(Row):
    """What the patient confirmed before a visit, in their own words and hand. The newest one counts; each
    is kept. Opening the session turns it into answered lines of the checklist, marked as the patient's."""

    clinic_path = "appointment__clinic_id"

    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="readiness")
    given_at = models.DateTimeField()
    ride_home = models.CharField(
        max_length=7,
        choices=YesNoUnknown,
        default=YesNoUnknown.UNKNOWN,
        help_text="Whether there is an adult who takes the patient home",
    )
    ride_name = models.CharField(max_length=120, blank=True, help_text="The adult who takes the patient home")
    ride_phone = models.CharField(max_length=40, blank=True)
    fasting_understood = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    new_medicines = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    possible_pregnancy = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    alcohol_drugs = models.CharField(max_length=7, choices=YesNoUnknown, default=YesNoUnknown.UNKNOWN)
    urinary_symptoms = models.CharField(
        max_length=7,
        choices=YesNoUnknown,
        default=YesNoUnknown.UNKNOWN,
        help_text="Blood in the urine, or pain on passing it",
    )

    class Meta:
        verbose_name_plural = "readiness"
        indexes = [models.Index(fields=["appointment", "-given_at"], name="readiness_newest")]


class CheckResult(models.TextChoices):
    PASS = "pass", "Pass"
    FAIL = "fail", "Fail"
    NOT_APPLICABLE = "not_applicable", "Not applicable"
    UNKNOWN = "unknown", "Unknown"


class AnsweredBy(models.TextChoices):
    STAFF = "staff", "Asked at the chair"
    PATIENT = "patient", "Said by the patient beforehand"
    RECORD = "record", "From the record"


class ChecklistAnswer(Observation):
    """One item of the pre-infusion checklist, answered (domain.md 1.3). The newest answer counts."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="checklist_answers")
    item = models.CharField(max_length=40)
    result = models.CharField(max_length=16, choices=CheckResult)
    note = models.CharField(max_length=240, blank=True)
    source = models.CharField(max_length=8, choices=AnsweredBy, default=AnsweredBy.STAFF)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "session", "item", name="checklist_item_once", condition=Q(corrects__isnull=True)
            )
        ]


class WeightUnit(models.TextChoices):
    """UCUM."""

    KG = "kg", "kg"
    POUND = "[lb_av]", "lb"


class DoseWorksheet(Observation):
    """The arithmetic of one dose with its inputs, outputs and rules (domain.md 1.4). Decimals only."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="dose_worksheets")
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    weight_as_read = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, blank=True, help_text="What the scale showed, in its unit"
    )
    weight_unit = models.CharField(max_length=7, choices=WeightUnit, default=WeightUnit.KG, help_text="UCUM")
    dosing_weight_kg = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, blank=True, help_text="What the dose goes by"
    )
    weight_basis = models.CharField(max_length=8, choices=WeightBasis, default=WeightBasis.ACTUAL)
    weighed_at = models.DateTimeField()
    ordered_dose = models.DecimalField(max_digits=7, decimal_places=3)
    dose_basis = models.CharField(max_length=8)
    stock_mg_per_ml = models.DecimalField(max_digits=5, decimal_places=1)
    bag_volume_ml = models.DecimalField(max_digits=6, decimal_places=1)
    minutes = models.PositiveSmallIntegerField()
    dose_mg = models.DecimalField(max_digits=7, decimal_places=1)
    drug_volume_ml = models.DecimalField(max_digits=6, decimal_places=2)
    concentration_mg_per_ml = models.DecimalField(max_digits=7, decimal_places=3)
    rate_ml_per_h = models.DecimalField(max_digits=6, decimal_places=1)
    dead_space_ml = models.DecimalField(
        max_digits=4,
        decimal_places=1,
        default=0,
        help_text="What stays in the line at the end",
    )
    formula_version = models.CharField(max_length=20)
    warning = models.TextField(blank=True, help_text="What is unusual about it and was let pass, if anything")
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )


class DoseCheck(Observation):
    """A second person's independent check of a worksheet: their own reading of scale, vial, syringe, bag
    and pump (domain.md 1.4 [D]). The database refuses one by whoever prepared the dose."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="dose_checks")
    worksheet = models.ForeignKey(DoseWorksheet, models.PROTECT, related_name="checks")
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    stock_mg_per_ml = models.DecimalField(max_digits=5, decimal_places=1)
    dose_mg = models.DecimalField(max_digits=7, decimal_places=1)
    drug_volume_ml = models.DecimalField(max_digits=6, decimal_places=2)
    bag_volume_ml = models.DecimalField(max_digits=6, decimal_places=1)
    rate_ml_per_h = models.DecimalField(max_digits=6, decimal_places=1)
    mg_per_kg = models.DecimalField(
        max_digits=7, decimal_places=2, null=True, blank=True, help_text="Empty: from before it was asked"
    )
    concentration_mg_per_ml = models.DecimalField(
        max_digits=7, decimal_places=3, null=True, blank=True, help_text="Empty: from before it was asked"
    )
    disagreements = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="The figures that differ; empty: none",
    )


class PrescriberOverride(Observation):
    """A prescriber lets something pass that the rules would stop, and says why (domain.md 1.2, 1.3).

    It counts for what was seen: `about` names the line (an answer, a reading, a side effect), and a newer
    line about the same subject asks again.
    """

    session = models.ForeignKey(Session, models.PROTECT, related_name="overrides")
    subject = models.CharField(max_length=60, help_text="Such as checklist:fasting or start_limits")
    about = models.UUIDField(null=True, blank=True)
    reason = models.CharField(max_length=240)
