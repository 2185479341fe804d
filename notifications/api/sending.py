"""Whether messages may leave, over the API: one clinic's own pause, and the ways out of the whole
installation, which whoever runs it pauses (`manage.py pause_sending`) and managers only read."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.problems import Forbidden
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access
from notifications.delivering import sending_state
from notifications.models import ClinicMessaging


class WaySerializer(serializers.Serializer[Any]):
    """One way out of the installation."""

    way = serializers.CharField(source="name")
    paused_at = MomentField(allow_null=True)
    paused_by = serializers.CharField(
        source="paused_by_name",
        help_text="Who runs the installation and paused it; empty where Chairside did so itself.",
    )
    paused_why = serializers.CharField(allow_blank=True)
    failures = serializers.IntegerField(help_text="Temporary failures in a row; five close it for a while.")
    closed_until = MomentField(allow_null=True)


class ClinicPauseSerializer(serializers.ModelSerializer[ClinicMessaging]):
    class Meta:
        model = ClinicMessaging
        fields = ["clinic", "paused_at", "paused_by", "paused_why"]


class SendingSerializer(serializers.Serializer[Any]):
    """The ways out, and the caller's clinics that have ever paused."""

    ways = WaySerializer(many=True)
    clinics = ClinicPauseSerializer(many=True)


class ResumeSendingSerializer(StrictSerializer):
    clinic = IdField()


class PauseSendingSerializer(ResumeSendingSerializer):
    why = serializers.CharField(max_length=160, help_text="In a few words, for whoever finds it paused.")


class SendingViewSet(ClinicViewSet):
    """The manager's switch: nothing that a paused clinic says to its patients leaves; it waits, and goes when
    it is resumed."""

    access = dict.fromkeys(("list", "pause", "resume"), access.PAUSE_SENDING)
    queryset = ClinicMessaging.objects.none()
    serializer_class = SendingSerializer
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(responses=SendingSerializer)
    def list(self, request: Request) -> Response:
        """Every way out as it stands now."""
        return self._now()

    @extend_schema(request=PauseSendingSerializer, responses=SendingSerializer)
    @action(detail=False, methods=["post"])
    def pause(self, request: Request) -> Response:
        """Pausing what is paused keeps the first pause with its reason."""
        asked = self.parse(PauseSendingSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        sending_state.pause_clinic(actor=self.actor, clinic=clinic, why=asked["why"], now=clock.now())
        return self._now()

    @extend_schema(request=ResumeSendingSerializer, responses=SendingSerializer)
    @action(detail=False, methods=["post"])
    def resume(self, request: Request) -> Response:
        """What lost its use meanwhile is not sent."""
        asked = self.parse(ResumeSendingSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        sending_state.resume_clinic(actor=self.actor, clinic=clinic)
        return self._now()

    def _now(self) -> Response:
        own = self.actor.clinics(self.permission)
        if not own:
            raise Forbidden(ground.refusal(self.permission))
        clinics = ClinicMessaging.objects.filter(clinic__in=own)
        now = {"ways": sending_state.states(), "clinics": clinics.order_by("clinic")}
        return Response(SendingSerializer(now).data)
