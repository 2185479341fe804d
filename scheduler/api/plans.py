"""Treatment plans over the API: a patient's plans, a new one, the questions of the screen."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField, LineField
from clinic.models import WorkItemStep
from clinic.problems import Invalid
from clinic.viewsets import CreateSerializer, OfPatientSerializer, StrictSerializer
from scheduler import access
from scheduler.api.dose_orders import DosingActions
from scheduler.api.plan_answers import PlanSerializer, ReasonSerializer
from scheduler.api.plan_reviews import ReviewActions
from scheduler.api.plan_spacing import SpacingActions
from scheduler.models import (
    Finding,
    PlanEnd,
    Protocol,
    TreatmentPlan,
)
from scheduler.prescribing import (
    going_ahead,
    plan_requests,
    plans,
    screening,
    taking_over,
)

MOST_ANSWERS: Final = 100  # more than the screen asks


class AskPlanSerializer(CreateSerializer):
    patient = IdField()
    words = serializers.CharField(max_length=2000, help_text="What is asked, and why.")


class PlanRequestSerializer(serializers.ModelSerializer[WorkItemStep]):
    """What was asked, and the prescriber's task to which it belongs."""

    class Meta:
        model = WorkItemStep
        fields = ["id", "work_item", "by", "at", "words"]


class AnswerSerializer(StrictSerializer):
    """One answer of the contraindication screen."""

    item = LineField(max_length=60, help_text="A code of plans/screening-items/.")
    finding = serializers.ChoiceField(choices=Finding.choices)
    override_reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class PlanCreateSerializer(CreateSerializer):
    patient = IdField()
    protocol = IdField(help_text="An active version.")
    indication = LineField(max_length=10, help_text="ICD-10-CM, one of the protocol's.")
    ordered_dose = serializers.DecimalField(
        max_digits=7, decimal_places=3, help_text="In the protocol's dose basis."
    )
    sessions_ordered = serializers.IntegerField(min_value=1, max_value=1000)
    valid_from = DayField()
    valid_until = DayField(help_text="The last day.")
    prior_treatments = serializers.CharField(
        max_length=4000,
        required=False,
        allow_blank=True,
        default="",
        help_text="What was tried, and why it ended.",
    )
    chair_features = serializers.ListField(
        child=LineField(max_length=40),
        max_length=20,
        required=False,
        default=list,
        help_text="What the chair has to offer for this patient, such as private-room.",
    )
    soft_limit_acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="Needed for a dose outside the protocol's usual range."
    )
    findings = serializers.ListField(
        child=AnswerSerializer(),
        max_length=MOST_ANSWERS,
        help_text="One answer for every item of the screen.",
    )


class EndSerializer(StrictSerializer):
    """How the course ends; `reason` says more, and has to of an adverse event and of another reason."""

    end_reason = serializers.ChoiceField(choices=PlanEnd.choices)
    reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class GoAheadSerializer(ReasonSerializer):
    item = LineField(max_length=60, help_text="The item of the screen that the chart speaks to.")


class TakePlanOverSerializer(StrictSerializer):
    protocol = IdField(help_text="The version in force, which the prescriber has read.")
    soft_limit_acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="Needed for a dose outside that version's usual range."
    )


class ItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    question = serializers.CharField()
    severity = serializers.ChoiceField(choices=["absolute", "relative", "caution"])
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Where it comes from: a tag of the domain reference."
    )


