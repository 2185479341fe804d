"""What waits for a prescriber over the API, and the prescriber's no. The yes is an override (`preparing`)."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField
from sessions_app.access import MAY
from sessions_app.api.acting import REASON, SessionActions
from sessions_app.api.preparing import AskedSerializer, SubjectSerializer
from sessions_app.leaving import decisions
from sessions_app.preparing import overrides


class RefusalSerializer(SubjectSerializer):
    reason = serializers.CharField(max_length=REASON)


class WaitingSerializer(serializers.Serializer[Any]):
    """One open decision; `subject` and `about` are what an override or a refusal names."""

    session = IdField(source="session.pk")
    patient = IdField(source="session.patient_id")
    patient_name = serializers.CharField(source="session.patient.full_name")
    state = serializers.CharField(source="session.state")
    subject = serializers.CharField(source="decision.subject")
    about = IdField(source="decision.about")
    title = serializers.CharField(source="decision.label")
    found = serializers.CharField(source="decision.found")
    asked_at = serializers.DateTimeField(allow_null=True, help_text="Since when a nurse asks for it.")
    last_answer = serializers.CharField(
        source="answer.outcome", default="", help_text="What a prescriber said to this very line before."
    )


class DecidingActions(SessionActions):
    """What waits for a prescriber."""

    access = {
        "decisions": MAY["checklist"],
        "refuse": MAY["override"],
    }

    @extend_schema(responses=WaitingSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def decisions(self, request: Request) -> Response:
        """Every decision that waits for a prescriber now, what is being asked for first."""
        waiting = decisions.waiting(self.actor.clinics(self.permission), clock.now())
        return Response(WaitingSerializer(waiting, many=True).data)

    @extend_schema(request=RefusalSerializer, responses=AskedSerializer)
    @action(detail=True, methods=["post"])
    def refuse(self, request: Request, pk: UUID) -> Response:
        """Say no to what was seen: it goes on holding up the start or the way home."""
        session = self.session_of_route()
        task = overrides.refuse(
            actor=self.actor, session=session, **self.parse(RefusalSerializer), now=clock.now()
        )
        return Response(AskedSerializer(task).data)
