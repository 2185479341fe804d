"""Working hours over the API: the openings of a day, an extra one, one taken away."""

from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import DayField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access, working_time
from scheduler.models import Opening, Resource


class OpeningSerializer(serializers.ModelSerializer[Opening]):
    start = serializers.DateTimeField(source="during.lower", read_only=True)
    end = serializers.DateTimeField(source="during.upper", read_only=True)

    class Meta:
        model = Opening
        fields = ["id", "resource", "start", "end"]


class OpeningCreateSerializer(CreateSerializer):
    resource = serializers.UUIDField()
    start = MomentField()
    end = MomentField()


class OnDaySerializer(StrictSerializer):
    clinic = serializers.UUIDField()
    day = DayField(help_text="In the clinic's time zone.")
    resource = serializers.UUIDField(required=False)


class ByStart(NewestFirst):
    ordering = ("begins", "id")


class OpeningsViewSet(ClinicViewSet):
    """When chairs, nurses and clinicians work. Weekly hours are laid out by themselves, months ahead."""

    access = {
        "list": access.VIEW_RESOURCES,
        "create": access.CHANGE_RESOURCES,
        "destroy": access.CHANGE_RESOURCES,
    }
    queryset = Opening.objects.select_related("resource").annotate(begins=F("during__startswith"))
    serializer_class = OpeningSerializer
    pagination_class = ByStart

    @extend_schema(parameters=[OnDaySerializer])
    def list(self, request: Request) -> Response:
        """The openings that touch one local day."""
        asked = self.parse_query(OnDaySerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        day: Any = DateTimeTZRange(*clock.day_bounds(asked["day"], clinic.time_zone))
        openings = self.get_queryset().filter(resource__clinic=clinic, during__overlap=day)
        if "resource" in asked:
            openings = openings.filter(resource=asked["resource"])
        return self.page(openings, OpeningSerializer)

    @extend_schema(
        request=OpeningCreateSerializer, responses={200: OpeningSerializer, 201: OpeningSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(OpeningCreateSerializer)
        resource = self.fetch(Resource.objects.all(), pk=data["resource"])
        return self.create_once(
            noun="opening",
            data=data,
            make=lambda: working_time.open_hours(
                actor=self.actor, id=data["id"], resource=resource, start=data["start"], end=data["end"]
            ),
            find=lambda: Opening.objects.get(pk=data["id"]),
            answer=OpeningSerializer,
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Refused with the list of visits when any stands in it."""
        working_time.close_hours(actor=self.actor, opening=self.fetch(self.get_queryset(), pk=pk))
        return Response(status=204)
