"""Whether messages may leave, over the API: the house's ways out, and one clinic's own pause."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from notifications import access
from notifications.delivering import restored, sending_state
from notifications.models import ClinicMessaging

CLINIC: Final = "clinic"
WAYS: Final = [
    (sending_state.ALL, "Everything"),
    ("sms", "Text messages"),
    ("email", "E-mail"),
    (CLINIC, "What one clinic says to its patients"),
]


class WaySerializer(serializers.Serializer[Any]):
    """One way out of the house."""

    way = serializers.CharField(source="name")
    paused_at = MomentField(allow_null=True)
    paused_by = IdField(source="paused_by_id", allow_null=True)
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
    way = serializers.ChoiceField(choices=WAYS)
    clinic = IdField(required=False, help_text="Which, for the way `clinic`.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["way"] == CLINIC and "clinic" not in attrs:
            raise serializers.ValidationError({"clinic": "Name the clinic."})
        if attrs["way"] != CLINIC and "clinic" in attrs:
            raise serializers.ValidationError({"clinic": "Leave the clinic out: this way is everybody's."})
        return attrs


class PauseSendingSerializer(ResumeSendingSerializer):
    why = serializers.CharField(max_length=160, help_text="In a few words, for whoever finds it paused.")


class SendingViewSet(ClinicViewSet):
    """The manager's switch: nothing leaves a way that is paused; it waits, and goes when it is resumed."""

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
        if asked["way"] == CLINIC:
            clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
            sending_state.pause_clinic(actor=self.actor, clinic=clinic, why=asked["why"], now=clock.now())
        else:
            sending_state.pause(actor=self.actor, name=asked["way"], why=asked["why"], now=clock.now())
        return self._now()

    @extend_schema(request=ResumeSendingSerializer, responses=SendingSerializer)
    @action(detail=False, methods=["post"])
    def resume(self, request: Request) -> Response:
        """What lost its use meanwhile is not sent. Resuming `all` says that this is no restored backup."""
        asked = self.parse(ResumeSendingSerializer)
        if asked["way"] == CLINIC:
            clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
            sending_state.resume_clinic(actor=self.actor, clinic=clinic)
        elif asked["way"] == sending_state.ALL:
            restored.resume_all(actor=self.actor)
        else:
            sending_state.resume(actor=self.actor, name=asked["way"])
        return self._now()

    def _now(self) -> Response:
        sending_state.require_manager(self.actor)
        clinics = ClinicMessaging.objects.filter(clinic__in=self.actor.clinics(self.permission))
        now = {"ways": sending_state.states(), "clinics": clinics.order_by("clinic")}
        return Response(SendingSerializer(now).data)
