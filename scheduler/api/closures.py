"""Closures of the whole clinic over the API, and the public holidays on which it might close."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField, MomentField
from clinic.models import Clinic
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfClinicSerializer, StrictSerializer
from scheduler import access
from scheduler.api.foreseen import ForeseenChangeSerializer
from scheduler.api.openings import ByStart
from scheduler.models import Closure
from scheduler.working_hours import declarable, foreseeing, holiday_calendar, time_off

EITHER = "Give `first_day` and `last_day`, or `start` and `end`."


class ClosureSerializer(serializers.ModelSerializer[Closure]):
    start = serializers.DateTimeField(source="during.lower", read_only=True)
    end = serializers.DateTimeField(source="during.upper", read_only=True)

    class Meta:
        model = Closure
        fields = ["id", "clinic", "start", "end", "name", "public_holiday"]


class ClosureCheckSerializer(StrictSerializer):
    """Whole local days (`first_day` through `last_day`), or any stretch (`start` to `end`)."""

    clinic = IdField()
    first_day = DayField(required=False)
    last_day = DayField(required=False)
    start = MomentField(required=False)
    end = MomentField(required=False)

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        given = asked.keys() & {"first_day", "last_day", "start", "end"}
        if given not in ({"first_day", "last_day"}, {"start", "end"}):
            raise serializers.ValidationError({"first_day": EITHER})
        if "first_day" in asked and asked["last_day"] < asked["first_day"]:
            raise serializers.ValidationError({"last_day": "The last day must not be before the first."})
        return asked


class ClosureCreateSerializer(CreateSerializer, ClosureCheckSerializer):
    """Whole local days (`first_day` through `last_day`), or any stretch (`start` to `end`)."""

    name = serializers.CharField(max_length=declarable.NAME_LENGTH)


class YearSerializer(StrictSerializer):
    clinic = IdField()
    year = serializers.IntegerField()


class HolidaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    name = serializers.CharField()


class ClosuresViewSet(ClinicViewSet):
    """When the whole clinic is closed. Refused as `visits_stranded` with the visits that would lose hours."""

    access = {
        "list": access.VIEW_RESOURCES,
        "create": access.CHANGE_HOURS,
        "check": access.CHANGE_HOURS,
        "destroy": access.CHANGE_HOURS,
        "public_holidays": access.CHANGE_HOURS,
    }
    queryset = Closure.objects.select_related("clinic").annotate(begins=F("during__startswith"))
    serializer_class = ClosureSerializer
    pagination_class = ByStart

    @extend_schema(parameters=[OfClinicSerializer])
    def list(self, request: Request) -> Response:
        """The closures that are not over."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        closures = self.get_queryset().filter(clinic=clinic, during__endswith__gt=clock.now())
        return self.page(closures, ClosureSerializer)

    @extend_schema(
        request=ClosureCreateSerializer, responses={200: ClosureSerializer, 201: ClosureSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(ClosureCreateSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        start, end = _stretch(data, clinic)
        return self.create_once(
            noun="closure",
            data=data,
            make=lambda: time_off.close(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                start=start,
                end=end,
                name=data["name"],
                now=clock.now(),
            ),
            find=lambda: Closure.objects.get(pk=data["id"]),
            answer=ClosureSerializer,
        )

    @extend_schema(request=ClosureCheckSerializer, responses=ForeseenChangeSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What closing would touch: the minutes it takes from everybody, and the visits that need them."""
        data = self.parse(ClosureCheckSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        found = foreseeing.closure(clinic=clinic, stretches=[_stretch(data, clinic)], now=clock.now())
        return Response(ForeseenChangeSerializer(found).data)

    def destroy(self, request: Request, pk: UUID) -> Response:
        """The clinic is open after all, in the hours that are still to come."""
        closure = self.fetch(self.get_queryset(), pk=pk)
        time_off.reopen(actor=self.actor, closure=closure, now=clock.now())
        return Response(status=204)

    @extend_schema(parameters=[YearSerializer], responses=HolidaySerializer(many=True))
    @action(detail=False, methods=["get"], url_path="public-holidays", pagination_class=None)
    def public_holidays(self, request: Request) -> Response:
        """A year's public holidays in the clinic's calendar. Nothing closes by itself: choose, and create."""
        asked = self.parse_query(YearSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        found = holiday_calendar.public_holidays(clinic, asked["year"])
        return Response(HolidaySerializer(found, many=True).data)


def _stretch(data: dict[str, Any], clinic: Clinic) -> tuple[datetime, datetime]:
    """Whole days as the clinic's wall counts them, or the moments that were given."""
    if "start" in data:
        return data["start"], data["end"]
    first, last = (clock.day_bounds(data[name], clinic.time_zone) for name in ("first_day", "last_day"))
    return first[0], last[1]
