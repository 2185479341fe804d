"""The clinics that the caller works in, and in which roles."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access
from clinic.models import Clinic, Role
from clinic.viewsets import ClinicViewSet


class ClinicSerializer(serializers.ModelSerializer[Clinic]):
    roles = serializers.SerializerMethodField(help_text="What the caller is in this clinic.")

    class Meta:
        model = Clinic
        fields = ["id", "name", "sender_name", "time_zone", "phone", "address", "synthetic", "roles"]

    @extend_schema(responses=serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, clinic: Clinic) -> list[str]:
        return sorted(self.context["actor"].roles.get(clinic.pk, ()))


class ClinicsViewSet(ClinicViewSet):
    """Clinics, as the people who work there see them."""

    access = {"list": access.VIEW_CLINICS, "retrieve": access.VIEW_CLINICS}
    queryset = Clinic.objects.all()
    serializer_class = ClinicSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ClinicSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        clinic = self.fetch(self.get_queryset(), pk=pk)
        return Response(ClinicSerializer(clinic, context=self.get_serializer_context()).data)
