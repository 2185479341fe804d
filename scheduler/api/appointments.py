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
from clinic.fields import DayField, IdField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.api.availability import (
    NURSE_HELP,
    BlockerSerializer,
    FeasibleStartSerializer,
    NamedSerializer,
    ToAskSerializer,
    TurnSerializer,
)
from scheduler.api.protocols import NothingSerializer
from scheduler.models import Appointment, CancellationReason, Resource, TreatmentPlan
from scheduler.visits import attendance, booking, calling_off, lengthening, moving, queries, versions
from scheduler.visits.visit_history import appointment_history


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
            "cancelled_late",
            "held_until",
            "extra_recovery_minutes",
            "fasting_asked_at",
            "arrived_at",
            "series",
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
    plan = IdField()
    start = MomentField(help_text="On the five-minute grid.")
    chair = IdField(required=False, allow_null=True, help_text="Left out: any that is free.")
    nurse = IdField(required=False, allow_null=True, help_text=NURSE_HELP)


class CheckedSerializer(AskSerializer):
    appointment = IdField(
        required=False, allow_null=True, help_text="A visit or hold of the plan that would be moved there."
    )


class FastedSerializer(StrictSerializer):
    fasted = serializers.BooleanField(
        default=False,
        help_text="The patient was asked, and has fasted: for a start sooner than the protocol's fasting"
        " takes (`to_ask`), refused with 409 `fasting_not_asked` without it.",
    )


class HoldSerializer(CreateSerializer, AskSerializer):
    pass


class BookSerializer(FastedSerializer, HoldSerializer):
    pass


class RescheduleSerializer(FastedSerializer):
    start = MomentField(help_text="On the five-minute grid.")
    chair = IdField(required=False, allow_null=True, help_text="Left out: any that is free.")
    nurse = IdField(required=False, allow_null=True, help_text=NURSE_HELP)


class LengthenSerializer(StrictSerializer):
    extra_recovery_minutes = serializers.IntegerField(
        help_text="How much longer than the protocol says the chair and its nurse are kept, in steps of five."
    )


class CancelSerializer(StrictSerializer):
    reason = serializers.ChoiceField(choices=CancellationReason.choices)


class WhichSerializer(StrictSerializer):
    """Either a clinic's day or a patient."""

    clinic = IdField(required=False)
    day = DayField(required=False, help_text="In the clinic's time zone.")
    patient = IdField(required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if set(asked) not in ({"clinic", "day"}, {"patient"}):
            raise serializers.ValidationError({"patient": "Ask for a clinic and a day, or for a patient."})
        return asked


class AlternativeSerializer(FeasibleStartSerializer):
    kinds = serializers.ListField(
        child=serializers.CharField(),
        help_text="Why it is listed: same_day, same_nurse, same_chair, next_days",
    )


class CheckSerializer(serializers.Serializer[Any]):
    bookable = serializers.BooleanField()
    start = serializers.DateTimeField(source="decision.start")
    end = serializers.DateTimeField(source="decision.end")
    chair = NamedSerializer(source="decision.chair", allow_null=True)
    nurses = TurnSerializer(source="decision.nurses", many=True)
    clinician = NamedSerializer(source="decision.clinician", allow_null=True)
    to_ask = ToAskSerializer(source="decision.to_ask", allow_null=True)
    blockers = BlockerSerializer(many=True)
    alternatives = AlternativeSerializer(many=True)


class HistoryLineSerializer(serializers.Serializer[Any]):
    """One change of a visit, in a stable code and in plain words."""

    what = serializers.CharField()
    words = serializers.CharField()
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="A name, or the door at which nobody of the staff stood.")
    why = serializers.CharField()


class OfPlanSerializer(StrictSerializer):
    plan = IdField()


class BehindSerializer(serializers.Serializer[Any]):
    """A visit under an older version than its plan, and what stands against taking it over where it is."""

    appointment = IdField(source="appointment.pk")
    protocol = IdField(source="appointment.protocol_id", help_text="The version it is under.")
    start = serializers.DateTimeField(source="appointment.starts_at")
    end = serializers.DateTimeField(source="appointment.ends_at")
    would_end = serializers.DateTimeField(source="decision.end", help_text="Under the version of its plan.")
    blockers = BlockerSerializer(many=True)


class ByStart(NewestFirst):
    ordering = ("begins", "id")


class VisitsViewSet(ClinicViewSet):
    """What visits and holds share: how they are asked for, and how they are shown."""

    queryset = Appointment.objects.none()
    serializer_class = AppointmentSerializer
    pagination_class = ByStart

    def get_queryset(self) -> QuerySet[Appointment]:
        return queries.visits().annotate(begins=F("during__startswith"))

    def people(self, data: dict[str, Any]) -> dict[str, Any]:
        """The chair and the nurse that a body names, fetched under this action's permission."""
        return {
            kind: self.fetch(Resource.objects.all(), pk=data[kind]) if data.get(kind) else None
            for kind in ("chair", "nurse")
        }

    def asked(self, data: dict[str, Any]) -> dict[str, Any]:
        """The plan, the start and the people that a body names."""
        plan = self.fetch(TreatmentPlan.objects.select_related("clinic"), pk=data["plan"])
        return {"plan": plan, "start": data["start"], **self.people(data)}

    def shown(self, appointment: Appointment) -> Appointment:
        return self.get_queryset().get(pk=appointment.pk)

    def answer(self, appointment: Appointment) -> Response:
        return Response(AppointmentSerializer(self.shown(appointment)).data)


