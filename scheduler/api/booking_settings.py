"""A clinic's settings of booking over the API: read by all who work there, changed by the manager."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api.seen import IF_MATCH, seen_of, with_tag
from clinic.models import Clinic
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.api.closures import HolidaySerializer
from scheduler.working_hours import booking_settings


class BookingSettingsSerializer(serializers.ModelSerializer[Clinic]):
    class Meta:
        model = Clinic
        fields = [
            "id",
            "holiday_calendar",
            "late_cancellation_hours",
            "no_show_after_minutes",
            "hold_minutes",
            "offer_minutes",
            "feeds_show_names",
            "time_zone",
        ]


class BookingSettingsUpdateSerializer(StrictSerializer):
    holiday_calendar = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=12,
        help_text="ISO 3166 country or subdivision, such as US-IL; empty for none.",
    )
    late_cancellation_hours = serializers.IntegerField(required=False)
    no_show_after_minutes = serializers.IntegerField(
        required=False, help_text="So long after its start a visit can be marked as missed; 0: at once."
    )
    hold_minutes = serializers.IntegerField(required=False)
    offer_minutes = serializers.IntegerField(required=False)
    time_zone = serializers.CharField(
        required=False,
        max_length=64,
        help_text="IANA, such as America/Chicago; it stays once hours are declared or visits booked.",
    )


class TouchedSerializer(serializers.Serializer[Any]):
    """What the settings would find as it is now; what is booked, held or offered already stays."""

    late_was = serializers.IntegerField(help_text="Visits to come that would count as late, cancelled now.")
    late_becomes = serializers.IntegerField(help_text="The same under the settings that are tried.")
    held = serializers.IntegerField(help_text="Times that are held now.")
    offered = serializers.IntegerField(help_text="Offers from the waitlist that stand.")
    holidays = HolidaySerializer(many=True, help_text="Public holidays of the coming year.")
    closures_kept = serializers.IntegerField(
        help_text="Closures to come on holidays of the calendar that would be left."
    )


class BookingSettingsViewSet(ClinicViewSet):
    """Notice of cancellations, how long times are held and offered, and whose public holidays are kept."""

    access = {
        "booking_settings": ground.VIEW_CLINICS,
        "change_booking_settings": access.CHANGE_BOOKING_SETTINGS,
        "check_booking_settings": access.CHANGE_BOOKING_SETTINGS,
    }
    queryset = Clinic.objects.all()
    serializer_class = BookingSettingsSerializer

    @extend_schema(responses=BookingSettingsSerializer)
    @action(detail=True, methods=["get"], url_path="booking-settings")
    def booking_settings(self, request: Request, pk: UUID) -> Response:
        return self._answer(self.fetch(self.get_queryset(), pk=pk))

    @extend_schema(
        parameters=[IF_MATCH], request=BookingSettingsUpdateSerializer, responses=BookingSettingsSerializer
    )
    @booking_settings.mapping.patch
    def change_booking_settings(self, request: Request, pk: UUID) -> Response:
        """Change what is given. Whether calendars name the patients is changed at `calendar-feeds/names/`."""
        clinic = self.fetch(self.get_queryset(), pk=pk)
        changes = self.parse(BookingSettingsUpdateSerializer)
        changed = booking_settings.change_booking_settings(
            actor=self.actor, clinic=clinic, seen=seen_of(request), **changes
        )
        return self._answer(changed)

    @extend_schema(request=BookingSettingsUpdateSerializer, responses=TouchedSerializer)
    @action(detail=True, methods=["post"], url_path="booking-settings/check")
    def check_booking_settings(self, request: Request, pk: UUID) -> Response:
        """What a change would find, tried and not kept."""
        clinic = self.fetch(self.get_queryset(), pk=pk)
        changes = self.parse(BookingSettingsUpdateSerializer)
        found = booking_settings.touched(clinic=clinic, changes=changes, now=clock.now())
        return Response(TouchedSerializer(found).data)

    def _answer(self, clinic: Clinic) -> Response:
        return with_tag(BookingSettingsSerializer(clinic).data, booking_settings.settings_of(clinic))
