"""Questionnaires: what can be asked, and what patients answered, item by item."""

from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField, LineField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfPatientSerializer, StrictSerializer
from scheduler.models import TreatmentPlan
from sessions_app.access import READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.api.acting import REASON
from sessions_app.models import (
    AnsweredHow,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    Session,
)
from sessions_app.outcomes import responses
from sessions_app.outcomes.instruments import INSTRUMENTS
from sessions_app.outcomes.scoring import band


class AnswerChoiceSerializer(serializers.Serializer[Any]):
    value = serializers.IntegerField()
    label = serializers.CharField()  # type: ignore[assignment]
    code = serializers.CharField(help_text="LOINC answer code, where there is one.")


class InstrumentItemSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    loinc = serializers.CharField()


class BesideSerializer(serializers.Serializer[Any]):
    """A question after the items, kept under the number after theirs; it counts in no total."""

    text = serializers.CharField()
    choices = AnswerChoiceSerializer(many=True)
    loinc = serializers.CharField()


class InstrumentSerializer(serializers.Serializer[Any]):
    """What is asked. Items are counted from 1, in this order."""

    code = serializers.CharField()
    version = serializers.CharField()
    title = serializers.CharField()
    stem = serializers.CharField()
    items = InstrumentItemSerializer(many=True)
    choices = AnswerChoiceSerializer(many=True, help_text="Empty: any whole number from low to high.")
    low = serializers.IntegerField(help_text="Lowest total.")
    high = serializers.IntegerField(help_text="Highest total.")
    panel_loinc = serializers.CharField()
    total_loinc = serializers.CharField()
    lookback_days = serializers.IntegerField(
        help_text="Not asked again sooner, but at the baseline, at the end of the induction or monthly."
    )
    prorate_up_to = serializers.IntegerField(help_text="So many missing items may be made up for.")
    scored = serializers.BooleanField(help_text="False: each item stands alone, without a total.")
    beside = BesideSerializer(allow_null=True, help_text="Such as PHQ-9's question about difficulty.")


class AnswerSerializer(serializers.ModelSerializer[QuestionnaireAnswer]):
    class Meta:
        model = QuestionnaireAnswer
        fields = ["id", "item", "value", "answered_at"]


class ResponseSerializer(serializers.ModelSerializer[QuestionnaireResponse]):
    """A questionnaire with every answer given; the newest of an item counts."""

    answers = serializers.SerializerMethodField()
    band = serializers.SerializerMethodField(help_text="The name of the score's range.")

    class Meta:
        model = QuestionnaireResponse
        fields = [
            "id",
            "clinic",
            "patient",
            "plan",
            "session",
            "instrument",
            "instrument_version",
            "status",
            "how",
            "occasion",
            "recorded_by",
            "started_at",
            "completed_at",
            "score",
            "band",
            "prorated",
            "error_reason",
            "error_at",
            "answers",
        ]

    @extend_schema_field(AnswerSerializer(many=True))
    def get_answers(self, row: QuestionnaireResponse) -> Any:
        answers = sorted(row.answers.all(), key=lambda each: (each.answered_at, each.created_at, each.pk))
        return AnswerSerializer(answers, many=True).data

    @extend_schema_field(OpenApiTypes.STR)
    def get_band(self, row: QuestionnaireResponse) -> str:
        return "" if row.score is None else band(INSTRUMENTS[row.instrument], row.score)


class BeginSerializer(CreateSerializer):
    patient = IdField()
    instrument = serializers.ChoiceField(choices=list(INSTRUMENTS))
    how = serializers.ChoiceField(choices=AnsweredHow.choices, default=AnsweredHow.INTERVIEW)
    occasion = serializers.ChoiceField(choices=Occasion.choices, default=Occasion.OTHER)
    plan = IdField(required=False, allow_null=True, default=None)
    session = IdField(required=False, allow_null=True, default=None)


class GiveAnswerSerializer(CreateSerializer):
    item = serializers.IntegerField(help_text="From 1.")
    value = serializers.IntegerField()


class CompleteSerializer(StrictSerializer):
    prorate = serializers.BooleanField(
        default=False, help_text="Make up for one or two missing items; the score is marked."
    )