class PlansViewSet(ReviewActions, SpacingActions, DosingActions):
    """A prescriber's orders: this protocol version, this dose, so many sessions."""

    access = {
        **DosingActions.access,
        **ReviewActions.access,
        **SpacingActions.access,
        "list": access.VIEW_PLANS,
        "create": access.WRITE_PLAN,
        "retrieve": access.VIEW_PLANS,
        "screening_items": access.VIEW_PLANS,
        "put_on_hold": access.WRITE_PLAN,
        "take_up": access.WRITE_PLAN,
        "end": access.WRITE_PLAN,
        "take_over": access.WRITE_PLAN,
        "go_ahead": access.WRITE_PLAN,
        "ask": access.BOOK,
    }

    @extend_schema(parameters=[OfPatientSerializer])
    def list(self, request: Request) -> Response:
        patient_id = self.parse_query(OfPatientSerializer)["patient"]
        patient = ground.open_chart(self.actor, self.permission, patient_id, what="plans")
        return self.page(self.get_queryset().filter(patient=patient), PlanSerializer)

    @extend_schema(request=PlanCreateSerializer, responses={200: PlanSerializer, 201: PlanSerializer})
    def create(self, request: Request) -> Response:
        data = self.parse(PlanCreateSerializer)
        patient = ground.open_chart(self.actor, self.permission, data.pop("patient"), what="new plan")
        protocol = self.fetch(Protocol.objects.all(), pk=data.pop("protocol"))
        findings = _by_item(data.pop("findings"))
        return self.create_once(
            noun="plan",
            data=data,
            make=lambda: plans.write_plan(
                actor=self.actor,
                patient=patient,
                protocol=protocol,
                findings=findings,
                now=clock.now(),
                **data,
            ),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=PlanSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        plan = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, plan.patient, what="plan")
        return Response(PlanSerializer(plan).data)

    @extend_schema(request=ReasonSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="put-on-hold")
    def put_on_hold(self, request: Request, pk: UUID) -> Response:
        """Nothing more is booked under it until it is taken up again; what is booked stays."""
        plan, reason = self._reasoned(pk)
        return self.answer(plans.put_on_hold(actor=self.actor, plan=plan, reason=reason))

    @extend_schema(request=ReasonSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="take-up")
    def take_up(self, request: Request, pk: UUID) -> Response:
        """A plan on hold is active again."""
        plan, reason = self._reasoned(pk)
        return self.answer(plans.take_up(actor=self.actor, plan=plan, reason=reason))

    @extend_schema(request=EndSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: UUID) -> Response:
        """Completed, or revoked for good; refused with the list while visits are to come."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(EndSerializer)
        return self.answer(plans.end_plan(actor=self.actor, plan=plan, now=clock.now(), **data))

    @extend_schema(request=TakePlanOverSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: UUID) -> Response:
        """A plan under a retired version stands under the version in force; what is booked stays as it is."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(TakePlanOverSerializer)
        to = self.fetch(Protocol.objects.all(), pk=data["protocol"])
        return self.answer(
            taking_over.take_over(
                actor=self.actor,
                plan=plan,
                to=to,
                soft_limit_acknowledged=data["soft_limit_acknowledged"],
                now=clock.now(),
            )
        )

    @extend_schema(request=GoAheadSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="go-ahead")
    def go_ahead(self, request: Request, pk: UUID) -> Response:
        """A prescriber goes ahead in spite of what the chart says, such as an allergy, and says why."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(GoAheadSerializer)
        return self.answer(going_ahead.go_ahead(actor=self.actor, plan=plan, now=clock.now(), **data))

    @extend_schema(
        request=AskPlanSerializer, responses={200: PlanRequestSerializer, 201: PlanRequestSerializer}
    )
    @action(detail=False, methods=["post"])
    def ask(self, request: Request) -> Response:
        """Ask a prescriber to write a plan; while one is asked for it is the same task."""
        data = self.parse(AskPlanSerializer)
        patient = ground.open_chart(self.actor, self.permission, data["patient"], what="plan asked for")
        return self.create_once(
            noun="plan_request",
            data=data,
            make=lambda: plan_requests.ask(
                actor=self.actor, id=data["id"], patient=patient, words=data["words"], now=clock.now()
            ),
            find=lambda: WorkItemStep.objects.get(pk=data["id"]),
            answer=PlanRequestSerializer,
        )

    @extend_schema(responses=ItemSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="screening-items", pagination_class=None)
    def screening_items(self, request: Request) -> Response:
        """What the contraindication screen asks; each item needs an answer in a new plan."""
        return Response(ItemSerializer(screening.ITEMS, many=True).data)

    def _reasoned(self, pk: UUID) -> tuple[TreatmentPlan, str]:
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        return plan, self.parse(ReasonSerializer)["reason"]


def _by_item(answers: Sequence[dict[str, str]]) -> dict[str, screening.Answer]:
    found: dict[str, screening.Answer] = {}
    for answer in answers:
        if answer["item"] in found:
            raise Invalid({f"findings.{answer['item']}": "This item is answered twice. Send one answer."})
        found[answer["item"]] = screening.Answer(answer["finding"], answer["override_reason"])
    return found
