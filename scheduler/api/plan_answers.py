"""A plan as the API tells it, and what its viewset's parts share."""

from django.db.models import Prefetch
from rest_framework import serializers
from rest_framework.response import Response

from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler.models import ContraindicationFinding, SpacingOverride, TreatmentPlan


class FindingSerializer(serializers.ModelSerializer[ContraindicationFinding]):
    class Meta:
        model = ContraindicationFinding
        fields = ["item", "finding", "override_reason", "override_by", "override_at"]


class SpacingOverrideSerializer(serializers.ModelSerializer[SpacingOverride]):
    class Meta:
        model = SpacingOverride
        fields = ["id", "min_days", "max_days", "reason", "prescriber", "given_at"]


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


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(max_length=1000, allow_blank=True)


class PlanActions(ClinicViewSet):
    """Of the plans' viewset: which plans there are, and the one that an action has changed."""

    queryset = TreatmentPlan.objects.select_related("patient").prefetch_related(
        "findings", Prefetch("spacing_overrides", SpacingOverride.objects.order_by("given_at", "created_at"))
    )
    serializer_class = PlanSerializer

    def answer(self, plan: TreatmentPlan) -> Response:
        return Response(PlanSerializer(self.get_queryset().get(pk=plan.pk)).data)
