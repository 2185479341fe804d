"""Check-ins over the API, for those who judge the answers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.access import log_look, open_chart
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access, queries
from notifications.answering.questionnaires import asked_in
from notifications.models import CheckIn, CheckInAnswer
from notifications.queries import Answered


class CheckInAnswerSerializer(serializers.ModelSerializer[CheckInAnswer]):
    class Meta:
        model = CheckInAnswer
        fields = ["id", "question", "value", "level", "answered_at"]


class CheckInQuestionSerializer(serializers.Serializer[Answered]):
    """A question as it was asked, in English, with the answer that counts."""

    code = serializers.CharField(source="question.code")
    text = serializers.CharField(source="question.text")
    value = serializers.CharField(source="answer.value", default="")
    answer = serializers.CharField(source="label")
    level = serializers.CharField(source="answer.level", default="")
    holds_next_visit = serializers.BooleanField(source="holds")


class CheckInSerializer(serializers.ModelSerializer[CheckIn]):
    questions = CheckInQuestionSerializer(source="asked", many=True, read_only=True)
    questionnaires = serializers.SerializerMethodField(help_text="Whose scores are the patient's outcomes.")
    answers = CheckInAnswerSerializer(many=True, read_only=True, help_text="Every one, as it was given.")

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
            "ended_at",
            "end",
            "created_at",
            "questions",
            "questionnaires",
            "answers",
        ]

    def to_representation(self, instance: CheckIn) -> Any:
        instance.asked = queries.answered_questions(instance)  # type: ignore[attr-defined]
        return super().to_representation(instance)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_questionnaires(self, row: CheckIn) -> list[str]:
        return [each.code for each in asked_in(row)]


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
