"""What prescribers are asked about a plan's sessions, over the API: to look at what happened before the next
infusion, and to assess the course when its sessions are given."""

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
from clinic.problems import Invalid
from clinic.viewsets import CreateSerializer, OfClinicSerializer, StrictSerializer
from scheduler import access
from scheduler.api.plan_answers import PlanActions, PlanSerializer, ReasonSerializer
from scheduler.models import CourseAssessment, CourseStep, TreatmentPlan
from scheduler.prescribing import course_assessments, course_reviews, safety_reviews
from scheduler.prescribing.safety_reviews import OtherDose


class GoOnSerializer(ReasonSerializer):
    task = IdField(help_text="The decision that the plan waits for, as the prescriber has read it.")


class CourseReviewSerializer(serializers.Serializer[Any]):
    """A course that waits for a prescriber: no response is on record after so many infusions."""

    plan = IdField(source="plan.pk")
    patient = IdField(source="plan.patient_id")
    task = IdField(source="item.pk")
    infusions = serializers.IntegerField()
    due_at = serializers.DateTimeField(source="item.due_at")


class SafetyReviewSerializer(serializers.Serializer[Any]):
    """A plan whose next infusion waits for a prescriber's look at a session, or at a cancelled visit."""

    plan = IdField(source="plan.pk")
    patient = IdField(source="plan.patient_id")
    task = IdField(source="item.pk")
    session = IdField(source="session_id", allow_null=True, help_text="Empty where it is about a visit.")
    visit = IdField(
        source="visit_id",
        allow_null=True,
        help_text="The visit that was cancelled; empty where it is about a session.",
    )
    due_at = serializers.DateTimeField(source="item.due_at")


class SafetyDecisionSerializer(StrictSerializer):
    """The course goes on, with another dose where `ordered_dose` is given; ending it is `end/`."""

    task = IdField(help_text="The look that the plan waits for, as the prescriber has read it.")
    reason = serializers.CharField(max_length=1000, allow_blank=True)
    ordered_dose = serializers.DecimalField(
        max_digits=7, decimal_places=3, required=False, help_text="In the protocol's dose basis."
    )
    was = serializers.DecimalField(
        max_digits=7,
        decimal_places=3,
        required=False,
        help_text="Beside another dose: the one that the prescriber saw ordered until now.",
    )
    soft_limit_acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="Needed for a dose outside the protocol's usual range."
    )


class AssessmentCreateSerializer(CreateSerializer):
    step = serializers.ChoiceField(choices=CourseStep.choices)
    words = serializers.CharField(
        max_length=4000, allow_blank=True, help_text="The response against the baseline."
    )


class CourseAssessmentSerializer(serializers.ModelSerializer[CourseAssessment]):
    class Meta:
        model = CourseAssessment
        fields = ["id", "plan", "step", "words", "assessed_by", "assessed_at"]


class ReviewActions(PlanActions):
    """Part of the plans' viewset."""

    access = {
        "go_on": access.WRITE_PLAN,
        "waiting_courses": access.VIEW_PLANS,
        "safety_review": access.WRITE_PLAN,
        "safety_reviews": access.VIEW_PLANS,
        "assessments": access.VIEW_EVALUATIONS,
        "assess": access.EVALUATE,
    }

    @extend_schema(request=GoOnSerializer, responses=PlanSerializer)
    @action(detail=True, methods=["post"], url_path="go-on")
    def go_on(self, request: Request, pk: UUID) -> Response:
        """The course goes on though no response is on record; it is asked again after as many more."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(GoOnSerializer)
        course_reviews.go_on(actor=self.actor, plan=plan, now=clock.now(), **data)
        return self.answer(plan)

    @extend_schema(parameters=[OfClinicSerializer], responses=CourseReviewSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="waiting-courses", pagination_class=None)
    def waiting_courses(self, request: Request) -> Response:
        """Every course of a clinic that waits for a prescriber's decision, the longest waiting first."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(CourseReviewSerializer(course_reviews.waiting_in(clinic), many=True).data)

    @extend_schema(request=SafetyDecisionSerializer, responses={204: None})
    @action(detail=True, methods=["post"], url_path="safety-review")
    def safety_review(self, request: Request, pk: UUID) -> Response:
        """A prescriber has looked at what has come up: the course goes on."""
        plan = self.fetch(TreatmentPlan.objects.select_related("protocol"), pk=pk)
        data = self.parse(SafetyDecisionSerializer)
        safety_reviews.decide(
            actor=self.actor,
            plan=plan,
            task=data["task"],
            reason=data["reason"],
            other_dose=_other_dose(data),
            now=clock.now(),
        )
        return Response(status=204)

    @extend_schema(parameters=[OfClinicSerializer], responses=SafetyReviewSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="safety-reviews", pagination_class=None)
    def safety_reviews(self, request: Request) -> Response:
        """Every plan of a clinic that waits for such a look, the longest waiting first."""
        asked = self.parse_query(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(SafetyReviewSerializer(safety_reviews.waiting_in(clinic), many=True).data)

    @extend_schema(responses=CourseAssessmentSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def assessments(self, request: Request, pk: UUID) -> Response:
        """What prescribers found at the end of the course, the newest first."""
        plan = self.fetch(TreatmentPlan.objects.select_related("patient"), pk=pk)
        ground.log_look(self.actor, plan.patient, what="plan")
        return Response(CourseAssessmentSerializer(course_assessments.assessments_of(plan), many=True).data)

    @extend_schema(
        request=AssessmentCreateSerializer,
        responses={200: CourseAssessmentSerializer, 201: CourseAssessmentSerializer},
    )
    @assessments.mapping.post
    def assess(self, request: Request, pk: UUID) -> Response:
        """The response against the baseline, and what follows."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(AssessmentCreateSerializer)
        return self.create_once(
            noun="course_assessment",
            data=data,
            under={"plan": str(plan.pk)},
            make=lambda: course_assessments.assess(actor=self.actor, plan=plan, now=clock.now(), **data),
            find=lambda: CourseAssessment.objects.get(pk=data["id"]),
            answer=CourseAssessmentSerializer,
        )


def _other_dose(data: dict[str, Any]) -> OtherDose | None:
    if "ordered_dose" not in data:
        return None
    if "was" not in data:
        raise Invalid({"was": "Say which dose you saw ordered until now."})
    return OtherDose(data["ordered_dose"], data["was"], data["soft_limit_acknowledged"])
