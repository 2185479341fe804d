"""When could the next session of a plan be, over the API: feasible starts, and how a start is shown."""

from datetime import timedelta
from typing import Any, Final

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import MomentField
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access, finding
from scheduler.models import Phase, TreatmentPlan

LONGEST_WINDOW: Final = timedelta(days=92)
NURSED: Final = (Phase.PREPARATION, Phase.INFUSION, Phase.OBSERVATION)
NURSE_HELP: Final = (
    "Asked for by name, she serves the whole visit."
    " Left out: those who have room, handing over where a phase ends and somebody then stays free."
)


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class TurnSerializer(serializers.Serializer[Any]):
    """One nurse's part of a visit: from this phase on until the next turn, or until discharge."""

    phase = serializers.ChoiceField(choices=[*NURSED])
    start = serializers.DateTimeField()
    id = serializers.UUIDField(source="nurse.pk")
    name = serializers.CharField()


class WindowSerializer(StrictSerializer):
    plan = serializers.UUIDField()
    chair = serializers.UUIDField(required=False)
    nurse = serializers.UUIDField(required=False, help_text=NURSE_HELP)

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": MomentField(), "to": MomentField()}

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < asked["to"] - asked["from"] <= LONGEST_WINDOW:
            raise serializers.ValidationError({"to": "Give a later time, at most 92 days after `from`."})
        return asked


class FeasibleStartSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Discharge; the chair is taken through its turnover.")
    chair = NamedSerializer()
    nurses = TurnSerializer(many=True)
    clinician = NamedSerializer()


class AvailabilityViewSet(ClinicViewSet):
    """When could the next session of a plan be?"""

    access = {"list": access.VIEW_SCHEDULE}
    queryset = TreatmentPlan.objects.select_related("clinic", "patient", "protocol")
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[WindowSerializer], responses=FeasibleStartSerializer(many=True))
    def list(self, request: Request) -> Response:
        """Every feasible start in [from, to) on the five-minute grid, with chair and nurses."""
        asked = self.parse_query(WindowSerializer)
        starts = finding.feasible_starts(
            plan=self.fetch(self.get_queryset(), pk=asked["plan"]),
            first=asked["from"],
            until=asked["to"],
            now=clock.now(),
            chair_id=asked.get("chair"),
            nurse_id=asked.get("nurse"),
        )
        return Response(FeasibleStartSerializer(starts, many=True).data)
