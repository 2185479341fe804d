"""Visits over the API: book one, and what becomes of it."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import DayField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access, attendance, booking, queries
from scheduler.api.availability import NURSE_HELP, FeasibleStartSerializer, NamedSerializer, TurnSerializer
from scheduler.api.protocols import NothingSerializer
from scheduler.models import Appointment, CancellationReason, Resource, TreatmentPlan


class AppointmentSerializer(serializers.ModelSerializer[Appointment]):
    """A visit; status words are FHIR's. Once it is cancelled it has no chair, nurses and clinician."""

    patient_name = serializers.CharField(source="patient.full_name", read_only=True)
    start = serializers.DateTimeField(source="starts_at", read_only=True)
    end = serializers.DateTimeField(source="ends_at", read_only=True)
    chair = NamedSerializer(read_only=True, allow_null=True)
    nurses = TurnSerializer(read_only=True, many=True)
    clinician = NamedSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Appointment
        fields = [
            "id",
            "clinic",
            "patient",
            "patient_name",
            "plan",
            "protocol",
            "start",
            "end",
            "status",
            "patient_status",
            "cancelation_reason",
            "cancelled_at",
            "arrived_at",
            "booked_by",
            "chair",
            "nurses",
            "clinician",
        ]

    def to_representation(self, instance: Appointment) -> dict[str, Any]:
        shown = queries.booked_visit(instance)
        held = {"chair": shown.chair, "nurses": shown.nurses, "clinician": shown.clinician}
        for name, value in held.items():
            setattr(instance, name, value)
        return super().to_representation(instance)


class AskSerializer(StrictSerializer):
    plan = serializers.UUIDField()
    start = MomentField(help_text="On the five-minute grid.")
    chair = serializers.UUIDField(required=False, allow_null=True, help_text="Left out: any that is free.")
    nurse = serializers.UUIDField(required=False, allow_null=True, help_text=NURSE_HELP)


class BookSerializer(CreateSerializer, AskSerializer):
    pass


class CancelSerializer(StrictSerializer):
    reason = serializers.ChoiceField(choices=CancellationReason.choices)


class WhichSerializer(StrictSerializer):
    """Either a clinic's day or a patient."""

    clinic = serializers.UUIDField(required=False)
    day = DayField(required=False, help_text="In the clinic's time zone.")
    patient = serializers.UUIDField(required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if set(asked) not in ({"clinic", "day"}, {"patient"}):
            raise serializers.ValidationError({"patient": "Ask for a clinic and a day, or for a patient."})
        return asked


class BlockerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    minutes = serializers.IntegerField(required=False, allow_null=True)


class CheckSerializer(serializers.Serializer[Any]):
    bookable = serializers.BooleanField()
    start = serializers.DateTimeField(source="decision.start")
    end = serializers.DateTimeField(source="decision.end")
    chair = NamedSerializer(source="decision.chair", allow_null=True)
    nurses = TurnSerializer(source="decision.nurses", many=True)
    clinician = NamedSerializer(source="decision.clinician", allow_null=True)
    blockers = BlockerSerializer(many=True)
    alternatives = FeasibleStartSerializer(many=True)


class ByStart(NewestFirst):
    ordering = ("begins", "id")


class AppointmentsViewSet(ClinicViewSet):
    """Visits. A booking that is refused answers 409 with all `blockers` and the nearest `alternatives`."""

    access = {
        "list": access.VIEW_SCHEDULE,
        "create": access.BOOK,
        "retrieve": access.VIEW_SCHEDULE,
        "check": access.BOOK,
        "cancel": access.BOOK,
        "confirm": access.BOOK,
        "check_in": access.BOOK,
    }
    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    pagination_class = ByStart

    def get_queryset(self) -> QuerySet[Appointment]:
        return queries.visits().annotate(begins=F("during__startswith"))

    @extend_schema(parameters=[WhichSerializer])
    def list(self, request: Request) -> Response:
        """The visits that start on a clinic's local day, or a patient's; cancelled ones too."""
        asked = self.parse_query(WhichSerializer)
        if "patient" in asked:
            patient = ground.open_chart(self.actor, self.permission, asked["patient"], what="visits")
            return self.page(self.get_queryset().filter(patient=patient), AppointmentSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        of_day = queries.on_day(self.get_queryset().filter(clinic=clinic), asked["day"], clinic.time_zone)
        return self.page(of_day, AppointmentSerializer)

    @extend_schema(request=BookSerializer, responses={200: AppointmentSerializer, 201: AppointmentSerializer})
    def create(self, request: Request) -> Response:
        data = self.parse(BookSerializer)
        asked = self._asked(data)
        return self.create_once(
            noun="appointment",
            data=data,
            make=lambda: self._shown(booking.book(actor=self.actor, id=data["id"], now=clock.now(), **asked)),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=AppointmentSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        visit = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, visit.patient, what="visit")
        return Response(AppointmentSerializer(visit).data)

    @extend_schema(request=AskSerializer, responses=CheckSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """A dry run of a booking: what would be booked, or every blocker and the nearest alternatives."""
        asked = self._asked(self.parse(AskSerializer))
        answer = booking.check(actor=self.actor, now=clock.now(), **asked)
        return Response(CheckSerializer(answer).data)

    @extend_schema(request=CancelSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        reason = CancellationReason(self.parse(CancelSerializer)["reason"])
        cancelled = booking.cancel(actor=self.actor, appointment=visit, reason=reason, now=clock.now())
        return Response(AppointmentSerializer(self._shown(cancelled)).data)

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: UUID) -> Response:
        """The patient has confirmed, by telephone for instance."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        confirmed = attendance.confirm(appointment=visit, now=clock.now())
        return Response(AppointmentSerializer(self._shown(confirmed)).data)

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, pk: UUID) -> Response:
        """The patient has arrived, on the day of the visit."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        arrived = attendance.arrive(actor=self.actor, appointment=visit, now=clock.now())
        return Response(AppointmentSerializer(self._shown(arrived)).data)

    def _asked(self, data: dict[str, Any]) -> dict[str, Any]:
        """The plan, chair and nurse that a body names, fetched under this action's permission."""

        def resource(kind: str) -> Resource | None:
            return self.fetch(Resource.objects.all(), pk=data[kind]) if data.get(kind) else None

        return {
            "plan": self.fetch(TreatmentPlan.objects.all(), pk=data["plan"]),
            "start": data["start"],
            "chair": resource("chair"),
            "nurse": resource("nurse"),
        }

    def _shown(self, appointment: Appointment) -> Appointment:
        return self.get_queryset().get(pk=appointment.pk)
