"""Treatment plans over the API: a patient's plans, a new one, the questions of the screen."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField, LineField
from clinic.idempotency import create_once
from clinic.models import WorkItemStep
from clinic.problems import Invalid
from clinic.viewsets import CreateSerializer, OfPatientSerializer, StrictSerializer
from scheduler import access
from scheduler.api.dose_orders import DosingActions
from scheduler.api.plan_reviews import ReviewActions
from scheduler.models import (
    ContraindicationFinding,
    Finding,
    PlanEnd,
    Protocol,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.prescribing import (
    course_reviews,
    going_ahead,
    plan_requests,
    plans,
    screening,
    spacing_requests,
    taking_over,
)
from scheduler.prescribing.spacing import override_spacing

MOST_ANSWERS: Final = 100  # more than the screen asks


class FindingSerializer(serializers.ModelSerializer[ContraindicationFinding]):
    class Meta:
        model = ContraindicationFinding
        fields = ["item", "finding", "override_reason", "override_by", "override_at"]


class SpacingOverrideSerializer(serializers.ModelSerializer[SpacingOverride]):
    class Meta:
        model = SpacingOverride
        fields = ["id", "min_days", "max_days", "reason", "prescriber", "given_at"]


class AskPlanSerializer(CreateSerializer):
    patient = IdField()
    words = serializers.CharField(max_length=2000, help_text="What is asked, and why.")


class PlanRequestSerializer(serializers.ModelSerializer[WorkItemStep]):
    """What was asked, and the prescriber's task to which it belongs."""

    class Meta:
        model = WorkItemStep
        fields = ["id", "work_item", "by", "at", "words"]


class PlanSerializer(serializers.ModelSerializer[TreatmentPlan]):
    findings = FindingSerializer(many=True, read_only=True)
    spacing_overrides = SpacingOverrideSerializer(
        many=True, read_only=True, help_text="The latest counts in place of the protocol's spacing."
    )

    class Meta:
        model = TreatmentPlan
        fields = [
            "id",
            "clinic",
            "patient",
            "protocol",
            "indication",
            "ordered_dose",
            "sessions_ordered",
            "valid_from",
            "valid_until",
            "prescriber",
            "status",
            "end_reason",
            "prior_treatments",
            "chair_features",
            "spacing_overrides",
            "findings",
            "created_at",
        ]


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


class SpacingCreateSerializer(CreateSerializer):
    min_days = serializers.IntegerField(help_text="Calendar days between sessions, at least; 1 to 365.")
    max_days = serializers.IntegerField(help_text="And at most.")
    reason = serializers.CharField(max_length=1000, allow_blank=True)


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=1000, allow_blank=True)


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


class RefuseSpacingSerializer(ReasonSerializer):
    task = IdField(help_text="The request that is refused, as the prescriber has read it.")


class AskSpacingSerializer(CreateSerializer):
    words = serializers.CharField(
        max_length=1000, allow_blank=True, help_text="Which days would help the patient, and why."
    )


class OfClinicSerializer(StrictSerializer):
    clinic = IdField()


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


class GoOnSerializer(ReasonSerializer):
    task = IdField(help_text="The decision that the plan waits for, as the prescriber has read it.")


class CourseReviewSerializer(serializers.Serializer[Any]):
    """A course that waits for a prescriber: no response is on record after so many infusions."""

    plan = IdField(source="plan.pk")
    patient = IdField(source="plan.patient_id")
    task = IdField(source="item.pk")
    infusions = serializers.IntegerField()
    due_at = serializers.DateTimeField(source="item.due_at")


class ItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    question = serializers.CharField()
    severity = serializers.ChoiceField(choices=["absolute", "relative", "caution"])
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Where it comes from: a tag of the domain reference."
    )


