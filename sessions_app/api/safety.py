"""Calls about answers that hold the next start until a prescriber has assessed the patient."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfPatientSerializer
from sessions_app.access import ASSESS_SAFETY, RECORD_OUTCOMES
from sessions_app.models import SafetyAssessment, SafetyConcern
from sessions_app.preparing import safety


class SafetyAssessmentSerializer(serializers.ModelSerializer[SafetyAssessment]):
    assessed_by_name = serializers.CharField(source="assessed_by.full_name", read_only=True)

    class Meta:
        model = SafetyAssessment
        fields = ["id", "concern", "words", "assessed_by", "assessed_by_name", "assessed_at"]


class SafetyConcernSerializer(serializers.ModelSerializer[SafetyConcern]):
    response = IdField(source="answer.response_id", read_only=True)
    value = serializers.IntegerField(source="answer.value", read_only=True)
    assessment = SafetyAssessmentSerializer(read_only=True, allow_null=True)

    class Meta:
        model = SafetyConcern
        fields = ["id", "clinic", "patient", "response", "value", "raised_at", "assessment"]


class AssessSerializer(CreateSerializer):
    words = serializers.CharField(max_length=2000, help_text="What was found, and what was agreed.")


class SafetyConcernsViewSet(ClinicViewSet):
    """Answers about self-harm. Each holds the patient's next start until a prescriber has assessed it."""

    access = {"list": RECORD_OUTCOMES, "assess": ASSESS_SAFETY}
    queryset = SafetyConcern.objects.all()
    serializer_class = SafetyConcernSerializer

    @extend_schema(parameters=[OfPatientSerializer], responses=SafetyConcernSerializer(many=True))
    def list(self, request: Request) -> Response:
        """A patient's, the newest first; one without an assessment holds the start. The look is logged."""
        asked = self.parse_query(OfPatientSerializer)
        patient = ground.open_chart(self.actor, self.permission, asked["patient"], what="safety")
        return self.page(safety.concerns_of(patient), SafetyConcernSerializer)

    @extend_schema(
        request=AssessSerializer,
        responses={200: SafetyAssessmentSerializer, 201: SafetyAssessmentSerializer},
    )
    @action(detail=True, methods=["post"])
    def assess(self, request: Request, pk: UUID) -> Response:
        """Write down the assessment."""
        concern = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(AssessSerializer)
        return self.create_once(
            noun="safety assessment",
            data=data,
            under={"concern": str(concern.pk)},
            make=lambda: safety.assess(actor=self.actor, concern=concern, now=clock.now(), **data),
            find=lambda: SafetyAssessment.objects.get(pk=data["id"]),
            answer=SafetyAssessmentSerializer,
        )
