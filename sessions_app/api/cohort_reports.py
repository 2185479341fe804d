"""Frozen reports about many patients: made once, read as they were made."""

import json
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField, MomentField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from sessions_app.access import COHORT_REPORTS
from sessions_app.models import CohortReport
from sessions_app.outcomes import cohort_reports
from sessions_app.outcomes.cohort import MEASURES, Query
from sessions_app.outcomes.cohort_reports import MAINTENANCE


class CohortQuerySerializer(StrictSerializer):
    """The question. Days are calendar days of the clinic."""

    instrument = serializers.ChoiceField(choices=list(MEASURES))
    window_first = serializers.IntegerField(default=Query.window_first, help_text="Days after the induction.")
    window_last = serializers.IntegerField(default=Query.window_last)
    window_target = serializers.IntegerField(default=Query.window_target)
    baseline_days = serializers.IntegerField(default=Query.baseline_days)
    induction_days = serializers.IntegerField(default=Query.induction_days)
    maintenance = serializers.ChoiceField(choices=MAINTENANCE, default=Query.maintenance)
    prorated = serializers.BooleanField(default=False, help_text="Count prorated scores as well.")
    started_from = DayField(required=False, allow_null=True, default=None)
    started_until = DayField(required=False, allow_null=True, default=None)


class MakeReportSerializer(StrictSerializer):
    id = IdField(help_text="Made by you (UUID). Sending the same call again records once.")
    clinic = IdField()
    cut_off = MomentField(help_text="Nothing that was recorded later counts. At least two minutes back.")
    query = CohortQuerySerializer()


class CohortReportSerializer(serializers.ModelSerializer[CohortReport]):
    made_by_name = serializers.CharField(source="made_by.full_name", read_only=True)
    content = serializers.SerializerMethodField(help_text="As it was frozen.")

    class Meta:
        model = CohortReport
        fields = [
            "id",
            "clinic",
            "query",
            "cut_off",
            "code_version",
            "sha256",
            "made_by",
            "made_by_name",
            "made_at",
            "content",
        ]

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_content(self, report: CohortReport) -> Any:
        return json.loads(report.content)


class CohortReportsViewSet(ClinicViewSet):
    """Reports about many patients, frozen when they are made: how many got better, and how many didn't."""

    access = {"list": COHORT_REPORTS, "retrieve": COHORT_REPORTS, "create": COHORT_REPORTS}
    queryset = CohortReport.objects.select_related("made_by")
    serializer_class = CohortReportSerializer

    def list(self, request: Request) -> Response:
        """Reports, the newest first."""
        return self.page(self.get_queryset(), CohortReportSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(CohortReportSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(
        request=MakeReportSerializer,
        responses={200: CohortReportSerializer, 201: CohortReportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make a report. The same question with the same cut-off gives the same bytes."""
        data = self.parse(MakeReportSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        return self.create_once(
            noun="cohort report",
            data=data,
            make=lambda: cohort_reports.make(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                query=Query(**data["query"]),
                cut_off=data["cut_off"],
                now=clock.now(),
            ),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=CohortReportSerializer,
        )