class PlansViewSet(ReviewActions, DosingActions):
    """A prescriber's orders: this protocol version, this dose, so many sessions."""

    access = {
        **DosingActions.access,
        **ReviewActions.access,
        "list": access.VIEW_PLANS,
        "create": access.WRITE_PLAN,
        "retrieve": access.VIEW_PLANS,
        "screening_items": access.VIEW_PLANS,
        "spacing": access.OVERRIDE_SPACING,
        "put_on_hold": access.WRITE_PLAN,
        "take_up": access.WRITE_PLAN,
        "end": access.WRITE_PLAN,
        "take_over": access.WRITE_PLAN,
        "go_ahead": access.WRITE_PLAN,
        "ask": access.BOOK,
        "ask_spacing": access.BOOK,
        "refuse_spacing": access.OVERRIDE_SPACING,
        "requested_spacings": access.VIEW_PLANS,
        "go_on": access.WRITE_PLAN,
        "waiting_courses": access.VIEW_PLANS,
    }
    queryset = TreatmentPlan.objects.select_related("patient").prefetch_related(
        "findings", Prefetch("spacing_overrides", SpacingOverride.objects.order_by("given_at", "created_at"))
    )
    serializer_class = PlanSerializer

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

    @extend_schema(
        request=SpacingCreateSerializer,
        responses={200: SpacingOverrideSerializer, 201: SpacingOverrideSerializer},
    )
    @action(detail=True, methods=["post"])
    def spacing(self, request: Request, pk: UUID) -> Response:
        """The prescriber's own spacing for this plan, with the reason; also below the protocol's."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(SpacingCreateSerializer)
        sent: Any = request.data
        override, made = create_once(
            actor=self.actor,
            noun="spacing_override",
            id=data["id"],
            body={"plan": str(plan.pk), **sent},
            make=lambda: override_spacing(actor=self.actor, plan=plan, now=clock.now(), **data),
            find=lambda: SpacingOverride.objects.get(pk=data["id"]),
        )
        return Response(SpacingOverrideSerializer(override).data, status=201 if made else 200)

    @extend_schema(request=ReasonSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="put-on-hold")
    def put_on_hold(self, request: Request, pk: UUID) -> Response:
        """Nothing more is booked under it until it is taken up again; what is booked stays."""
        plan, reason = self._reasoned(pk)
        return self._answer(plans.put_on_hold(actor=self.actor, plan=plan, reason=reason))

    @extend_schema(request=ReasonSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="take-up")
    def take_up(self, request: Request, pk: UUID) -> Response:
        """A plan on hold is active again."""
        plan, reason = self._reasoned(pk)
        return self._answer(plans.take_up(actor=self.actor, plan=plan, reason=reason))

    @extend_schema(request=EndSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: UUID) -> Response:
        """Completed, or revoked for good; refused with the list while visits are to come."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(EndSerializer)
        return self._answer(plans.end_plan(actor=self.actor, plan=plan, now=clock.now(), **data))

    @extend_schema(request=TakePlanOverSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: UUID) -> Response:
        """A plan under a retired version stands under the version in force; what is booked stays as it is."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(TakePlanOverSerializer)
        to = self.fetch(Protocol.objects.all(), pk=data["protocol"])
        return self._answer(
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
        return self._answer(going_ahead.go_ahead(actor=self.actor, plan=plan, now=clock.now(), **data))

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

    @extend_schema(
        request=AskSpacingSerializer,
        responses={200: SpacingRequestSerializer, 201: SpacingRequestSerializer},
    )
    @action(detail=True, methods=["post"], url_path="ask-spacing")
    def ask_spacing(self, request: Request, pk: UUID) -> Response:
        """Ask a prescriber for a spacing of its own; while one is asked for it is the same task."""
        plan = self.fetch(TreatmentPlan.objects.select_related("clinic"), pk=pk)
        data = self.parse(AskSpacingSerializer)
        sent: Any = request.data
        asked, made = create_once(
            actor=self.actor,
            noun="spacing_request",
            id=data["id"],
            body={"plan": str(plan.pk), **sent},
            make=lambda: spacing_requests.ask(actor=self.actor, plan=plan, now=clock.now(), **data),
            find=lambda: spacing_requests.asked_with(data["id"]),
        )
        return Response(SpacingRequestSerializer(asked).data, status=201 if made else 200)

    @extend_schema(request=RefuseSpacingSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="refuse-spacing")
    def refuse_spacing(self, request: Request, pk: UUID) -> Response:
        """The prescriber leaves the spacing as it is, and says why; `spacing` is the yes."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(RefuseSpacingSerializer)
        spacing_requests.refuse(actor=self.actor, plan=plan, now=clock.now(), **data)
        return self._answer(plan)

    @extend_schema(parameters=[OfClinicSerializer], responses=SpacingRequestSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="spacing-requests", pagination_class=None)
    def requested_spacings(self, request: Request) -> Response:
        """Every spacing that was asked for in a clinic and not decided on, the longest waiting first."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(SpacingRequestSerializer(spacing_requests.open_requests(clinic), many=True).data)

    @extend_schema(request=GoOnSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, pk: UUID) -> Response:
        """The course goes on though no response is on record; it is asked again after as many more."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(GoOnSerializer)
        course_reviews.go_on(actor=self.actor, plan=plan, now=clock.now(), **data)
        return self._answer(plan)

    @extend_schema(parameters=[OfClinicSerializer], responses=CourseReviewSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="waiting-courses", pagination_class=None)
    def waiting_courses(self, request: Request) -> Response:
        """Every course of a clinic that waits for a prescriber's decision, the longest waiting first."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(CourseReviewSerializer(course_reviews.waiting_in(clinic), many=True).data)

    @extend_schema(responses=ItemSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="screening-items", pagination_class=None)
    def screening_items(self, request: Request) -> Response:
        """What the contraindication screen asks; each item needs an answer in a new plan."""
        return Response(ItemSerializer(screening.ITEMS, many=True).data)

    def _reasoned(self, pk: UUID) -> tuple[TreatmentPlan, str]:
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        return plan, self.parse(ReasonSerializer)["reason"]

    def _answer(self, plan: TreatmentPlan) -> Response:
        return Response(PlanSerializer(self.get_queryset().get(pk=plan.pk)).data)


def _by_item(answers: Sequence[dict[str, str]]) -> dict[str, screening.Answer]:
    found: dict[str, screening.Answer] = {}
    for answer in answers:
        if answer["item"] in found:
            raise Invalid({f"findings.{answer['item']}": "This item is answered twice. Send one answer."})
        found[answer["item"]] = screening.Answer(answer["finding"], answer["override_reason"])
    return found
