"""The headache diary, day by day."""

from dataclasses import fields

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock, idempotency
from clinic.fields import DayField, IdField
from clinic.models import Patient
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfPatientSerializer
from sessions_app.access import READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.api.acting import words
from sessions_app.models import DiaryDay
from sessions_app.outcomes import diary
from sessions_app.outcomes.diary_counts import MEDICINE_CLASSES, TRIGGERS


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
