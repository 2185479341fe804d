"""When could the next session of a plan be, over the API: feasible starts, and how a start is shown."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.problems import Conflict, Invalid
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.finding import free_times
from scheduler.finding.availability import moment_of
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.wishes import Wish
from scheduler.models import Phase, ProtocolStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.prescribing.protocols import NOT_IN_FORCE

LONGEST_WINDOW: Final = timedelta(days=365)
USUAL_STARTS: Final = 1_000
MOST_STARTS: Final = 5_000
NURSED: Final = (Phase.PREPARATION, Phase.INFUSION, Phase.OBSERVATION)
NURSE_HELP: Final = (
    "Asked for by name, she serves the whole visit."
    " Left out: those who have room, handing over where a phase or a shift ends and somebody then stays free."
)
PEOPLE: Final[dict[str, ResourceKind]] = {
    "chair": ResourceKind.CHAIR,
    "nurse": ResourceKind.NURSE,
    "chair_preferred": ResourceKind.CHAIR,
    "nurse_preferred": ResourceKind.NURSE,
}
WEEKDAYS: Final = "Write weekdays as numbers from 0 (Monday) to 6 (Sunday) with commas, such as 0,2,4."


class NamedSerializer(serializers.Serializer[Any]):
    id = IdField()
    name = serializers.CharField()


class TurnSerializer(serializers.Serializer[Any]):
    """One nurse's part of a visit: from this moment on until the next turn, or until discharge."""

    phase = serializers.ChoiceField(choices=[*NURSED])
    start = serializers.DateTimeField()
    id = IdField(source="nurse.pk")
    name = serializers.CharField()


@extend_schema_field(OpenApiTypes.STR)
class WeekdaysField(serializers.Field[Any, Any, Any, Any]):
    """Weekdays in a query: `0,2,4`."""

    default_error_messages = {"invalid": WEEKDAYS}

    def to_internal_value(self, data: Any) -> tuple[int, ...]:
        days = str(data).split(",")
        if not all(len(day) == 1 and day in "0123456" for day in days):
            self.fail("invalid")
        return tuple(sorted({int(day) for day in days}))


class WindowSerializer(StrictSerializer):
    """Which starts; from `weekdays` on what is welcome: that ranks, and excludes only with `only`."""

    plan = IdField()
    chair = IdField(required=False)
    nurse = IdField(required=False, help_text=NURSE_HELP)
    weekdays = WeekdaysField(required=False, help_text=WEEKDAYS)
    earliest = serializers.TimeField(
        required=False, help_text="No start before this time of the clinic's day."
    )
    latest = serializers.TimeField(required=False, help_text="Discharged by this time of the clinic's day.")
    nurse_preferred = IdField(required=False, help_text="For the whole visit, where she can.")
    chair_preferred = IdField(required=False)
    only = serializers.BooleanField(default=False, help_text="Nothing but what fits the wish entirely.")
    limit = serializers.IntegerField(
        default=USUAL_STARTS,
        min_value=1,
        max_value=MOST_STARTS,
        help_text="At most so many starts; `found` tells how many there are, `next_from` where to go on.",
    )

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "from": MomentField(), "to": MomentField()}

    def validate(self, asked: dict[str, Any]) -> dict[str, Any]:
        if not timedelta(0) < asked["to"] - asked["from"] <= LONGEST_WINDOW:
            raise serializers.ValidationError(
                {"to": f"Give a later time, at most {LONGEST_WINDOW.days} days after `from`."}
            )
        earliest, latest = asked.get("earliest"), asked.get("latest")
        if earliest and latest and latest <= earliest:
            raise serializers.ValidationError({"latest": "Give a later time than `earliest`."})
        return asked


class FeasibleStartSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Discharge; the chair is taken through its turnover.")
    chair = NamedSerializer()
    nurses = TurnSerializer(many=True)
    clinician = NamedSerializer()


class RankedStartSerializer(FeasibleStartSerializer):
    misfit = serializers.IntegerField(
        required=False,
        help_text="How far from what was wished for, in minutes at the wrong time of day; 0 is all of it."
        " Only where something was.",
    )


@extend_schema_serializer(many=False)  # one answer, though the action is called list
class AvailabilitySerializer(serializers.Serializer[Any]):
    """Some of the starts, or all, and how many there are."""

    found = serializers.IntegerField(help_text="Every feasible start of the window, listed here or not.")
    next_from = serializers.DateTimeField(
        allow_null=True,
        help_text="Where more follow in order of time: the `from` of the next call. Empty when these are all,"
        " and where something is wished for: then ask for a shorter window to see the rest.",
    )
    starts = RankedStartSerializer(many=True)


class AvailabilityViewSet(ClinicViewSet):
    """When could the next session of a plan be?"""

    access = {"list": access.VIEW_SCHEDULE}
    queryset = TreatmentPlan.objects.select_related("clinic", "patient", "protocol")
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[WindowSerializer], responses=AvailabilitySerializer)
    def list(self, request: Request) -> Response:
        """The feasible starts in [from, to) on the five-minute grid, with chair and nurses: at most `limit`.

        In order of time; where something is wished for, the best fit first. Calls that go on from
        `next_from` until it is empty list every start once. Refused with `protocol_inactive` for a plan under
        a version that isn't in force: there is no time at which it could be booked.
        """
        asked = self.parse_query(WindowSerializer)
        wish = Wish(
            weekdays=asked.get("weekdays", ()),
            earliest=asked.get("earliest"),
            latest=asked.get("latest"),
            nurse=asked.get("nurse_preferred"),
            chair=asked.get("chair_preferred"),
            only=asked["only"],
        )
        plan = self.fetch(self.get_queryset(), pk=asked["plan"])
        if plan.protocol.status != ProtocolStatus.ACTIVE:
            raise Conflict(NOT_IN_FORCE, code="protocol_inactive")
        self._check_people(plan, asked)
        found = free_times.search(
            plan=plan,
            first=asked["from"],
            until=asked["to"],
            now=clock.now(),
            chair_id=asked.get("chair"),
            nurse_id=asked.get("nurse"),
        )
        limit = asked["limit"]
        count = len(found.minutes)
        starts: Sequence[FeasibleStart]
        if wish:
            starts = free_times.ranked(found, wish, limit=limit)
            count = int((found.misfits(wish) == 0).sum()) if wish.only else count
        else:
            starts = found.first(limit)
        follows = None if wish or count <= limit else moment_of(int(found.minutes[limit]))
        answer = {"found": count, "next_from": follows, "starts": starts}
        return Response(AvailabilitySerializer(answer).data)

    def _check_people(self, plan: TreatmentPlan, asked: dict[str, Any]) -> None:
        """Whoever is asked for or preferred is one of the plan's clinic: 404 for an id that is none of this
        caller's, as when booking; then `Invalid` at the field."""
        wrong = {}
        for name, kind in PEOPLE.items():
            if name not in asked:
                continue
            resource = self.fetch(Resource.objects.all(), pk=asked[name])
            if (resource.clinic_id, resource.kind, resource.active) != (plan.clinic_id, kind, True):
                wrong[name] = f"This is not a working {kind} of the patient's clinic."
        if wrong:
            raise Invalid(wrong)
