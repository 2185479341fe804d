"""Questionnaires, the headache diary, a patient's course, and frozen reports about many patients."""

import json
from dataclasses import fields
from typing import Any
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock, idempotency
from clinic.fields import DayField, IdField, LineField, MomentField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler.models import TreatmentPlan
from sessions_app.access import COHORT_REPORTS, READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.api.acting import REASON, words
from sessions_app.models import (
    AnsweredHow,
    CohortReport,
    DiaryDay,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    Session,
)
from sessions_app.outcomes import cohort_reports, diary, responses
from sessions_app.outcomes.chart import Chart, chart_of
from sessions_app.outcomes.cohort import MEASURES, Query
from sessions_app.outcomes.cohort_reports import MAINTENANCE
from sessions_app.outcomes.diary_counts import MEDICINE_CLASSES, TRIGGERS, Counts
from sessions_app.outcomes.instruments import INSTRUMENTS, band
from sessions_app.outcomes.statistics import rounded


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


class OfPatientSerializer(StrictSerializer):
    patient = IdField()


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
        given, made = idempotency.create_once(
            actor=self.actor,
            noun="questionnaire answer",
            id=data["id"],
            body={"response": str(found.pk), **data},
            make=lambda: responses.answer(actor=self.actor, response=found, now=clock.now(), **data),
            find=lambda: QuestionnaireAnswer.objects.get(pk=data["id"]),
        )
        return Response(AnswerSerializer(given).data, status=201 if made else 200)

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


class DiaryDaySerializer(serializers.ModelSerializer[DiaryDay]):
    class Meta:
        model = DiaryDay
        fields = ["id", "patient", "entered_at", *(each.name for each in fields(diary.Entry))]


class EnterDaySerializer(CreateSerializer):
    """One day; sent anew it replaces what was entered, and the history keeps it."""

    patient = IdField()
    day = DayField(help_text="The patient's local day.")
    headache = serializers.BooleanField(help_text="A day that isn't entered is not a day without headache.")
    hours = serializers.DecimalField(3, 1, required=False, allow_null=True, default=None)
    peak = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="0 to 10")
    migraine_features = serializers.BooleanField(default=False)
    aura = words(40, help_text="Its type; empty for none.")
    triggers = serializers.ListField(
        child=serializers.ChoiceField(choices=TRIGGERS), default=list, max_length=len(TRIGGERS)
    )
    acute_medicine_class = serializers.ChoiceField(choices=["", *MEDICINE_CLASSES], default="")
    acute_medicine_doses = serializers.IntegerField(default=0, min_value=0, max_value=99)
    lost_function_hours = serializers.DecimalField(3, 1, required=False, allow_null=True, default=None)
    note = words()


class DaysWithoutHeadacheSerializer(CreateSerializer):
    """Days of which the patient says that none had a headache."""

    patient = IdField()
    days = serializers.ListField(
        child=DayField(),
        min_length=1,
        max_length=diary.LONGEST_BACK.days,
        help_text="The patient's local days.",
    )


class DiaryViewSet(ClinicViewSet):
    """The headache diary, day by day."""

    access = {"list": READ_SESSIONS, "create": RECORD_OUTCOMES, "without_headache": RECORD_OUTCOMES}
    queryset = DiaryDay.objects.all()
    serializer_class = DiaryDaySerializer

    @extend_schema(parameters=[OfPatientSerializer], responses=DiaryDaySerializer(many=True))
    def list(self, request: Request) -> Response:
        """A patient's days, the one entered last first. The look is written down."""
        asked = self.parse_query(OfPatientSerializer)
        ground.open_chart(self.actor, self.permission, asked["patient"], what="headache diary")
        return self.page(self.get_queryset().filter(**asked), DiaryDaySerializer)

    @extend_schema(request=EnterDaySerializer, responses={200: DiaryDaySerializer, 201: DiaryDaySerializer})
    def create(self, request: Request) -> Response:
        """Enter a day, or enter it anew."""
        data = self.parse(EnterDaySerializer)
        patient = ground.fetch(
            self.actor, Patient.objects.select_related("clinic"), self.permission, pk=data.pop("patient")
        )
        id = data.pop("id")
        entry = diary.Entry(**{**data, "triggers": tuple(data["triggers"])})
        return self.create_once(
            noun="diary day",
            data={"id": id},
            make=lambda: diary.enter(actor=self.actor, id=id, patient=patient, entry=entry, now=clock.now()),
            find=lambda: DiaryDay.objects.get(patient=patient, day=entry.day),
            answer=DiaryDaySerializer,
        )

    @extend_schema(
        request=DaysWithoutHeadacheSerializer,
        responses={200: DiaryDaySerializer(many=True), 201: DiaryDaySerializer(many=True)},
    )
    @action(detail=False, methods=["post"], url_path="without-headache", pagination_class=None)
    def without_headache(self, request: Request) -> Response:
        """Enter several days without a headache at once. One that is entered with a headache is refused."""
        data = self.parse(DaysWithoutHeadacheSerializer)
        patient = ground.fetch(
            self.actor, Patient.objects.select_related("clinic"), self.permission, pk=data["patient"]
        )
        rows, made = idempotency.create_once(
            actor=self.actor,
            noun="days without headache",
            id=data["id"],
            body=data,
            make=lambda: diary.enter_without_headache(
                actor=self.actor, id=data["id"], patient=patient, days=data["days"], now=clock.now()
            ),
            find=lambda: diary.days_entered(patient, data["days"]),
        )
        return Response(DiaryDaySerializer(rows, many=True).data, status=201 if made else 200)


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
