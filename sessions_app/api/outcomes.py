"""How one patient fares over the series: scores, infusions and the diary's counts. Reads only."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, OfPatientSerializer
from sessions_app.access import READ_SESSIONS
from sessions_app.models import Occasion
from sessions_app.outcomes.chart import Chart, chart_of
from sessions_app.outcomes.diary_counts import Counts
from sessions_app.outcomes.statistics import rounded


class PointSerializer(serializers.Serializer[Any]):
    response = IdField(source="response.pk")
    completed_at = serializers.DateTimeField(source="response.completed_at")
    occasion = serializers.ChoiceField(choices=Occasion.choices, source="response.occasion")
    score = serializers.IntegerField()
    band = serializers.CharField()
    prorated = serializers.BooleanField(source="response.prorated")


class LineOfScoresSerializer(serializers.Serializer[Any]):
    instrument = serializers.CharField(source="instrument.code")
    baseline = serializers.IntegerField(source="baseline.score", allow_null=True, default=None)
    change = serializers.IntegerField(allow_null=True, help_text="Newest score less the baseline.")
    points = PointSerializer(many=True)


class PeriodOfDiarySerializer(serializers.Serializer[Any]):
    """28 days. Counts are of the days that were entered; `per_28_days` is null below 80 % of them."""

    first = serializers.DateField()
    last = serializers.DateField()
    entered = serializers.IntegerField()
    headache_days = serializers.IntegerField()
    migraine_days = serializers.IntegerField()
    medicine_days = serializers.IntegerField()
    moderate_or_severe_days = serializers.IntegerField()
    hours = serializers.DecimalField(5, 1)
    mean_peak = serializers.SerializerMethodField()
    per_28_days = serializers.SerializerMethodField()
    overuse = serializers.DictField(
        child=serializers.BooleanField(allow_null=True),
        help_text="By class of medicine; null: can't be told.",
    )

    @extend_schema_field(OpenApiTypes.DECIMAL)
    def get_mean_peak(self, counts: Counts) -> Any:
        return rounded(counts.mean_peak)

    @extend_schema_field(serializers.DictField(child=serializers.DecimalField(8, 4, allow_null=True)))
    def get_per_28_days(self, counts: Counts) -> Any:
        names = ("headache_days", "migraine_days", "medicine_days", "moderate_or_severe_days", "hours")
        return {name: rounded(counts.per_28(getattr(counts, name))) for name in names}


class ChartSerializer(serializers.Serializer[Chart]):
    lines = LineOfScoresSerializer(many=True)
    infusions = serializers.ListField(child=serializers.DateTimeField())
    diary = PeriodOfDiarySerializer(many=True, help_text="The oldest first.")
    course = serializers.ChoiceField(
        choices=["chronic", "episodic", "unknown"], help_text="Of headache, told from the diary."
    )


class OutcomesViewSet(ClinicViewSet):
    """How one patient fares over the series."""

    access = {"list": READ_SESSIONS}
    queryset = Patient.objects.select_related("clinic")
    serializer_class = ChartSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[OfPatientSerializer], responses=ChartSerializer)
    def list(self, request: Request) -> Response:
        """Scores, infusions and diary of one patient. The look is written down."""
        asked = self.parse_query(OfPatientSerializer)
        patient = ground.open_chart(self.actor, self.permission, asked["patient"], what="outcomes")
        return Response(ChartSerializer(chart_of(patient, now=clock.now())).data)
