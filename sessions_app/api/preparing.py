"""Calls before the start: checklist and dose."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import MomentField
from clinic.viewsets import StrictSerializer
from sessions_app.access import MAY
from sessions_app.api.acting import IF_MATCH, CorrectableSerializer, SessionActions, recorded, words
from sessions_app.api.answers import DoseWorksheetSerializer, SessionSerializer, whole
from sessions_app.models import CheckResult, DoseWorksheet
from sessions_app.preparing import checklist, dose


class ChecklistItemSerializer(StrictSerializer):
    item = serializers.CharField(max_length=40)
    result = serializers.ChoiceField(choices=CheckResult.choices)
    note = words()
    reason = words(help_text="Why an answer that was given before changes.")


class ChecklistSerializer(StrictSerializer):
    answers = serializers.ListField(child=ChecklistItemSerializer(), max_length=40)


class DoseSerializer(CorrectableSerializer):
    weight_kg = serializers.DecimalField(max_digits=5, decimal_places=1)
    weighed_at = MomentField()
    stock_mg_per_ml = serializers.DecimalField(max_digits=5, decimal_places=1)
    bag_volume_ml = serializers.DecimalField(max_digits=6, decimal_places=1)
    minutes = serializers.IntegerField(
        min_value=1, max_value=1440, required=False, help_text="Left out: the protocol's."
    )
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="A weight far off the last one was measured again."
    )


class PreparingActions(SessionActions):
    """The checklist and the dose."""

    access = {
        "checklist": MAY["checklist"],
        "dose": MAY["dose"],
    }

    @extend_schema(parameters=[IF_MATCH], request=ChecklistSerializer, responses=SessionSerializer)
    @action(detail=True, methods=["post"])
    def checklist(self, request: Request, pk: UUID) -> Response:
        """Answer some or all items. The same answers sent again write nothing."""
        session = self.session_of_route()
        data = self.parse(ChecklistSerializer)
        checklist.answer(
            actor=self.actor,
            session=session,
            answers=[checklist.Answer(**each) for each in data["answers"]],
            revision=self.seen(),
            now=clock.now(),
        )
        session.refresh_from_db()
        return self.with_revision(whole(session), session)

    @recorded(DoseSerializer, DoseWorksheetSerializer)
    @action(detail=True, methods=["post"])
    def dose(self, request: Request, pk: UUID) -> Response:
        """Prepare the dose that the plan orders, or correct the worksheet."""
        return self.record_line(DoseSerializer, dose.prepare_dose, DoseWorksheet, DoseWorksheetSerializer)
