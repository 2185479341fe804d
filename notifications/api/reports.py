"""No-shows by what the patient had been told, over the API. The other reports are `scheduler.api.reports`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic.viewsets import ClinicViewSet
from notifications.models import Message
from notifications.reporting.reports import no_shows_by_stage
from scheduler.access import VIEW_REPORTS
from scheduler.api.reports import PeriodSerializer, ShareSerializer
from scheduler.reporting.reports import Period


class StageOutcomeSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField(help_text="The last that was sent before the visit; `none`; `confirmed`.")
    words = serializers.CharField()
    no_shows = ShareSerializer(help_text="Of the visits known to have been kept or missed.")


class ReminderReportsViewSet(ClinicViewSet):
    """Who came, by the last that was said to them."""

    access = {"reminders": VIEW_REPORTS}
    queryset = Message.objects.none()
    serializer_class = StageOutcomeSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[PeriodSerializer], responses=StageOutcomeSerializer(many=True))
    @action(detail=False)
    def reminders(self, request: Request) -> Response:
        """No-shows by the stage of reminder that the patient had come to."""
        asked = self.parse_query(PeriodSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        period = Period.of(clinic, asked["first"], asked["last"])
        stages = no_shows_by_stage(clinic, period)
        return Response(StageOutcomeSerializer(stages, many=True).data)
