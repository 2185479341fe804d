"""Declared hours over the API: weekly patterns, and one day's own hours in their place."""

from datetime import time
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock, idempotency
from clinic.fields import DayField, IdField
from clinic.models import Clinic
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.api.foreseen import ForeseenChangeSerializer
from scheduler.models import DayHours, Resource, WorkingPattern
from scheduler.working_hours import foreseeing, working_time
from scheduler.working_hours.hours import Stretch

HOURS_HELP = (
    'Pairs of wall times, from and until: [["09:00", "12:30"], ["13:00", "17:00"]] is a day with a break.'
    ' "00:00" as `until` is the end of the day. Empty: it doesn\'t work.'
)

MOST_STRETCHES: Final = 24  # of one day
MOST_GIVING_WAY: Final = 1000  # a week of such days, several times over


class HoursField(serializers.ListField):
    """A day's hours as pairs of wall times."""

    def __init__(self, **kwargs: Any) -> None:
        pair = serializers.ListField(child=serializers.TimeField(format="%H:%M"), min_length=2, max_length=2)
        limits = {"max_length": MOST_STRETCHES}
        super().__init__(**{"child": pair, "help_text": HOURS_HELP, **limits, **kwargs})

    def to_internal_value(self, data: Any) -> list[Stretch]:
        pairs: list[list[time]] = super().to_internal_value(data)
        return [(start, until) for start, until in pairs]


class PatternSerializer(serializers.ModelSerializer[WorkingPattern]):
    """One stretch of hours on one weekday (0 Monday to 6 Sunday); a lunch break is the gap between two."""

    starts_at = serializers.TimeField(format="%H:%M")
    ends_at = serializers.TimeField(format="%H:%M", help_text="00:00 is the end of the day.")

    class Meta:
        model = WorkingPattern
        fields = ["id", "resource", "weekday", "starts_at", "ends_at", "valid_from", "valid_until"]


class PatternCheckSerializer(StrictSerializer):
    """The body of a declaration that is only looked at."""

    resource = IdField()
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        max_length=7,
        help_text="0 Monday to 6 Sunday.",
    )
    hours = HoursField()
    valid_from = DayField()
    valid_until = DayField(required=False, allow_null=True, help_text="The last day; left out: no end.")


class PatternCreateSerializer(CreateSerializer, PatternCheckSerializer):
    in_place_of = serializers.ListField(
        child=IdField(),
        max_length=MOST_GIVING_WAY,
        required=False,
        help_text="The patterns that stand there as you have seen them, on these weekdays: they give way.",
    )


class PatternEndSerializer(StrictSerializer):
    last_day = DayField(help_text="The pattern holds through this day.")


class DayHoursSerializer(serializers.ModelSerializer[DayHours]):
    hours = HoursField()

    class Meta:
        model = DayHours
        fields = ["id", "resource", "day", "hours"]


class DayHoursCheckSerializer(StrictSerializer):
    """The body of a declaration that is only looked at."""

    resource = IdField()
    day = DayField(help_text="In the clinic's time zone.")
    hours = HoursField()


class DayHoursCreateSerializer(CreateSerializer, DayHoursCheckSerializer):
    in_place_of = IdField(
        required=False, allow_null=True, help_text="The day's own hours that stand already and give way."
    )


class WhoseSerializer(StrictSerializer):
    clinic = IdField()
    resource = IdField(required=False, help_text="Left out: everybody's.")


