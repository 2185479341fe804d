"""A series over the API: propose its dates, book it, review how its visits follow each other, re-space it."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.fields import DayField, IdField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.api.appointments import AppointmentSerializer
from scheduler.api.availability import (
    NURSE_HELP,
    BlockerSerializer,
    FeasibleStartSerializer,
    NamedSerializer,
)
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, Series, TreatmentPlan
from scheduler.series import proposing, respacing
from scheduler.series.respacing import Accepted
from scheduler.series.review import Fit, review
from scheduler.visits import queries
from scheduler.visits.booking import Wanted


class WishSerializer(StrictSerializer):
    """What the patient would rather have. It ranks; with `only` it excludes all that is not as wished."""

    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        max_length=7,
        help_text="0 Monday to 6 Sunday.",
    )
    earliest = serializers.TimeField(required=False, allow_null=True, help_text="No start before.")
    latest = serializers.TimeField(required=False, allow_null=True, help_text="Discharged by then.")
    nurse = IdField(required=False, allow_null=True, help_text="She serves the whole visit.")
    chair = IdField(required=False, allow_null=True)
    only = serializers.BooleanField(required=False)


class AskSeriesSerializer(StrictSerializer):
    plan = IdField()
    count = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=proposing.MOST_SESSIONS,
        help_text=f"Left out: all that are left, up to {proposing.MOST_SESSIONS}.",
    )
    first = DayField(required=False, help_text="The first day to look at; left out: today.")
    last = DayField(required=False, help_text="The last one; left out: long enough for the longest series.")
    wish = WishSerializer(required=False)


class SpacingSerializer(serializers.Serializer[Any]):
    """Calendar days from one session to the next."""

    min_days = serializers.IntegerField()
    max_days = serializers.IntegerField()
    overridden = serializers.BooleanField(help_text="By a prescriber, in place of the protocol.")


class BookWithSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    nurse = IdField(allow_null=True)
    chair = IdField(allow_null=True)


class OfferedSerializer(FeasibleStartSerializer):
    gap = serializers.IntegerField(allow_null=True, help_text="Days since the visit before it.")
    book = BookWithSerializer(help_text="What to send, with an id of yours, to book it as shown.")


class CostSerializer(serializers.Serializer[Any]):
    """In minutes outside the wished time of day, or what weighs as much; the fewer the better."""

    misfit = serializers.IntegerField(help_text="Weekdays, times and chairs that are not as wished.")
    other_nurse = serializers.IntegerField(help_text="Sessions that the wished nurse does not serve whole.")
    other_part = serializers.IntegerField(help_text="Sessions in the other part of the day.")
    busy_days = serializers.IntegerField(help_text="How full the days are already.")
    wait = serializers.IntegerField(help_text="Days until the first session.")
    length = serializers.IntegerField(help_text="Days from the first to the last.")
    total = serializers.IntegerField()


class SeriesOfferSerializer(serializers.Serializer[Any]):
    sessions = OfferedSerializer(many=True)
    nurse = NamedSerializer(allow_null=True, help_text="The wished nurse, if serving any of it whole.")
    cost = CostSerializer()
    words = serializers.ListField(child=serializers.CharField(), help_text="What the cost means.")


class RelaxationSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    ask = serializers.DictField(help_text="What to ask for instead; `spacing` needs a prescriber.")


class ImpossibleSerializer(serializers.Serializer[Any]):
    """Which gap fails: the next session would have to be between two days, and nothing is free then."""

    detail = serializers.CharField()
    placed = serializers.IntegerField(source="ends.placed", help_text="How many sessions fit.")
    latest = serializers.DateField(allow_null=True, help_text="The latest day of the last one that fits.")
    next_from = serializers.DateField()
    next_until = serializers.DateField()
    next_stands = serializers.BooleanField(
        source="ends.next_stands", help_text="The next is a visit that stands."
    )
    relaxations = RelaxationSerializer(
        many=True, help_text="What would do, each by itself, the smallest first."
    )


class ProposedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    first = serializers.DateField()
    last = serializers.DateField()
    spacing = SpacingSerializer()
    proposals = SeriesOfferSerializer(source="offers", many=True)
    fewer = serializers.CharField(help_text="Why there are fewer than three; empty where there are not.")
    blockers = BlockerSerializer(
        many=True, help_text="What stands against any time; then nothing is proposed."
    )
    impossible = ImpossibleSerializer(allow_null=True)


class WantedSerializer(StrictSerializer):
    id = IdField(help_text="The visit's, made by you.")
    start = MomentField(help_text="On the five-minute grid.")
    chair = IdField(required=False, allow_null=True, help_text="Left out: any that is free.")
    nurse = IdField(required=False, allow_null=True, help_text=NURSE_HELP)


class BookSeriesSerializer(CreateSerializer):
    plan = IdField()
    sessions = WantedSerializer(  # type: ignore[call-arg]  # the stubs know lists by no length
        many=True,
        allow_empty=False,
        max_length=proposing.MOST_SESSIONS,
        error_messages={"max_length": proposing.TOO_MANY},
    )
    wish = WishSerializer(required=False)


class SeriesSerializer(serializers.ModelSerializer[Series]):
    appointments = AppointmentSerializer(many=True, read_only=True)

    class Meta:
        model = Series
        fields = ["id", "clinic", "plan", "wish", "booked_by", "appointments"]


class OfPlanSerializer(StrictSerializer):
    plan = IdField()


class ReviewedVisitSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    appointment = IdField(source="appointment.pk")
    start = serializers.DateTimeField(source="appointment.starts_at")
    end = serializers.DateTimeField(source="appointment.ends_at")
    status = serializers.CharField(source="appointment.status")
    gap = serializers.IntegerField(allow_null=True, help_text="Days since the visit before it.")
    fit = serializers.ChoiceField(
        choices=[(fit.value, fit.value) for fit in Fit],
        allow_null=True,
        help_text="The gap against the spacing; above it the series is interrupted.",
    )
    movable = serializers.BooleanField(help_text="Booked and yet to come.")


class DueSerializer(serializers.Serializer[Any]):
    first = serializers.DateField()
    last = serializers.DateField()


class SeriesReviewSerializer(serializers.Serializer[Any]):
    spacing = SpacingSerializer()
    visits = ReviewedVisitSerializer(many=True)
    sessions_left = serializers.IntegerField()
    next_due = DueSerializer(
        allow_null=True, help_text="When the next session would have to be that is not booked."
    )
    out_of_spacing = serializers.BooleanField(help_text="A gap is wrong that moving visits can change.")
    interrupted = serializers.BooleanField(help_text="Sessions are left, and the next one is overdue.")


class ShiftSerializer(FeasibleStartSerializer):
    appointment = IdField(source="reviewed.appointment.pk")
    before = serializers.DateTimeField(
        source="reviewed.appointment.starts_at", help_text="Where the visit is now."
    )
    nurse = NamedSerializer(allow_null=True, help_text="The nurse whom the visit keeps for all of it.")
    days = serializers.IntegerField(help_text="By how many days it moves.")


class RespacingSerializer(serializers.Serializer[Any]):
    review = SeriesReviewSerializer()
    moves = ShiftSerializer(source="shifts", many=True)
    impossible = serializers.CharField(help_text="Why moving can't mend the spacing; empty where it can.")


class AcceptedSerializer(StrictSerializer):
    appointment = IdField()
    before = MomentField(help_text="Where the visit was when this was proposed.")
    start = MomentField()
    nurse = IdField(required=False, allow_null=True)


class AcceptRespacingSerializer(OfPlanSerializer):
    moves = AcceptedSerializer(many=True, allow_empty=False)


class SeriesViewSet(ClinicViewSet):
    """Several sessions of one plan at once. What is proposed is not held; booked is all or none."""

    access = {
        "propose": access.BOOK,
        "create": access.BOOK,
        "retrieve": access.VIEW_SCHEDULE,
        "review": access.VIEW_SCHEDULE,
        "respace": access.BOOK,
        "accept": access.BOOK,
    }
    queryset = Series.objects.none()
    serializer_class = SeriesSerializer

    def get_queryset(self) -> QuerySet[Series]:
        return Series.objects.select_related("plan__patient").prefetch_related(
            Prefetch("appointments", queries.visits().order_by("during__startswith"))
        )

    @extend_schema(request=AskSeriesSerializer, responses=ProposedSerializer)
    @action(detail=False, methods=["post"])
    def propose(self, request: Request) -> Response:
        """Up to three different series with what each costs; or the gap that fails and what would mend it."""
        data = self.parse(AskSeriesSerializer)
        proposed = proposing.propose(
            plan=self._plan(data["plan"]),
            count=data.get("count"),
            first=data.get("first"),
            last=data.get("last"),
            wish=self._wish(data.get("wish", {})),
            now=clock.now(),
        )
        return Response(ProposedSerializer(proposed).data)

    @extend_schema(request=BookSeriesSerializer, responses={200: SeriesSerializer, 201: SeriesSerializer})
    def create(self, request: Request) -> Response:
        """Book these sessions, all or none. A refusal (409) names in `sessions` each that can't be, and has
        fresh `proposals`."""
        data = self.parse(BookSeriesSerializer)
        plan, wish = self._plan(data["plan"]), self._wish(data.get("wish", {}))
        sessions = [
            Wanted(
                wanted["id"],
                wanted["start"],
                self._resource(wanted, "chair"),
                self._resource(wanted, "nurse"),
            )
            for wanted in data["sessions"]
        ]
        return self.create_once(
            noun="series",
            data=data,
            make=lambda: self._shown(
                proposing.book(
                    actor=self.actor,
                    id=data["id"],
                    plan=plan,
                    sessions=sessions,
                    wish=wish,
                    now=clock.now(),
                )
            ),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=SeriesSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """A series with all its visits, those that were moved or cancelled since among them."""
        found = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, found.plan.patient, what="series")
        return Response(SeriesSerializer(found).data)

    @extend_schema(parameters=[OfPlanSerializer], responses=SeriesReviewSerializer)
    @action(detail=False, methods=["get"], pagination_class=None)
    def review(self, request: Request) -> Response:
        """A plan's visits in order, each gap against the spacing, and what is not booked yet."""
        plan = self._plan(self.parse_query(OfPlanSerializer)["plan"])
        ground.log_look(self.actor, plan.patient, what="series")
        return Response(SeriesReviewSerializer(review(plan=plan, now=clock.now())).data)

    @extend_schema(request=OfPlanSerializer, responses=RespacingSerializer)
    @action(detail=False, methods=["post"])
    def respace(self, request: Request) -> Response:
        """The smallest change to the visits still to come that mends their spacing. It changes nothing."""
        plan = self._plan(self.parse(OfPlanSerializer)["plan"])
        return Response(RespacingSerializer(respacing.respace(plan=plan, now=clock.now())).data)

    @extend_schema(request=AcceptRespacingSerializer, responses=SeriesReviewSerializer)
    @action(detail=False, methods=["post"], url_path="respace/accept")
    def accept(self, request: Request) -> Response:
        """Move the visits as proposed, all or none; sent again it changes nothing more."""
        data = self.parse(AcceptRespacingSerializer)
        reviewed = respacing.accept(
            actor=self.actor,
            plan=self._plan(data["plan"]),
            moves=[
                Accepted(move["appointment"], move["before"], move["start"], self._resource(move, "nurse"))
                for move in data["moves"]
            ],
            now=clock.now(),
        )
        return Response(SeriesReviewSerializer(reviewed).data)

    def _plan(self, pk: UUID) -> TreatmentPlan:
        return self.fetch(TreatmentPlan.objects.select_related("clinic", "patient", "protocol"), pk=pk)

    def _resource(self, data: dict[str, Any], kind: str) -> Resource | None:
        return self.fetch(Resource.objects.all(), pk=data[kind]) if data.get(kind) else None

    def _wish(self, data: dict[str, Any]) -> Wish:
        for kind in ("nurse", "chair"):
            self._resource(data, kind)
        return Wish(**{**data, "weekdays": tuple(data.get("weekdays", ()))})

    def _shown(self, booked: Series) -> Series:
        return self.get_queryset().get(pk=booked.pk)
