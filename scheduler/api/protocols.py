"""Protocols over the API: look at the versions, put a draft in force."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.models import Protocol
from scheduler.prescribing import protocols


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    class Meta:
        model = Protocol
        fields = [
            "id",
            "clinic",
            "code",
            "version",
            "title",
            "status",
            "approved_by",
            "approved_at",
            "indications",
            "dose_basis",
            "dose_start",
            "dose_soft_min",
            "dose_soft_max",
            "dose_hard_max",
            "preparation_minutes",
            "infusion_minutes",
            "observation_minutes",
            "turnover_minutes",
            "preparation_units",
            "infusion_units",
            "observation_units",
            "fasting_clear_hours",
            "fasting_light_meal_hours",
            "series_min",
            "series_typical",
            "series_max",
            "spacing_min_days",
            "spacing_max_days",
            "maintenance_min_days",
            "maintenance_max_days",
            "vitals_schedule",
            "limits",
            "citation",
        ]


class NothingSerializer(StrictSerializer):
    """A call that needs no more than its address: send {}."""


class AdoptSerializer(StrictSerializer):
    clinic = IdField()


class ByCode(NewestFirst):
    ordering = ("code", "-version", "id")
    position_is_moment = False


class ProtocolsViewSet(ClinicViewSet):
    """Every version of every protocol. A version never changes; `activate` puts a draft in force."""

    access = {
        "list": access.VIEW_PROTOCOLS,
        "retrieve": access.VIEW_PROTOCOLS,
        "adopt_defaults": access.ADOPT_PROTOCOLS,
        "activate": access.ACTIVATE_PROTOCOL,
    }
    queryset = Protocol.objects.all()
    serializer_class = ProtocolSerializer
    pagination_class = ByCode

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ProtocolSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(ProtocolSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=AdoptSerializer, responses=ProtocolSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="adopt-defaults", pagination_class=None)
    def adopt_defaults(self, request: Request) -> Response:
        """Write the default protocols that the clinic doesn't have yet, as drafts that a prescriber may sign.

        Answers the first version of each; asking again writes nothing.
        """
        asked = self.parse(AdoptSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(ProtocolSerializer(protocols.adopt_defaults(clinic=clinic), many=True).data)

    @extend_schema(request=NothingSerializer, responses=ProtocolSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: UUID) -> Response:
        """A prescriber signs this version; the one in force until now is retired."""
        protocol = self.fetch(self.get_queryset(), pk=pk)
        self.parse(NothingSerializer)
        signed = protocols.activate(actor=self.actor, protocol=protocol, now=clock.now())
        return Response(ProtocolSerializer(signed).data)