class InErrorSerializer(StrictSerializer):
    reason = LineField(max_length=REASON)


class InstrumentsViewSet(ClinicViewSet):
    """The questionnaires that can be asked."""

    access = {"list": READ_SESSIONS}
    queryset = QuestionnaireResponse.objects.none()
    serializer_class = InstrumentSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=InstrumentSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(InstrumentSerializer(INSTRUMENTS.values(), many=True).data)


class ResponsesViewSet(ClinicViewSet):
    """Questionnaires as patients answered them. Each answer is kept, and judged, the moment it is given."""

    access = {
        "list": READ_SESSIONS,
        "retrieve": READ_SESSIONS,
        "create": RECORD_OUTCOMES,
        "answers": RECORD_OUTCOMES,
        "complete": RECORD_OUTCOMES,
        "enter_in_error": RECORD_OUTCOMES,
    }
    queryset = QuestionnaireResponse.objects.prefetch_related("answers")
    serializer_class = ResponseSerializer

    @extend_schema(parameters=[OfPatientSerializer], responses=ResponseSerializer(many=True))
    def list(self, request: Request) -> Response:
        """A patient's questionnaires, the newest first. The look is written down."""
        asked = self.parse_query(OfPatientSerializer)
        ground.open_chart(self.actor, self.permission, asked["patient"], what="questionnaires")
        return self.page(self.get_queryset().filter(**asked), ResponseSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One questionnaire. The look is written down."""
        found = self._found(pk)
        ground.log_look(self.actor, found.patient, what="questionnaire")
        return Response(ResponseSerializer(found).data)

    @extend_schema(request=BeginSerializer, responses={200: ResponseSerializer, 201: ResponseSerializer})
    def create(self, request: Request) -> Response:
        """Begin a questionnaire; a 409 `too_soon` says from when on it can be asked again."""
        data = self.parse(BeginSerializer)
        patient = ground.fetch(
            self.actor, Patient.objects.select_related("clinic"), self.permission, pk=data.pop("patient")
        )
        for name, rows in (("plan", TreatmentPlan.objects.all()), ("session", Session.objects.all())):
            if data[name]:
                data[name] = self.fetch(rows, pk=data[name])
        return self.create_once(
            noun="questionnaire",
            data=data,
            make=lambda: responses.begin(actor=self.actor, patient=patient, now=clock.now(), **data),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=ResponseSerializer,
        )

    @extend_schema(request=GiveAnswerSerializer, responses={200: AnswerSerializer, 201: AnswerSerializer})
    @action(detail=True, methods=["post"])
    def answers(self, request: Request, pk: UUID) -> Response:
        """Keep one answer. One about self-harm opens a task at once, whether or not this is ever finished."""
        found = self._found(pk)
        data = self.parse(GiveAnswerSerializer)
        return self.create_once(
            noun="questionnaire answer",
            data=data,
            under={"response": str(found.pk)},
            make=lambda: responses.answer(actor=self.actor, response=found, now=clock.now(), **data),
            find=lambda: QuestionnaireAnswer.objects.get(pk=data["id"]),
            answer=AnswerSerializer,
        )

    @extend_schema(request=CompleteSerializer, responses=ResponseSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: UUID) -> Response:
        """Close and score it. There is no score while an item is missing, unless prorating is chosen."""
        found = self._found(pk)
        data = self.parse(CompleteSerializer)
        done = responses.complete(actor=self.actor, response=found, now=clock.now(), **data)
        return Response(ResponseSerializer(done).data)

    @extend_schema(request=InErrorSerializer, responses=ResponseSerializer)
    @action(detail=True, methods=["post"], url_path="enter-in-error")
    def enter_in_error(self, request: Request, pk: UUID) -> Response:
        """Say that it doesn't count, and why. It stays readable."""
        found = self._found(pk)
        data = self.parse(InErrorSerializer)
        done = responses.enter_in_error(actor=self.actor, response=found, now=clock.now(), **data)
        return Response(ResponseSerializer(done).data)

    def _found(self, pk: UUID) -> QuestionnaireResponse:
        return self.fetch(self.get_queryset().select_related("patient"), pk=pk)
