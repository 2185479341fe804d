"""Check-ins over the API, for those who judge the answers."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.access import log_look, open_chart
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access, queries
from notifications.models import CheckIn, CheckInAnswer


class CheckInAnswerSerializer(serializers.ModelSerializer[CheckInAnswer]):
    class Meta:
        model = CheckInAnswer
        fields = ["id", "question", "value", "level", "answered_at"]


class CheckInSerializer(serializers.ModelSerializer[CheckIn]):
    answers = CheckInAnswerSerializer(many=True, read_only=True)

    class Meta:
        model = CheckIn
        fields = [
            "id",
            "clinic",
            "patient",
            "session",
            "message",
            "kind",
            "level",
            "completed_at",
            "created_at",
            "answers",
        ]


class CheckInFilterSerializer(StrictSerializer):
    patient = IdField(required=False)
    level = serializers.ChoiceField(choices=["red", "amber", "green"], required=False)


class CheckInsViewSet(ClinicViewSet):
    """Questions put to patients after a visit, with every answer given; the newest of a question counts."""

    access = {"list": access.VIEW_CHECK_INS, "retrieve": access.VIEW_CHECK_INS}
    queryset = CheckIn.objects.all()
    serializer_class = CheckInSerializer

    @extend_schema(parameters=[CheckInFilterSerializer])
    def list(self, request: Request) -> Response:
        asked = self.parse_query(CheckInFilterSerializer)
        if "patient" in asked:
            open_chart(self.actor, self.permission, asked["patient"], what="check-ins")
        return self.page(queries.check_ins().filter(**asked), CheckInSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        check_in = self.fetch(queries.check_ins(), pk=pk)
        log_look(self.actor, check_in.patient, what="check-in")
        return Response(CheckInSerializer(check_in).data)
