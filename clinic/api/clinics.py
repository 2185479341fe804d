"""The clinics that the caller works in, and in which roles."""

from typing import Any
from uuid import UUID

from django.utils.functional import SimpleLazyObject
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clinics
from clinic.api.seen import IF_MATCH, seen_of, with_tag
from clinic.models import Clinic, Role
from clinic.queries import open_task_counts
from clinic.viewsets import ClinicViewSet, StrictSerializer


class ClinicSerializer(serializers.ModelSerializer[Clinic]):
    roles = serializers.SerializerMethodField(help_text="What the caller is in this clinic.")

    open_tasks = serializers.SerializerMethodField(
        help_text="How many open tasks are the caller's there, or free for one of their roles."
    )

    class Meta:
        model = Clinic
        fields = [
            "id",
            "name",
            "sender_name",
            "time_zone",
            "phone",
            "address",
            "synthetic",
            "roles",
            "open_tasks",
        ]

    @extend_schema(responses=serializers.ListField(child=serializers.ChoiceField(choices=Role.choices)))
    def get_roles(self, clinic: Clinic) -> list[str]:
        return sorted(self.context["actor"].roles.get(clinic.pk, ()))

    def get_open_tasks(self, clinic: Clinic) -> int:
        counts: dict[UUID, int] = self.context["open_tasks"]
        return counts.get(clinic.pk, 0)


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
        context = super().get_serializer_context()
        counts = SimpleLazyObject(lambda: open_task_counts(self.actor))
        return {**context, "actor": self.actor, "open_tasks": counts}

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ClinicSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        clinic = self.fetch(self.get_queryset(), pk=pk)
        return self._answer(clinic)

    @extend_schema(parameters=[IF_MATCH], request=ClinicChangeSerializer, responses=ClinicSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Change what is given. The time zone is changed with the booking settings."""
        clinic = self.fetch(self.get_queryset(), pk=pk)
        changes = self.parse(ClinicChangeSerializer)
        changed = clinics.change_details(
            actor=self.actor, clinic=clinic, changes=changes, seen=seen_of(request)
        )
        return self._answer(changed)

    def _answer(self, clinic: Clinic) -> Response:
        shaped = ClinicSerializer(clinic, context=self.get_serializer_context())
        return with_tag(shaped.data, clinics.details_of(clinic))
