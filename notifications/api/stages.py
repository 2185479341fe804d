"""Figures by stage of message over the API: sent, delivered, confirmed, answered, the visits afterwards."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from notifications import access
from notifications.reporting.stages import figures_by_stage
from scheduler.api.reports import CountSerializer, PeriodSerializer, PeriodViewSet
from sessions_app.api.reports import RateSerializer


class VisitsAfterSerializer(serializers.Serializer[Any]):
    """Each message counts its own visit, with the words of the attendance report."""

    planned = serializers.IntegerField(source="visits.planned")
    kept = RateSerializer(help_text="Of the visits of which is known whether the patient came.")
    no_shows = RateSerializer(help_text="Of the same.")
    late = RateSerializer(help_text="Cancelled later than the clinic asks for, of all planned.")
    open = serializers.IntegerField(source="visits.open")
    to_come = serializers.IntegerField(source="visits.to_come")
    moved = serializers.IntegerField(help_text="To another time since; counted nowhere else.")


class StageFiguresSerializer(serializers.Serializer[Any]):
    stage = serializers.CharField()
    title = serializers.CharField()
    wanted = serializers.IntegerField()
    under_way = serializers.IntegerField()
    sent = RateSerializer(help_text="Of what was wanted and is not under way.")
    delivered = RateSerializer(help_text="Of what was sent by a provider that reports it.")
    confirmed = RateSerializer(
        allow_null=True, help_text="Of what was sent before the visit was confirmed; before the next message."
    )
    answered = RateSerializer(allow_null=True, help_text="Of what was sent.")
    after = VisitsAfterSerializer(allow_null=True)
    not_sent = CountSerializer(many=True, help_text="Why not, the commonest reason first.")


class StageFiguresViewSet(PeriodViewSet):
    """What became of each kind of message."""

    access = {"stages": access.VIEW_STAGE_FIGURES}
    serializer_class = StageFiguresSerializer

    @extend_schema(parameters=[PeriodSerializer], responses=StageFiguresSerializer(many=True))
    @action(detail=False)
    def stages(self, request: Request) -> Response:
        """Of the messages that fell due in the period. It shows what went together, not what a message did:
        patients who were reminded differ from those who weren't."""
        figures = figures_by_stage(*self.period(), now=clock.now())
        return Response(StageFiguresSerializer(figures, many=True).data)
