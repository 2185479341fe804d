"""What patients write to the clinic, and the numbers that must not be written to."""

from django.db import models
from django.db.models import Q
from phonenumber_field.modelfields import PhoneNumberField

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User


class Reading(models.TextChoices):
    """What an inbound text was taken for."""

    CONFIRM = "confirm", "Confirms"
    RESCHEDULE = "reschedule", "Asks for another time"
    STOP = "stop", "Wants no more texts"
    START = "start", "Wants texts again"
    HELP = "help", "Asks for help"
    WRONG_NUMBER = "wrong_number", "Wrong number"
    OTHER = "other", "For a person to read"


@tracked
class InboundMessage(Row):
    """A text from a phone, as it came: a record, read by a person unless it is one of the known words."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="inbound_messages")
    patient = models.ForeignKey(
        Patient, models.PROTECT, null=True, blank=True, related_name="inbound_messages"
    )
    sender = PhoneNumberField()
    body = models.TextField()
    provider = models.CharField(max_length=12)
    provider_reference = models.CharField(max_length=160)
    received_at = models.DateTimeField()
    reading = models.CharField(max_length=12, choices=Reading)
    read_at = models.DateTimeField(null=True, blank=True, help_text="When a person dealt with it")
    read_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("provider", "provider_reference", name="inbound_message_once"),
        ]
        indexes = [
            models.Index(fields=["patient", "-received_at"], name="inbound_of_patient"),
            models.Index(fields=["clinic", "-received_at"], name="inbound_log"),
            # Read when a text comes in and by threads: what came from this number.
            models.Index(fields=["clinic", "sender", "-received_at"], name="inbound_of_number"),
            # Read by the list of what nobody has dealt with yet.
            models.Index(
                fields=["clinic", "received_at"], name="inbound_unread", condition=Q(read_at__isnull=True)
            ),
        ]


class BlockReason(models.TextChoices):
    STOP = "stop", "Asked for no more texts"
    WRONG_NUMBER = "wrong_number", "Somebody else's number"
    UNREACHABLE = "unreachable", "Refused for good by the provider"


@tracked
class BlockedAddress(Row):
    """A number or an e-mail address that this clinic doesn't write to, whosever record it stands on."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="blocked_addresses")
    address = models.CharField(max_length=254)
    reason = models.CharField(max_length=12, choices=BlockReason)
    since = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    lifted_how = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "clinic",
                "address",
                "reason",
                name="address_blocked_once",
                condition=Q(lifted_at__isnull=True),
            ),
        ]


class LeftBecause(models.TextChoices):
    """Why a text was answered and nothing else was done about it."""

    NO_CLINIC = "no_clinic", "Its number never was any clinic's"
    NO_TELEPHONE = "no_telephone", "It comes from what can't be a telephone"


class TextsLeft(models.Model):
    """How many texts were left alone, and why: whose they are nobody could say, so nothing else is kept."""

    why = models.CharField(primary_key=True, max_length=12, choices=LeftBecause)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()
