"""A plan's spacing over the API: a prescriber's own, asked for by the desk, or refused with a reason."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField
from clinic.viewsets import CreateSerializer, OfClinicSerializer
from scheduler import access
from scheduler.api.plan_answers import (
    PlanActions,
    PlanSerializer,
    ReasonSerializer,
    SpacingOverrideSerializer,
)
from scheduler.models import SpacingOverride, TreatmentPlan
from scheduler.prescribing import spacing_requests
from scheduler.prescribing.spacing import override_spacing


class SpacingCreateSerializer(CreateSerializer):
    min_days = serializers.IntegerField(help_text="Calendar days between sessions, at least; 1 to 365.")
    max_days = serializers.IntegerField(help_text="And at most.")
    reason = serializers.CharField(max_length=1000, allow_blank=True)


class AskSpacingSerializer(CreateSerializer):
    words = serializers.CharField(
        max_length=1000, allow_blank=True, help_text="Which days would help the patient, and why."
    )


class RefuseSpacingSerializer(ReasonSerializer):
    task = IdField(help_text="The request that is refused, as the prescriber has read it.")


class SpacingNoteSerializer(serializers.Serializer[Any]):
    words = serializers.CharField()
    by = serializers.CharField(source="by.full_name")
    at = serializers.DateTimeField()


class SpacingRequestSerializer(serializers.Serializer[Any]):
    """A spacing of its own that somebody has asked a prescriber for."""

    plan = IdField(source="plan.pk")
    patient = IdField(source="plan.patient_id")
    task = IdField(source="item.pk")
    words = serializers.CharField(source="asked.words")
    asked_by = serializers.CharField(source="asked.by.full_name")
    asked_at = serializers.DateTimeField(source="asked.at")
    due_at = serializers.DateTimeField(source="item.due_at")
    added = SpacingNoteSerializer(many=True, help_text="What was asked or noted since, and by whom.")


class SpacingActions(PlanActions):
    """Part of the plans' viewset."""

    access = {
        "spacing": access.OVERRIDE_SPACING,
        "ask_spacing": access.BOOK,
        "refuse_spacing": access.OVERRIDE_SPACING,
        "requested_spacings": access.VIEW_PLANS,
    }

    @extend_schema(
        request=SpacingCreateSerializer,
        responses={200: SpacingOverrideSerializer, 201: SpacingOverrideSerializer},
    )
    @action(detail=True, methods=["post"])
    def spacing(self, request: Request, pk: UUID) -> Response:
        """The prescriber's own spacing for this plan, with the reason; also below the protocol's."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(SpacingCreateSerializer)
        return self.create_once(
            noun="spacing_override",
            data=data,
            under={"plan": str(plan.pk)},
            make=lambda: override_spacing(actor=self.actor, plan=plan, now=clock.now(), **data),
            find=lambda: SpacingOverride.objects.get(pk=data["id"]),
            answer=SpacingOverrideSerializer,
        )

    @extend_schema(
        request=AskSpacingSerializer,
        responses={200: SpacingRequestSerializer, 201: SpacingRequestSerializer},
    )
    @action(detail=True, methods=["post"], url_path="ask-spacing")
    def ask_spacing(self, request: Request, pk: UUID) -> Response:
        """Ask a prescriber for a spacing of its own; while one is asked for it is the same task."""
        plan = self.fetch(TreatmentPlan.objects.select_related("clinic"), pk=pk)
        data = self.parse(AskSpacingSerializer)
        return self.create_once(
            noun="spacing_request",
            data=data,
            under={"plan": str(plan.pk)},
            make=lambda: spacing_requests.ask(actor=self.actor, plan=plan, now=clock.now(), **data),
            find=lambda: spacing_requests.asked_with(data["id"]),
            answer=SpacingRequestSerializer,
        )

    @extend_schema(request=RefuseSpacingSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="refuse-spacing")
    def refuse_spacing(self, request: Request, pk: UUID) -> Response:
        """The prescriber leaves the spacing as it is, and says why; `spacing` is the yes."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(RefuseSpacingSerializer)
        spacing_requests.refuse(actor=self.actor, plan=plan, now=clock.now(), **data)
        return self.answer(plan)

    @extend_schema(parameters=[OfClinicSerializer], responses=SpacingRequestSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="spacing-requests", pagination_class=None)
    def requested_spacings(self, request: Request) -> Response:
        """Every spacing that was asked for in a clinic and not decided on, the longest waiting first."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(SpacingRequestSerializer(spacing_requests.open_requests(clinic), many=True).data)
