"""The openings of a day over the API, as they were laid. Declaring hours is `working_hours`, `absences` and
`closures`.
"""

from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import DayField, IdField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.models import Opening, Resource


class OpeningSerializer(serializers.ModelSerializer[Opening]):
    start = serializers.DateTimeField(source="during.lower", read_only=True)
    end = serializers.DateTimeField(source="during.upper", read_only=True)

    class Meta:
        model = Opening
        fields = ["id", "resource", "start", "end"]


class OnDaySerializer(StrictSerializer):
    clinic = IdField()
    day = DayField(help_text="In the clinic's time zone.")
    resource = IdField(required=False)


class ByStart(NewestFirst):
    ordering = ("begins", "id")


class OpeningsViewSet(ClinicViewSet):
    """When chairs, nurses and clinicians work, laid from what is declared: weekly hours, a day's own hours,
    absences and closures.
    """

    access = {"list": access.VIEW_RESOURCES}
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
            whose = self.fetch(Resource.objects.filter(clinic=clinic), pk=asked["resource"])
            openings = openings.filter(resource=whose)
        return self.page(openings, OpeningSerializer)
