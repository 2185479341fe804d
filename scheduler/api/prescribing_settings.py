"""What a clinic asks for before a plan is written, over the API: read by all who work there, changed by the
manager."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic.api.seen import IF_MATCH, seen_of, with_tag
from clinic.models import Clinic
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.evaluating import prescribing_settings


class PrescribingSettingsSerializer(StrictSerializer):
    plans_need_eligibility = serializers.BooleanField(
        help_text="A plan is written only for whom a prescriber has found eligible here."
    )


class PrescribingSettingsViewSet(ClinicViewSet):
    """A clinic that keeps its evaluations elsewhere asks for nothing. Whoever was deferred or declined here
    gets no plan either way."""

    access = {
        "prescribing_settings": ground.VIEW_CLINICS,
        "change_prescribing_settings": access.CHANGE_PRESCRIBING,
    }
    queryset = Clinic.objects.all()
    serializer_class = PrescribingSettingsSerializer

    @extend_schema(responses=PrescribingSettingsSerializer)
    @action(detail=True, methods=["get"], url_path="prescribing-settings")
    def prescribing_settings(self, request: Request, pk: UUID) -> Response:
        stands = prescribing_settings.settings_of(self.fetch(self.get_queryset(), pk=pk))
        return with_tag(stands, stands)

    @extend_schema(
        parameters=[IF_MATCH], request=PrescribingSettingsSerializer, responses=PrescribingSettingsSerializer
    )
    @prescribing_settings.mapping.patch
    def change_prescribing_settings(self, request: Request, pk: UUID) -> Response:
        clinic = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(PrescribingSettingsSerializer)
        stands = prescribing_settings.change(actor=self.actor, clinic=clinic, seen=seen_of(request), **data)
        return with_tag(stands, stands)
