"""When could the next session of a plan be, over the API: feasible starts, and how a start is shown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet, StrictSerializer
from scheduler import access
from scheduler.finding import free_times
from scheduler.finding.availability import moment_of
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment, Phase, Resource, ResourceKind, TreatmentPlan
from scheduler.visits import moving
from scheduler.visits.blockers import Blocker
from scheduler.visits.decision import against_any_time

LONGEST_WINDOW: Final = timedelta(days=365)
USUAL_STARTS: Final = 1_000
MOST_STARTS: Final = 5_000
NURSED: Final = (Phase.PREPARATION, Phase.INFUSION, Phase.OBSERVATION)
NURSE_HELP: Final = (
    "Asked for by name, this nurse serves the whole visit."
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


class BlockerSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    minutes = serializers.IntegerField(required=False, allow_null=True)


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
    appointment = IdField(
        required=False, help_text="A visit or hold of the plan that would be moved: it counts for nothing."
    )
    chair = IdField(required=False)
    nurse = IdField(required=False, help_text=NURSE_HELP)
    weekdays = WeekdaysField(required=False, help_text=WEEKDAYS)
    earliest = serializers.TimeField(
        required=False, help_text="No start before this time of the clinic's day."
    )
    latest = serializers.TimeField(required=False, help_text="Discharged by this time of the clinic's day.")
    nurse_preferred = IdField(required=False, help_text="For the whole visit, where possible.")
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


class ToAskSerializer(serializers.Serializer[Any]):
    """Of a start that leaves no time to fast: what must be so already. Book it with `fasted`."""

    nothing_eaten_since = serializers.DateTimeField(source="eaten", allow_null=True)
    nothing_drunk_since = serializers.DateTimeField(source="drunk", allow_null=True)
    detail = serializers.CharField(source="sentence")


class FeasibleStartSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(help_text="Discharge; the chair is taken through its turnover.")
    chair = NamedSerializer()
    nurses = TurnSerializer(many=True)
    clinician = NamedSerializer()
    to_ask = ToAskSerializer(allow_null=True, help_text="Empty where it leaves the time to fast.")


class RankedStartSerializer(FeasibleStartSerializer):
    misfit = serializers.IntegerField(
        required=False,
        help_text="How far from what was wished for, in minutes at the wrong time of day; 0 is all of it."
        " Only where something was.",
    )


@extend_schema_serializer(many=False)  # one answer, though the action is called list
class AvailabilitySerializer(serializers.Serializer[Any]):
    """Some of the starts, or all, and how many there are; none while there are `blockers`."""

    found = serializers.IntegerField(help_text="Every feasible start of the window, listed here or not.")
    next_from = serializers.DateTimeField(
        allow_null=True,
        help_text="Where more follow in order of time: the `from` of the next call. Empty when these are all,"
        " and where something is wished for: then ask for a shorter window to see the rest.",
    )
    starts = RankedStartSerializer(many=True)
    blockers = BlockerSerializer(
        many=True,
        help_text="What stands against any time, in the words of `appointments/check/`.",
    )


class AvailabilityViewSet(ClinicViewSet):
    """When could the next session of a plan be?"""

    access = {"list": access.VIEW_SCHEDULE}
    queryset = TreatmentPlan.objects.select_related("clinic", "patient", "protocol")
    pagination_class = None  # type: ignore[assignment]

    @extend_schema(parameters=[WindowSerializer], responses=AvailabilitySerializer)
    def list(self, request: Request) -> Response:
        """The feasible starts in [from, to) on the five-minute grid, with chair and nurses: at most `limit`.

        In order of time; where something is wished for, the best fit first. Calls that go on from
        `next_from` until it is empty list every start once. None is free while something stands against the
        plan or its patient: then `blockers` tells all of it.
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
        self._check_people(plan, asked)
        now, without = clock.now(), self._to_move(plan, asked)
        blockers = against_any_time(plan=plan, now=now, without=without)
        if blockers:
            return self._answer(found=0, next_from=None, starts=(), blockers=blockers)
        found = free_times.search(
            plan=plan,
            first=asked["from"],
            until=asked["to"],
            now=now,
            chair_id=asked.get("chair"),
            nurse_id=asked.get("nurse"),
            without=without,
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
        return self._answer(found=count, next_from=follows, starts=starts, blockers=())

    def _answer(
        self,
        *,
        found: int,
        next_from: datetime | None,
        starts: Sequence[FeasibleStart],
        blockers: Sequence[Blocker],
    ) -> Response:
        answer = {"found": found, "next_from": next_from, "starts": starts, "blockers": blockers}
        return Response(AvailabilitySerializer(answer).data)

    def _to_move(self, plan: TreatmentPlan, asked: dict[str, Any]) -> tuple[UUID, ...]:
        """The visit of the plan that is to be moved, if any."""
        if "appointment" not in asked:
            return ()
        visit = self.fetch(Appointment.objects.filter(plan=plan), pk=asked["appointment"])
        moving.require_movable(visit)
        return (visit.pk,)

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