class AppointmentsViewSet(VisitsViewSet):
    """Visits. A booking that is refused answers 409 with all `blockers` and the nearest `alternatives`."""

    access = {
        "list": access.VIEW_SCHEDULE,
        "create": access.BOOK,
        "retrieve": access.VIEW_SCHEDULE,
        "history": access.VIEW_SCHEDULE,
        "check": access.BOOK,
        "reschedule": access.BOOK,
        "lengthen": access.BOOK,
        "cancel": access.BOOK,
        "confirm": access.BOOK,
        "check_in": access.BOOK,
        "no_show": access.BOOK,
        "undo": access.BOOK,
        "under_older_versions": access.VIEW_SCHEDULE,
        "take_over": access.BOOK,
    }

    @extend_schema(parameters=[WhichSerializer])
    def list(self, request: Request) -> Response:
        """The visits that start on a clinic's local day, or a patient's; cancelled ones and holds too."""
        asked = self.parse_query(WhichSerializer)
        visits = self.get_queryset().exclude(queries.LAPSED_HOLDS)
        if "patient" in asked:
            patient = ground.open_chart(self.actor, self.permission, asked["patient"], what="visits")
            return self.page(visits.filter(patient=patient), AppointmentSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        of_day = queries.on_day(visits.filter(clinic=clinic), asked["day"], clinic.time_zone)
        return self.page(of_day, AppointmentSerializer)

    @extend_schema(request=BookSerializer, responses={200: AppointmentSerializer, 201: AppointmentSerializer})
    def create(self, request: Request) -> Response:
        data = self.parse(BookSerializer)
        asked = self.asked(data)
        return self.create_once(
            noun="appointment",
            data=data,
            make=lambda: self.shown(self._book(data, asked)),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=AppointmentSerializer,
        )

    def _book(self, data: dict[str, Any], asked: dict[str, Any]) -> Appointment:
        return booking.book(actor=self.actor, id=data["id"], fasted=data["fasted"], now=clock.now(), **asked)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        visit = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, visit.patient, what="visit")
        return Response(AppointmentSerializer(visit).data)

    @extend_schema(responses=HistoryLineSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def history(self, request: Request, pk: UUID) -> Response:
        """What became of the visit, step by step, the first one first."""
        visit = self.fetch(Appointment.objects.select_related("clinic", "patient"), pk=pk)
        ground.log_look(self.actor, visit.patient, what="visit history")
        return Response(HistoryLineSerializer(appointment_history(visit, now=clock.now()), many=True).data)

    @extend_schema(request=CheckedSerializer, responses=CheckSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """A dry run of a booking or a move: what would be booked, or every blocker and the alternatives."""
        data = self.parse(CheckedSerializer)
        asked = self.asked(data)
        if data.get("appointment"):
            of_plan = Appointment.objects.filter(plan=asked["plan"])
            asked["appointment"] = self.fetch(of_plan, pk=data["appointment"])
        answer = booking.check(actor=self.actor, now=clock.now(), **asked)
        return Response(CheckSerializer(answer).data)

    @extend_schema(request=RescheduleSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def reschedule(self, request: Request, pk: UUID) -> Response:
        """Move it to another time, chair or nurse; it keeps its id, and a new time is confirmed anew."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        data = self.parse(RescheduleSerializer)
        return self.answer(
            moving.reschedule(
                actor=self.actor,
                appointment=visit,
                start=data["start"],
                fasted=data["fasted"],
                now=clock.now(),
                **self.people(data),
            )
        )

    @extend_schema(request=LengthenSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def lengthen(self, request: Request, pk: UUID) -> Response:
        """Keep its chair and its nurse longer for recovery; refused with `blockers` and the `longest` that is
        free."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        minutes = self.parse(LengthenSerializer)["extra_recovery_minutes"]
        return self.answer(
            lengthening.lengthen(
                actor=self.actor, appointment=visit, extra_recovery_minutes=minutes, now=clock.now()
            )
        )

    @extend_schema(request=CancelSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: UUID) -> Response:
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        reason = CancellationReason(self.parse(CancelSerializer)["reason"])
        return self.answer(
            calling_off.cancel(actor=self.actor, appointment=visit, reason=reason, now=clock.now())
        )

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: UUID) -> Response:
        """The patient has confirmed, by telephone for instance."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        return self.answer(attendance.confirm(appointment=visit, now=clock.now()))

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"], url_path="check-in")
    def check_in(self, request: Request, pk: UUID) -> Response:
        """The patient has arrived, on the day of the visit."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        return self.answer(attendance.arrive(actor=self.actor, appointment=visit, now=clock.now()))

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"], url_path="no-show")
    def no_show(self, request: Request, pk: UUID) -> Response:
        """The patient has not come, and the visit's time has begun: the time is free."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        return self.answer(attendance.mark_no_show(actor=self.actor, appointment=visit, now=clock.now()))

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: UUID) -> Response:
        """Take back a cancellation, a no-show or a check-in: at the same time, or refused with `blockers`."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        return self.answer(attendance.undo(actor=self.actor, appointment=visit, now=clock.now()))

    @extend_schema(parameters=[OfPlanSerializer], responses=BehindSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="under-older-versions", pagination_class=None)
    def under_older_versions(self, request: Request) -> Response:
        """A plan's visits to come that were booked under another protocol version than it stands under."""
        plans = TreatmentPlan.objects.select_related("clinic", "patient")
        plan = self.fetch(plans, pk=self.parse_query(OfPlanSerializer)["plan"])
        ground.log_look(self.actor, plan.patient, what="plan")
        return Response(BehindSerializer(versions.behind(plan=plan, now=clock.now()), many=True).data)

    @extend_schema(request=NothingSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: UUID) -> Response:
        """Lay it anew under the protocol version of its plan, at its own time, or refused with `blockers`."""
        visit = self.fetch(Appointment.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        return self.answer(versions.take_over(actor=self.actor, appointment=visit, now=clock.now()))
