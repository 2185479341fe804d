"""The clinics that the caller works in, and in which roles."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clinics
from clinic.models import Clinic, Role
from clinic.viewsets import ClinicViewSet, StrictSerializer


class ClinicSerializer(serializers.ModelSerializer[Clinic]):
    roles = serializers.SerializerMethodField(help_text="What the caller is in this clinic.")

    class Meta:
        model = Clinic
        fields = ["id", "name", "sender_name", "time_zone", "phone", "address", "synthetic", "roles"]

    @extend_schema(responses=serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, clinic: Clinic) -> list[str]:
        return sorted(self.context["actor"].roles.get(clinic.pk, ()))


class ClinicChangeSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    sender_name = serializers.CharField(
        max_length=40, required=False, help_text="Neutral name that patients see in messages."
    )
    phone = serializers.CharField(max_length=40, required=False)
    address = serializers.CharField(max_length=240, required=False, allow_blank=True)


class ClinicsViewSet(ClinicViewSet):
    """Clinics, as the people who work there see them."""

    access = {
        "list": access.VIEW_CLINICS,
        "retrieve": access.VIEW_CLINICS,
        "partial_update": access.SET_UP,
    }
    queryset = Clinic.objects.all()
    serializer_class = ClinicSerializer

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "actor": self.actor}

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ClinicSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        clinic = self.fetch(self.get_queryset(), pk=pk)
        return Response(ClinicSerializer(clinic, context=self.get_serializer_context()).data)

    @extend_schema(request=ClinicChangeSerializer, responses=ClinicSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given. The time zone is changed with the booking settings."""
        clinic = self.fetch(self.get_queryset(), pk=pk)
        changes = self.parse(ClinicChangeSerializer)
        changed = clinics.change_details(actor=self.actor, clinic=clinic, changes=changes)
        return Response(ClinicSerializer(changed, context=self.get_serializer_context()).data)
