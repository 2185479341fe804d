"""Clinics, each with its own calendar and settings."""

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from clinic import clock
from clinic.history import tracked
from clinic.models.rows import Row


@tracked
class Clinic(Row):
    """One site with one calendar. Its own name may reveal what it treats; messages use the sender name."""

    clinic_path = "id"

    name = models.CharField(max_length=120)
    sender_name = models.CharField(max_length=40, help_text="Neutral name that patients see in messages.")
    time_zone = models.CharField(max_length=64, validators=[clock.validate_zone])
    phone = PhoneNumberField()
    address = models.CharField(max_length=240, blank=True)
    opening_horizon_days = models.PositiveSmallIntegerField(
        default=120, help_text="How many days ahead working hours are laid out for booking."
    )
    holiday_calendar = models.CharField(
        max_length=12, blank=True, help_text="ISO 3166 country or subdivision, such as US-IL; empty for none."
    )
    # [D] domain.md 8.3 counts cancellations by more and less than 24 hours.
    late_cancellation_hours = models.PositiveSmallIntegerField(
        default=24, help_text="A cancellation closer to the visit than this is late."
    )
    no_show_after_minutes = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="So long after its start a visit can be marked as missed; 0: from its start on.",
    )
    hold_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How long a time is held while it is talked over."
    )
    offer_minutes = models.PositiveSmallIntegerField(
        default=120, help_text="How long a patient on the waitlist has to answer an offer."
    )
    feeds_show_names = models.BooleanField(
        default=False, help_text="Calendar feeds of nurses and chairs name the patients."
    )
    synthetic = models.BooleanField(default=False, help_text="Every record in this clinic is made up.")

    class Meta:
        constraints = [
            # Run out as it is made, nothing could be held or offered at all.
            models.CheckConstraint(
                name="clinic_holds_and_offers_last",
                condition=models.Q(hold_minutes__gte=1, offer_minutes__gte=1),
            )
        ]
