"""The sessions themselves: listed, opened, read whole. What is recorded in them are the calls of the rooms
beside this one.
"""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.access import fetch
from clinic.fields import DayField, IdField
from clinic.models import Clinic
from clinic.viewsets import CreateSerializer, StrictSerializer
from scheduler.models import Appointment
from sessions_app import arrival, queries
from sessions_app.access import OPEN_SESSION, READ_SESSIONS
from sessions_app.api.answers import SessionSerializer, SessionSummarySerializer, whole
from sessions_app.api.decisions import DecidingActions
from sessions_app.api.infusing import InfusingActions
from sessions_app.api.leaving import LeavingActions
from sessions_app.api.observing import ObservingActions
from sessions_app.api.preparing import PreparingActions
from sessions_app.api.signing import SigningActions
from sessions_app.models import SessionState


class SessionFilterSerializer(StrictSerializer):
    day = DayField(required=False, help_text="The clinic's local day of arrival.")
    state = serializers.ChoiceField(choices=SessionState.choices, required=False)
    patient = IdField(required=False)


class OpenSessionSerializer(CreateSerializer):
    appointment = IdField(help_text="A visit that has arrived.")


class SessionsViewSet(
    PreparingActions, DecidingActions, InfusingActions, ObservingActions, LeavingActions, SigningActions
):
    """Infusion sessions, from arrival to signature."""

    access = {
        **PreparingActions.access,
        **DecidingActions.access,
        **InfusingActions.access,
        **ObservingActions.access,
        **LeavingActions.access,
        **SigningActions.access,
        "list": READ_SESSIONS,
        "create": OPEN_SESSION,
        "retrieve": READ_SESSIONS,
    }
    serializer_class = SessionSerializer
    lookup_value_converter = "uuid"

    @extend_schema(
        parameters=[SessionFilterSerializer],
        responses=SessionSummarySerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Sessions, the latest first; of one local day, state or patient."""
        chosen = self.parse_query(SessionFilterSerializer)
        sessions = queries.counting_versions(self.get_queryset())
        if "day" in chosen:
            mine = Clinic.objects.filter(pk__in=self.actor.clinics(self.permission))
            sessions = sessions.filter(pk__in=queries.sessions_on(chosen["day"], mine).values("pk"))
        if "state" in chosen:
            sessions = sessions.filter(state=chosen["state"])
        if "patient" in chosen:
            sessions = sessions.filter(patient_id=chosen["patient"])
        return self.page(sessions, SessionSummarySerializer)

    @extend_schema(
        request=OpenSessionSerializer,
        responses={200: SessionSummarySerializer, 201: SessionSummarySerializer},
    )
    def create(self, request: Request) -> Response:
        """Open the session of a visit that has arrived."""
        data = self.parse(OpenSessionSerializer)
        visit = fetch(self.actor, Appointment.objects.all(), self.permission, pk=data["appointment"])
        return self.create_once(
            noun="session",
            data=data,
            make=lambda: arrival.open_session(
                actor=self.actor, id=data["id"], appointment=visit, now=clock.now()
            ),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=SessionSummarySerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """The whole session with its lines. The look is written down."""
        data = whole(self.opened("session"))
        return Response(data, headers={"ETag": f'"{data["revision"]}"'})
