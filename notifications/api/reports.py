"""No-shows by what the patient had been told, over the API. The other reports are `scheduler.api.reports`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from notifications.reporting.reports import no_shows_by_stage
from scheduler.access import VIEW_REPORTS
from scheduler.api.reports import PeriodViewSet, VisitsPeriodSerializer
from sessions_app.api.reports import RateSerializer


class StageOutcomeSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField(help_text="The last that was sent before the visit; `none`; `confirmed`.")
    words = serializers.CharField()
    no_shows = RateSerializer(help_text="Of the visits known to have been kept or missed.")


class ReminderReportsViewSet(PeriodViewSet):
    """Who came, by the last that was said to them."""

    access = {"reminders": VIEW_REPORTS}
    serializer_class = StageOutcomeSerializer

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=StageOutcomeSerializer(many=True))
    @action(detail=False)
    def reminders(self, request: Request) -> Response:
        """No-shows by the stage of reminder that the patient had come to."""
        stages = no_shows_by_stage(*self.period_and_visits())
        return Response(StageOutcomeSerializer(stages, many=True).data)
