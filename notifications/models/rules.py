"""What a clinic has settled about its messages; without a row the default of `planning.rules` holds."""

from datetime import time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from phonenumber_field.modelfields import PhoneNumberField

from clinic.history import tracked
from clinic.models import Clinic, Row, User


@tracked
class ClinicMessaging(Row):
    """How one clinic speaks with its patients."""

    clinic = models.OneToOneField(Clinic, models.PROTECT, related_name="messaging")
    sms_number = PhoneNumberField(
        blank=True, help_text="The number that texts come from and answers go to, in E.164."
    )
    # [V2:33] domain.md 6.4: the health-care exemption allows 1 text a day and 3 a week.
    most_a_day = models.PositiveSmallIntegerField(default=1)
    most_a_week = models.PositiveSmallIntegerField(default=3)
    # Empty: patients ask, and a person moves the visit.
    moves_itself_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Patients may choose another time until so many hours before."
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    paused_why = models.CharField(max_length=160, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("sms_number", name="clinic_sms_number_once", condition=~Q(sms_number="")),
            models.CheckConstraint(
                name="clinic_messages_are_capped", condition=Q(most_a_day__gte=1, most_a_week__gte=1)
            ),
        ]


@tracked
class MessageRule(Row):
    """A clinic's own version of one stage; the timing that its anchor doesn't use is empty."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="message_rules")
    stage = models.CharField(max_length=24)
    enabled = models.BooleanField(default=True)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    hours = models.PositiveSmallIntegerField(null=True, blank=True)
    at = models.TimeField(null=True, blank=True, help_text="Wall-clock time where the patient is")
    last_only = models.BooleanField(
        default=False, help_text="Of what follows an infusion: after the last of a series and no other"
    )
    forms = ArrayField(models.CharField(max_length=8), help_text="sms, email: the ways it may take")
    falls_back = models.BooleanField(default=True, help_text="By e-mail where a text can't be sent")
    merges = models.BooleanField(help_text="May be said together with another message of the day")

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "stage", name="message_rule_once"),
            models.CheckConstraint(name="message_rule_has_a_form", condition=Q(forms__len__gte=1)),
        ]


@tracked
class MessageText(Row):
    """A clinic's own words for one stage in one language; the newest counts."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="message_texts")
    stage = models.CharField(max_length=24)
    language = models.CharField(max_length=12)
    subject = models.CharField(max_length=120)
    email = models.TextField()
    sms = models.CharField(max_length=320)
    written_by = models.ForeignKey(User, models.PROTECT, related_name="+")

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "stage", "language", "-created_at"], name="message_text_newest")
        ]


@tracked
class QuietHours(Row):
    """A jurisdiction with stricter hours than the federal 8:00 to 21:00 (domain.md 6.4); none is built in."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="quiet_hours")
    state = models.CharField(max_length=40, help_text="As it stands in patients' addresses, such as IL")
    day_begins = models.TimeField()
    day_ends = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "state", name="quiet_hours_once"),
            models.CheckConstraint(name="quiet_hours_leave_a_day", condition=Q(day_begins__lt=F("day_ends"))),
            models.CheckConstraint(
                name="quiet_hours_are_stricter",
                condition=Q(day_begins__gte=time(8), day_ends__lte=time(21)),
            ),
        ]
