"""Calls about bedside monitors: which stands at which chair, and what they sent that nobody could place."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.access import CLINICAL
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler.models import Resource
from sessions_app.access import CHANGE_MONITORS, PLACE_MONITORS
from sessions_app.models import MonitorDevice, UnmatchedMessage
from sessions_app.monitors import devices, taking_over, unmatched
from sessions_app.monitors.taking_over import TakenOver


class MonitorSerializer(serializers.ModelSerializer[MonitorDevice]):
    class Meta:
        model = MonitorDevice
        fields = ["id", "clinic", "identifier", "name", "chair", "chair_since", "active"]


class AddMonitorSerializer(CreateSerializer):
    clinic = IdField()
    identifier = serializers.CharField(max_length=80, help_text="As it sends it, in MSH-3 or OBX-18.")
    name = serializers.CharField(max_length=80, help_text="As the staff call it.")
    chair = IdField(required=False, allow_null=True, default=None)


class MoveMonitorSerializer(StrictSerializer):
    chair = IdField(allow_null=True, help_text="null: at no chair.")


class TakeOverSerializer(StrictSerializer):
    since = MomentField(help_text="From when on it has stood at its chair.")
    moved_earlier = serializers.BooleanField(
        required=False, default=False, help_text="It was moved before anybody recorded it."
    )


class TakenOverSerializer(serializers.Serializer[TakenOver]):
    taken_over = serializers.IntegerField(help_text="How many messages went to their sessions.")
    waiting = serializers.IntegerField(help_text="How many of it still wait because its chair wasn't known.")


class UnmatchedSummarySerializer(serializers.ModelSerializer[UnmatchedMessage]):
    class Meta:
        model = UnmatchedMessage
        fields = ["id", "clinic", "received_at", "identifier", "why", "settled_at", "settled_by", "outcome"]


class UnmatchedSerializer(UnmatchedSummarySerializer):
    class Meta(UnmatchedSummarySerializer.Meta):
        fields = [*UnmatchedSummarySerializer.Meta.fields, "message"]


class UnmatchedFilterSerializer(StrictSerializer):
    settled = serializers.BooleanField(required=False, default=False)


class SettleSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=240)
    alike = serializers.BooleanField(
        required=False, default=False, help_text="Also what else waits of this monitor for this reason."
    )


class SettledSerializer(serializers.Serializer[dict[str, int]]):
    settled = serializers.IntegerField(help_text="How many messages.")


class ByIdentifier(NewestFirst):
    ordering = ("identifier", "id")
    position_is_moment = False


class MonitorsViewSet(ClinicViewSet):
    """Monitors and the chairs at which they stand."""

    access = {
        "list": PLACE_MONITORS,
        "create": CHANGE_MONITORS,
        "retrieve": PLACE_MONITORS,
        "move": PLACE_MONITORS,
        "take_over": PLACE_MONITORS,
        "retire": CHANGE_MONITORS,
        "reinstate": CHANGE_MONITORS,
    }
    queryset = MonitorDevice.objects.all()
    serializer_class = MonitorSerializer
    pagination_class = ByIdentifier

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), MonitorSerializer)

    @extend_schema(request=AddMonitorSerializer, responses={200: MonitorSerializer, 201: MonitorSerializer})
    def create(self, request: Request) -> Response:
        """Make a monitor known, and say at which chair it stands."""
        data = self.parse(AddMonitorSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        return self.create_once(
            noun="monitor",
            data=data,
            make=lambda: devices.add(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                identifier=data["identifier"],
                name=data["name"],
                chair=self._chair(data["chair"]),
                now=clock.now(),
            ),
            find=lambda: MonitorDevice.objects.get(pk=data["id"]),
            answer=MonitorSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(MonitorSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=MoveMonitorSerializer, responses=MonitorSerializer)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, pk: UUID) -> Response:
        """Say at which chair it stands from now on."""
        device = self.fetch(self.get_queryset(), pk=pk)
        chair = self._chair(self.parse(MoveMonitorSerializer)["chair"])
        moved = devices.move(actor=self.actor, device=device, chair=chair, now=clock.now())
        return Response(MonitorSerializer(moved).data)

    @extend_schema(request=TakeOverSerializer, responses=TakenOverSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: UUID) -> Response:
        """Take what it sent while nobody knew its chair into the sessions there."""
        device = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(TakeOverSerializer)
        found = taking_over.take_over(actor=self.actor, device=device, now=clock.now(), **data)
        return Response(TakenOverSerializer(found).data)

    @extend_schema(request=None, responses=MonitorSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: UUID) -> Response:
        """Take it out of use."""
        self.parse(StrictSerializer)
        device = self.fetch(self.get_queryset(), pk=pk)
        return Response(
            MonitorSerializer(devices.retire(actor=self.actor, device=device, now=clock.now())).data
        )

    @extend_schema(request=None, responses=MonitorSerializer)
    @action(detail=True, methods=["post"])
    def reinstate(self, request: Request, pk: UUID) -> Response:
        """Take it back into use, at no chair yet."""
        self.parse(StrictSerializer)
        device = self.fetch(self.get_queryset(), pk=pk)
        return Response(
            MonitorSerializer(devices.reinstate(actor=self.actor, device=device, now=clock.now())).data
        )

    def _chair(self, pk: UUID | None) -> Resource | None:
        return ground.fetch(self.actor, Resource.objects.all(), self.permission, pk=pk) if pk else None


class MonitorMessagesViewSet(ClinicViewSet):
    """What monitors sent and nobody could place; the message itself is a patient's and for clinicians."""

    access = {"list": PLACE_MONITORS, "retrieve": CLINICAL, "settle": PLACE_MONITORS}
    queryset = UnmatchedMessage.objects.all()
    serializer_class = UnmatchedSummarySerializer

    @extend_schema(parameters=[UnmatchedFilterSerializer], responses=UnmatchedSummarySerializer(many=True))
    def list(self, request: Request) -> Response:
        """What waits, or what is settled, the newest first and without the messages' content."""
        settled = self.parse_query(UnmatchedFilterSerializer)["settled"]
        rows = self.get_queryset().filter(settled_at__isnull=not settled).defer("message")
        return self.page(rows, UnmatchedSummarySerializer)

    @extend_schema(responses=UnmatchedSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """One message exactly as it came."""
        return Response(UnmatchedSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=SettleSerializer, responses=SettledSerializer)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: UUID) -> Response:
        """Say what became of it."""
        message = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(SettleSerializer)
        count = unmatched.settle(actor=self.actor, message=message, now=clock.now(), **data)
        return Response({"settled": count})