class DeclaredViewSet(ClinicViewSet):
    """What lists of declarations share: whose they are."""

    def whose(self) -> tuple[Clinic, dict[str, Resource]]:
        """The clinic, and the resource to narrow a list to, where one is named."""
        asked = self.parse_query(WhoseSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        if "resource" not in asked:
            return clinic, {}
        return clinic, {"resource": self.fetch(Resource.objects.filter(clinic=clinic), pk=asked["resource"])}


class WorkingHoursViewSet(DeclaredViewSet):
    """Weekly hours. What takes hours away from booked visits is refused as `visits_stranded` with them."""

    access = {
        "list": access.VIEW_RESOURCES,
        "create": access.CHANGE_HOURS,
        "check": access.CHANGE_HOURS,
        "end": access.CHANGE_HOURS,
    }
    queryset = WorkingPattern.objects.select_related("resource__clinic")
    serializer_class = PatternSerializer

    @extend_schema(parameters=[WhoseSerializer])
    def list(self, request: Request) -> Response:
        """The patterns that hold today or later."""
        clinic, narrowed = self.whose()
        today = clock.local_date(clock.now(), clinic.time_zone)
        patterns = self.get_queryset().filter(
            Q(valid_until__isnull=True) | Q(valid_until__gte=today), resource__clinic=clinic, **narrowed
        )
        return self.page(patterns, PatternSerializer)

    @extend_schema(
        request=PatternCreateSerializer,
        responses={200: PatternSerializer(many=True), 201: PatternSerializer(many=True)},
    )
    def create(self, request: Request) -> Response:
        """Hours for some weekdays from a day on, in place of those that stand there: all or none."""
        data = self.parse(PatternCreateSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        made_by_call = working_time.pattern_ids(data["id"], data["weekdays"], data["hours"])
        sent: Any = request.data
        patterns, made = idempotency.create_once(
            actor=self.actor,
            noun="working_hours",
            id=data["id"],
            body=sent,
            make=lambda: working_time.set_pattern(
                actor=self.actor, resource=resource, now=clock.now(), **data
            ),
            find=lambda: working_time.patterns_made(made_by_call),
        )
        return Response(PatternSerializer(patterns, many=True).data, status=201 if made else 200)

    @extend_schema(request=PatternCheckSerializer, responses=ForeseenChangeSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What these hours would touch: minutes gained and lost, visits in the way, what gives way."""
        data = self.parse(PatternCheckSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        return Response(
            ForeseenChangeSerializer(foreseeing.weekly(resource=resource, now=clock.now(), **data)).data
        )

    @extend_schema(request=PatternEndSerializer, responses={200: PatternSerializer, 204: None})
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: UUID) -> Response:
        """The pattern's last day. One that would not have begun by then is taken back: 204."""
        pattern = self.fetch(self.get_queryset(), pk=pk)
        last_day = self.parse(PatternEndSerializer)["last_day"]
        ended = working_time.end_pattern(
            actor=self.actor, pattern=pattern, last_day=last_day, now=clock.now()
        )
        if ended is None:
            return Response(status=204)
        return Response(PatternSerializer(ended).data)


class DayHoursViewSet(DeclaredViewSet):
    """One day's own hours instead of the weekly pattern: an extra shift, a half day, a day off."""

    access = {
        "list": access.VIEW_RESOURCES,
        "create": access.CHANGE_HOURS,
        "check": access.CHANGE_HOURS,
        "destroy": access.CHANGE_HOURS,
    }
    queryset = DayHours.objects.select_related("resource__clinic")
    serializer_class = DayHoursSerializer

    @extend_schema(parameters=[WhoseSerializer])
    def list(self, request: Request) -> Response:
        """The days with hours of their own, from today on."""
        clinic, narrowed = self.whose()
        today = clock.local_date(clock.now(), clinic.time_zone)
        days = self.get_queryset().filter(day__gte=today, resource__clinic=clinic, **narrowed)
        return self.page(days, DayHoursSerializer)

    @extend_schema(
        request=DayHoursCreateSerializer, responses={200: DayHoursSerializer, 201: DayHoursSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(DayHoursCreateSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        return self.create_once(
            noun="day_hours",
            data=data,
            make=lambda: working_time.set_day(actor=self.actor, resource=resource, now=clock.now(), **data),
            find=lambda: DayHours.objects.get(pk=data["id"]),
            answer=DayHoursSerializer,
        )

    @extend_schema(request=DayHoursCheckSerializer, responses=ForeseenChangeSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What this day's own hours would touch."""
        data = self.parse(DayHoursCheckSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        return Response(
            ForeseenChangeSerializer(foreseeing.day(resource=resource, now=clock.now(), **data)).data
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """The weekly pattern holds again on this day."""
        day_hours = self.fetch(self.get_queryset(), pk=pk)
        working_time.clear_day(actor=self.actor, day_hours=day_hours, now=clock.now())
        return Response(status=204)
