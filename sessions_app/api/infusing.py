"""Calls about the infusion itself."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.viewsets import CreateSerializer
from sessions_app.access import MAY
from sessions_app.api.acting import REASON, SessionActions, recorded, words
from sessions_app.api.answers import InfusionEventSerializer
from sessions_app.infusing import infusion
from sessions_app.models import InfusionEvent


class StepSerializer(CreateSerializer):
    """A step that needs nothing but its id."""


class PauseSerializer(CreateSerializer):
    reason = words()


class StopSerializer(CreateSerializer):
    early = serializers.BooleanField(required=False, default=False)
    reason = words(help_text="Required for an early stop.")


class NotGivenSerializer(CreateSerializer):
    reason = serializers.CharField(max_length=REASON)


class InfusingActions(SessionActions):
    """Start, pause, resume, stop, not given."""

    access = {
        "start": MAY["start"],
        "pause": MAY["pause"],
        "resume": MAY["resume"],
        "stop": MAY["stop"],
        "not_given": MAY["not_given"],
    }

    @recorded(StepSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        """Start the infusion; a 409 `not_ready` lists everything that is missing as `blockers`."""
        return self._step(StepSerializer, infusion.start)

    @recorded(PauseSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Pause the infusion."""
        return self._step(PauseSerializer, infusion.pause)

    @recorded(StepSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Go on with a paused infusion."""
        return self._step(StepSerializer, infusion.resume)

    @recorded(StopSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: UUID) -> Response:
        """Stop the infusion: done, or early with a reason."""
        return self._step(StopSerializer, infusion.stop)

    @recorded(NotGivenSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"], url_path="not-given")
    def not_given(self, request: Request, pk: UUID) -> Response:
        """End a session in which nothing was given."""
        return self._step(NotGivenSerializer, infusion.not_given)

    def _step(self, body: type[Any], write: Callable[..., InfusionEvent]) -> Response:
        return self.record_line(body, write, InfusionEvent, InfusionEventSerializer)
