"""Treatment plans over the API: a patient's plans, a new one, the questions of the screen."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access, plans, screening
from scheduler.models import ContraindicationFinding, Finding, Protocol, TreatmentPlan


class FindingSerializer(serializers.ModelSerializer[ContraindicationFinding]):
    class Meta:
        model = ContraindicationFinding
        fields = ["item", "finding", "override_reason", "override_by", "override_at"]


class PlanSerializer(serializers.ModelSerializer[TreatmentPlan]):
    findings = FindingSerializer(many=True, read_only=True)

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
            "prior_treatments",
            "findings",
            "created_at",
        ]


class AnswerSerializer(StrictSerializer):
    """One answer of the contraindication screen."""

    item = serializers.CharField(max_length=60, help_text="A code of plans/screening-items/.")
    finding = serializers.ChoiceField(choices=Finding.choices)
    override_reason = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class PlanCreateSerializer(CreateSerializer):
    patient = serializers.UUIDField()
    protocol = serializers.UUIDField(help_text="An active version.")
    indication = serializers.CharField(max_length=10, help_text="ICD-10-CM, one of the protocol's.")
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
    soft_limit_acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="Needed for a dose outside the protocol's usual range."
    )
    findings = AnswerSerializer(many=True, help_text="One answer for every item of the screen.")


class OfPatientSerializer(StrictSerializer):
    patient = serializers.UUIDField()


class ItemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    question = serializers.CharField()
    severity = serializers.ChoiceField(choices=["absolute", "relative", "caution"])
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Where it comes from: a tag of the domain reference."
    )


class PlansViewSet(ClinicViewSet):
    """A prescriber's orders: this protocol version, this dose, so many sessions."""

    access = {
        "list": access.VIEW_PLANS,
        "create": access.WRITE_PLAN,
        "retrieve": access.VIEW_PLANS,
        "screening_items": access.VIEW_PLANS,
    }
    queryset = TreatmentPlan.objects.select_related("patient").prefetch_related("findings")
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

    @extend_schema(responses=ItemSerializer(many=True))
    @action(detail=False, methods=["get"], url_path="screening-items", pagination_class=None)
    def screening_items(self, request: Request) -> Response:
        """What the contraindication screen asks; each item needs an answer in a new plan."""
        return Response(ItemSerializer(screening.ITEMS, many=True).data)


def _by_item(answers: Sequence[dict[str, str]]) -> dict[str, screening.Answer]:
    found: dict[str, screening.Answer] = {}
    for answer in answers:
        if answer["item"] in found:
            raise Invalid({f"findings.{answer['item']}": "This item is answered twice. Send one answer."})
        found[answer["item"]] = screening.Answer(answer["finding"], answer["override_reason"])
    return found
