"""A plan's doses over the API: those that were ordered, and another one from a prescriber."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic.fields import IdField
from clinic.viewsets import CreateSerializer
from scheduler import access
from scheduler.api.plan_answers import PlanActions
from scheduler.models import TreatmentPlan
from scheduler.prescribing import dose_orders


class OrderDoseSerializer(CreateSerializer):
    ordered_dose = serializers.DecimalField(
        max_digits=7, decimal_places=3, help_text="In the protocol's dose basis."
    )
    was = serializers.DecimalField(
        max_digits=7, decimal_places=3, help_text="The dose that the prescriber saw ordered until now."
    )
    reason = serializers.CharField(max_length=1000, allow_blank=True)
    soft_limit_acknowledged = serializers.BooleanField(
        required=False, default=False, help_text="Needed for a dose outside the protocol's usual range."
    )


class DoseOrderSerializer(serializers.Serializer[Any]):
    """A dose as it was ordered; the one that the plan was written with has no reason of its own."""

    dose = serializers.DecimalField(max_digits=7, decimal_places=3)
    ordered_at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()


class NewDoseOrderSerializer(DoseOrderSerializer):
    in_the_chair = serializers.ListField(
        child=IdField(),
        help_text="Visits of the plan whose patient is in the chair now: an infusion that has started keeps"
        " the dose it was started with.",
    )


class DosingActions(PlanActions):
    """Part of the plans' viewset."""

    access = {"doses": access.VIEW_PLANS, "order_dose": access.WRITE_PLAN}

    @extend_schema(responses=DoseOrderSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def doses(self, request: Request, pk: UUID) -> Response:
        """Every dose that was ordered under the plan, the newest first."""
        plan = self.fetch(TreatmentPlan.objects.select_related("patient"), pk=pk)
        ground.log_look(self.actor, plan.patient, what="plan")
        return Response(DoseOrderSerializer(dose_orders.orders_of(plan), many=True).data)

    @extend_schema(
        request=OrderDoseSerializer, responses={200: NewDoseOrderSerializer, 201: NewDoseOrderSerializer}
    )
    @doses.mapping.post
    def order_dose(self, request: Request, pk: UUID) -> Response:
        """A prescriber's dose for every session that has not started, within the protocol's limits."""
        plan = self.fetch(TreatmentPlan.objects.all(), pk=pk)
        data = self.parse(OrderDoseSerializer)
        order = {name: value for name, value in data.items() if name != "id"}
        return self.create_once(
            noun="dose_order",
            data=data,
            under={"plan": str(plan.pk)},
            make=lambda: _newest(dose_orders.order_dose(actor=self.actor, plan=plan, **order)),
            find=lambda: _newest(plan),
            answer=NewDoseOrderSerializer,
        )


def _newest(plan: TreatmentPlan) -> dict[str, Any]:
    newest = dose_orders.orders_of(plan)[0]
    return {**vars(newest), "in_the_chair": dose_orders.in_the_chair(plan)}
