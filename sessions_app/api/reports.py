"""Side effects and durations of a period's infusions, over the API. The other reports are
`scheduler.api.reports` and `notifications.api.reports`."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from scheduler.access import VIEW_REPORTS
from scheduler.api.reports import CountSerializer, PeriodViewSet, ShareSerializer, VisitsPeriodSerializer
from sessions_app.reporting import durations, side_effects
from sessions_app.reporting.durations import Phase
from sessions_app.reporting.rates import Rate


class RateSerializer(ShareSerializer):
    """So many of so many, with Wilson's interval at 95 %; null of nothing."""

    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()

    def get_low(self, rate: Rate) -> float | None:
        return float(rate.interval[0]) if rate.interval else None

    def get_high(self, rate: Rate) -> float | None:
        return float(rate.interval[1]) if rate.interval else None


class GradesSerializer(serializers.Serializer[Any]):
    """Each side effect counts once, with its worst grade."""

    words = serializers.CharField()
    by_grade = serializers.ListField(
        child=serializers.IntegerField(), help_text="Five counts: CTCAE grades 1 to 5."
    )
    count = serializers.IntegerField()
    per_100 = serializers.FloatField(allow_null=True, help_text="Infusions.")


class ProtocolEffectsSerializer(serializers.Serializer[Any]):
    protocol = serializers.CharField()
    infusions = serializers.IntegerField()
    effects = serializers.IntegerField()
    per_100 = serializers.FloatField(allow_null=True)
    with_any = RateSerializer()
    with_severe = RateSerializer()


class SideEffectsReportSerializer(serializers.Serializer[Any]):
    """Of the infusions that were started in the period: sessions, not patients."""

    infusions = serializers.IntegerField()
    patients = serializers.IntegerField()
    unsigned = serializers.IntegerField(help_text="Their records may still grow.")
    observed = GradesSerializer(many=True, help_text="By staff, the commonest term first.")
    reported = GradesSerializer(many=True, help_text="By patients.")
    with_any = RateSerializer(help_text="Of the infusions.")
    with_moderate = RateSerializer(help_text="Grade 2 or more.")
    with_severe = RateSerializer(help_text="Grade 3 or more.")
    serious = serializers.IntegerField(help_text="Side effects that call the prescriber at once.")
    stopped_early = RateSerializer()
    by_protocol = ProtocolEffectsSerializer(many=True)


class SpreadSerializer(serializers.Serializer[Any]):
    """Minutes: 5, 25, 50, 75 and 95 of a hundred took no longer."""

    count = serializers.IntegerField()
    fifth = serializers.FloatField(allow_null=True)
    first_quartile = serializers.FloatField(allow_null=True)
    median = serializers.FloatField(allow_null=True)
    third_quartile = serializers.FloatField(allow_null=True)
    ninety_fifth = serializers.FloatField(allow_null=True)


class PhaseTimesSerializer(serializers.Serializer[Any]):
    phase = serializers.ChoiceField(choices=[(phase.value, durations.WORDS[phase]) for phase in Phase])
    planned = serializers.FloatField(allow_null=True, help_text="Median of what the visits were booked for.")
    took = SpreadSerializer()
    over = serializers.FloatField(
        allow_null=True, help_text="Median of how much longer each was than its own plan."
    )


class ProtocolTimesSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    infusions = serializers.IntegerField()
    phases = PhaseTimesSerializer(many=True)


class StartsSerializer(serializers.Serializer[Any]):
    """Minutes after the planned moment of the infusion's start; less than nothing is before it."""

    late = SpreadSerializer()
    after_grace = RateSerializer(help_text="More than five minutes late.")
    arrived_late = RateSerializer(help_text="The patient came more than five minutes after the visit's time.")
    bins = CountSerializer(many=True)


class DurationsReportSerializer(serializers.Serializer[Any]):
    """Of the infusions that were started in the period."""

    infusions = serializers.IntegerField()
    under_way = serializers.IntegerField(help_text="Not discharged yet.")
    all = ProtocolTimesSerializer()
    by_protocol = ProtocolTimesSerializer(many=True)
    starts = StartsSerializer()


class InfusionReportsViewSet(PeriodViewSet):
    """What happened in the chair, over a period."""

    access = {"side_effects": VIEW_REPORTS, "durations": VIEW_REPORTS}
    serializer_class = DurationsReportSerializer

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=SideEffectsReportSerializer)
    @action(detail=False, url_path="side-effects")
    def side_effects(self, request: Request) -> Response:
        """Side effects by term and grade, per 100 infusions; observed ones apart from what patients told."""
        return Response(
            SideEffectsReportSerializer(side_effects.side_effects(*self.period_and_visits())).data
        )

    @extend_schema(parameters=[VisitsPeriodSerializer], responses=DurationsReportSerializer)
    @action(detail=False)
    def durations(self, request: Request) -> Response:
        """How long preparation, infusion and recovery took beside their plan, and how late it began."""
        return Response(DurationsReportSerializer(durations.durations(*self.period_and_visits())).data)
