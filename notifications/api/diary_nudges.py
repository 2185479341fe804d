"""When patients wish to be asked for their headache diary, set by staff."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.viewsets import ClinicViewSet, OfPatientSerializer
from notifications import access
from notifications.answering import diary
from notifications.models import DiaryNudge


class SetNudgeSerializer(OfPatientSerializer):
    at = serializers.TimeField(help_text="Wall-clock time where the patient is.")


class DiaryNudgeSerializer(serializers.ModelSerializer[DiaryNudge]):
    class Meta:
        model = DiaryNudge
        fields = ["patient", "at", "stopped_at"]


class DiaryNudgesViewSet(ClinicViewSet):
    """Who is asked for the diary every day, by e-mail, and at what time of their day."""

    access = {
        "list": access.VIEW_DIARY_NUDGES,
        "ask_daily": access.SET_DIARY_NUDGES,
        "stop": access.SET_DIARY_NUDGES,
    }
    queryset = DiaryNudge.objects.all()
    serializer_class = DiaryNudgeSerializer

    @extend_schema(parameters=[OfPatientSerializer], responses=DiaryNudgeSerializer(many=True))
    def list(self, request: Request) -> Response:
        """One patient's, or an empty list. The look is written down."""
        asked = self.parse_query(OfPatientSerializer)
        ground.open_chart(self.actor, self.permission, asked["patient"], what="diary nudge")
        return self.page(self.get_queryset().filter(**asked), DiaryNudgeSerializer)

    @extend_schema(request=SetNudgeSerializer, responses=DiaryNudgeSerializer)
    @action(detail=False, methods=["post"], url_path="ask-daily")
    def ask_daily(self, request: Request) -> Response:
        """Ask every day at this time. Sent again it changes nothing."""
        data = self.parse(SetNudgeSerializer)
        patient = self._patient(data)
        row = diary.ask_daily(actor=self.actor, patient=patient, at=data["at"], now=clock.now())
        return Response(DiaryNudgeSerializer(row).data)

    @extend_schema(request=OfPatientSerializer, responses={204: None})
    @action(detail=False, methods=["post"])
    def stop(self, request: Request) -> Response:
        """Ask no longer. Where nobody was asked it changes nothing."""
        patient = self._patient(self.parse(OfPatientSerializer))
        diary.stop_asking(actor=self.actor, patient=patient, now=clock.now())
        return Response(status=204)

    def _patient(self, data: dict[str, Any]) -> Any:
        return ground.open_chart(self.actor, self.permission, data["patient"], what="diary nudge")
