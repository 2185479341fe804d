"""Calls about recovery and the way home."""

from uuid import UUID

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.viewsets import CreateSerializer
from sessions_app.access import MAY
from sessions_app.api.acting import SessionActions, gathered, recorded, words
from sessions_app.api.answers import DischargeSerializer
from sessions_app.leaving import discharge
from sessions_app.models import Discharge


class DischargeEntrySerializer(CreateSerializer):
    vital_signs_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    activity_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    nausea_pain_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    iv_site_score = serializers.IntegerField(help_text="0 to 2, in place of surgical bleeding")
    intake_score = serializers.IntegerField(help_text="PADSS, 0 to 2")
    escort_name = words(120)
    instructions_given = serializers.BooleanField()


class LeavingActions(SessionActions):
    """Discharge."""

    access = {
        "discharge": MAY["discharge"],
    }

    @recorded(DischargeEntrySerializer, DischargeSerializer)
    @action(detail=True, methods=["post"])
    def discharge(self, request: Request, pk: UUID) -> Response:
        """Let the patient go home; a 409 `not_ready` lists everything that is missing."""
        return self.record_line(
            DischargeEntrySerializer,
            discharge.discharge,
            Discharge,
            DischargeSerializer,
            shape=lambda data: gathered(data, assessment=discharge.Assessment),
        )
