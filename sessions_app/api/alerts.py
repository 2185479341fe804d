"""Calls about alerts: the open ones listed, and each acknowledged, acted on and resolved by name."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField
from clinic.idempotency import create_once
from clinic.viewsets import CreateSerializer, StrictSerializer
from sessions_app import queries
from sessions_app.access import MAY, READ_SESSIONS
from sessions_app.api.acting import REASON, RevisionViewSet, recorded, words
from sessions_app.api.answers import AlertSerializer, AlertStepSerializer
from sessions_app.models import AlertLevel, AlertStep
from sessions_app.observing import alerts


class AlertFilterSerializer(StrictSerializer):
    session = IdField(required=False)
    level = serializers.ChoiceField(choices=AlertLevel.choices, required=False)
    resolved = serializers.BooleanField(
        required=False, default=False, help_text="True: the resolved ones instead of the open."
    )


class AcknowledgeSerializer(CreateSerializer):
    words = words(help_text="If there is anything to add.")


class AnswerAlertSerializer(CreateSerializer):
    words = serializers.CharField(max_length=REASON)


class AlertsViewSet(RevisionViewSet):
    """Alerts about patients in the chair, and who has answered for them."""

    queryset = queries.alerts()
    serializer_class = AlertSerializer
    access = {
        "list": READ_SESSIONS,
        "retrieve": READ_SESSIONS,
        "acknowledge": MAY["alert"],
        "act": MAY["alert"],
        "resolve": MAY["alert"],
    }

    @extend_schema(parameters=[AlertFilterSerializer], responses=AlertSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The open alerts, the newest first; of one session or level, or the resolved ones."""
        chosen = self.parse_query(AlertFilterSerializer)
        rows = queries.resolved_alerts() if chosen["resolved"] else queries.open_alerts()
        if "session" in chosen:
            rows = rows.filter(session_id=chosen["session"])
        if "level" in chosen:
            rows = rows.filter(level=chosen["level"])
        return self.page(rows, AlertSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One alert with its steps."""
        return Response(AlertSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @recorded(AcknowledgeSerializer, AlertStepSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: UUID) -> Response:
        """Say by name that you have seen it: it goes no further up the ladder."""
        return self._answer(AcknowledgeSerializer, alerts.acknowledge)

    @recorded(AnswerAlertSerializer, AlertStepSerializer)
    @action(detail=True, methods=["post"])
    def act(self, request: Request, pk: UUID) -> Response:
        """Say what is being done about it."""
        return self._answer(AnswerAlertSerializer, alerts.act)

    @recorded(AnswerAlertSerializer, AlertStepSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, pk: UUID) -> Response:
        """Say how it ended."""
        return self._answer(AnswerAlertSerializer, alerts.resolve)

    def _answer(self, body: type[CreateSerializer], write: Callable[..., AlertStep]) -> Response:
        alert = self.fetch(self.get_queryset(), pk=self.kwargs["pk"])
        data = self.parse(body)
        seen = self.seen()
        sent: Any = self.request.data
        step, made = create_once(
            actor=self.actor,
            noun=f"alert {self.action}",
            id=data["id"],
            body={"alert": str(alert.pk), **sent},
            make=lambda: write(actor=self.actor, alert=alert, revision=seen, now=clock.now(), **data),
            find=lambda: AlertStep.objects.get(pk=data["id"]),
        )
        alert.session.refresh_from_db(fields=["revision"])
        return self.with_revision(AlertStepSerializer(step).data, alert.session, status=201 if made else 200)
