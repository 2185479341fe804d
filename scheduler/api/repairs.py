"""Repairing a day over the API: say what went wrong, look at the plan, accept it."""

from typing import Any
from uuid import UUID

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
from scheduler.api.protocols import NothingSerializer
from scheduler.models import AbsenceReason, Appointment, Repair, Resource
from scheduler.repairing import repair
from scheduler.repairing.breaking import Cause
from scheduler.repairing.proposal import Outcome, proposal_of
from scheduler.repairing.reading import Mishap, Missing, RunningLate


class MissingSerializer(StrictSerializer):
    """Somebody or a chair isn't there, or the whole clinic is closed."""

    resource = IdField(required=False, allow_null=True, help_text="Left out: the whole clinic.")
    start = MomentField(help_text="On the day. What lies before now stays as it was.")
    end = MomentField()
    reason = serializers.ChoiceField(
        choices=AbsenceReason.choices, required=False, default=AbsenceReason.OTHER
    )


class LateSerializer(StrictSerializer):
    """What is under way takes so many minutes more, and nothing else begins before now and these minutes."""

    minutes = serializers.IntegerField()
    appointment = IdField(
        required=False,
        allow_null=True,
        help_text="This visit alone; when it has not begun, it does not before its start and these minutes.",
    )


class RepairCreateSerializer(CreateSerializer):
    """Either `missing` or `late`."""

    clinic = IdField()
    day = DayField(help_text="In the clinic's time zone.")
    missing = MissingSerializer(required=False)
    late = LateSerializer(required=False)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if ("missing" in told) == ("late" in told):
            raise serializers.ValidationError({"missing": "Say what went wrong: `missing` or `late`."})
        return told


class FaultSerializer(serializers.Serializer[Any]):
    """From when until when one visit can't have what it holds."""

    visit = IdField()
    cause = serializers.ChoiceField(choices=[cause.value for cause in Cause])
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    resource = IdField(allow_null=True, help_text="Empty: the visit can't begin yet.")
    phase = serializers.CharField(allow_blank=True)
    because = serializers.ListField(child=IdField(), help_text="The visits in the way.")


class PlannedTurnSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    nurse = IdField()


class SeatSerializer(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    chair = IdField()
    nurses = serializers.SerializerMethodField()

    @extend_schema(responses=PlannedTurnSerializer(many=True))
    def get_nurses(self, seat: Any) -> list[dict[str, Any]]:
        return [{"start": start, "nurse": nurse} for start, nurse in seat.nurses]


class ChangeSerializer(serializers.Serializer[Any]):
    """What becomes of one visit that the plan touches."""

    visit = IdField()
    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in Outcome])
    was = SeatSerializer()
    to = SeatSerializer(allow_null=True, help_text="From `since` on; empty: not on this day.")
    cost = serializers.IntegerField()
    dates = serializers.ListField(
        child=serializers.DateTimeField(),
        help_text="Free times on other days, sought for `another_day` when the plan can be carried out. The"
        " visit gets the first; none: it is called off, with a task.",
    )


class PartsSerializer(serializers.Serializer[Any]):
    """What the cost counts."""

    kept = serializers.IntegerField(help_text="Visits that keep their time, with others or longer.")
    moved = serializers.IntegerField()
    another_day = serializers.IntegerField(help_text="No place on this day; `dates` tell where they go.")
    given_up = serializers.IntegerField(help_text="Holds.")
    left_alone = serializers.IntegerField(help_text="In the chair, and nobody can serve them.")
    minutes_moved = serializers.IntegerField()
    other_nurses = serializers.IntegerField(help_text="Visits that other nurses serve, wholly or in part.")
    other_chairs = serializers.IntegerField(help_text="Visits in another chair.")


class ProposalSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField(help_text="What lies before stays as it was.")
    visits = serializers.IntegerField(help_text="Visits of the day that aren't over.")
    faults = FaultSerializer(many=True)
    changes = ChangeSerializer(many=True)
    parts = PartsSerializer()
    cost = serializers.IntegerField(help_text="In points (docs/decisions/0008); less is better.")
    bound = serializers.IntegerField(help_text="No plan costs less.")
    gap = serializers.FloatField(help_text="The share of the cost that might be spared at most, 0 to 1.")
    seconds = serializers.FloatField()
    can_be_carried_out = serializers.BooleanField()


class RepairSerializer(serializers.ModelSerializer[Repair]):
    disruption = serializers.DictField(read_only=True, help_text="What went wrong.")
    plan = serializers.SerializerMethodField()

    class Meta:
        model = Repair
        fields = [
            "id",
            "clinic",
            "day",
            "disruption",
            "plan",
            "made_by",
            "made_at",
            "accepted_by",
            "accepted_at",
        ]

    @extend_schema(responses=ProposalSerializer)
    def get_plan(self, repair: Repair) -> Any:
        return ProposalSerializer(proposal_of(repair.proposal)).data


class RepairsViewSet(ClinicViewSet):
    """A disrupted day: what breaks, the least disruptive plan, and carrying it out as one.

    Seeking a plan takes up to eight seconds, one at a time: 503 `busy` while another is sought. A plan stands
    for a quarter of an hour, and as long as the visits that it touches are as they were; then accepting it
    answers 409 `plan_outdated`.
    """

    access = {"create": access.REPAIR, "retrieve": access.REPAIR, "accept": access.REPAIR}
    queryset = Repair.objects.all()
    serializer_class = RepairSerializer

    @extend_schema(request=RepairCreateSerializer, responses={200: RepairSerializer, 201: RepairSerializer})
    def create(self, request: Request) -> Response:
        """Seek a plan. Nothing changes until it is accepted."""
        data = self.parse(RepairCreateSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        mishap = self._mishap(data)
        return self.create_once(
            noun="repair",
            data=data,
            make=lambda: repair.propose(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                day=data["day"],
                disruption=mishap,
                now=clock.now(),
            ),
            find=lambda: Repair.objects.get(pk=data["id"]),
            answer=RepairSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(RepairSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=NothingSerializer, responses=RepairSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """Carry the plan out as it was shown, all or nothing."""
        proposed = self.fetch(self.get_queryset(), pk=pk)
        self.parse(NothingSerializer)
        accepted = repair.accept(actor=self.actor, repair=proposed, now=clock.now())
        return Response(RepairSerializer(accepted).data)

    def _mishap(self, data: dict[str, Any]) -> Mishap:
        """What went wrong, with the rows it names: of the clinic that is to be repaired, or a 404."""
        if "late" in data:
            late = data["late"]
            visits = Appointment.objects.filter(clinic_id=data["clinic"])
            key = late.get("appointment")
            return RunningLate(late["minutes"], self.fetch(visits, pk=key) if key else None)
        missing = data["missing"]
        resources = Resource.objects.filter(clinic_id=data["clinic"]).select_related("clinic")
        key = missing.get("resource")
        return Missing(
            missing["start"],
            missing["end"],
            self.fetch(resources, pk=key) if key else None,
            AbsenceReason(missing["reason"]),
        )
