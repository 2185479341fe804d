"""Protocols over the API: look at the versions, draft a new one, put it in force, retire it."""

from typing import Any, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api.proof import PasswordAgainSerializer
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField, LineField
from clinic.signin import Proof
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfClinicSerializer, StrictSerializer
from scheduler import access
from scheduler.api.plan_answers import ReasonSerializer
from scheduler.models import DoseBasis, Protocol, WeightBasis
from scheduler.prescribing.reach import NotAllowed, Reach, as_signed, reach_of
from scheduler.protocols import protocols
from scheduler.protocols.differing_content import Difference
from scheduler.protocols.protocol_content import COLUMNS

MOST: Final = 32_767  # what a column of small whole numbers holds
MOST_MG: Final = 2_147_483_647  # and one of large ones


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    class Meta:
        model = Protocol
        fields = [
            "id",
            "clinic",
            "code",
            "version",
            "status",
            "approved_by",
            "approved_at",
            *COLUMNS,
        ]


class NothingSerializer(StrictSerializer):
    """A call that needs no more than its address: send {}."""


def amount(digits: int = 7, places: int = 3, **options: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=digits, decimal_places=places, required=False, **options)


def amounts(digits: int, **options: Any) -> serializers.ListField:
    child = serializers.DecimalField(max_digits=digits, decimal_places=1)
    return serializers.ListField(child=child, max_length=20, required=False, **options)


def whole(**options: Any) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, min_value=0, **{"max_value": MOST, **options})


def listed(length: int, most: int) -> serializers.ListField:
    return serializers.ListField(child=LineField(max_length=length), max_length=most, required=False)


class DraftCheckSerializer(StrictSerializer):
    """A version that is only looked at: what `after` says, but for the fields that are sent."""

    after = IdField(help_text="The version that the draft begins as a copy of.")
    title = LineField(max_length=120, required=False)
    indications = listed(10, 100)
    dose_basis = serializers.ChoiceField(choices=DoseBasis.choices, required=False)
    dose_start = amount()
    dose_soft_min = amount()
    dose_soft_max = amount()
    dose_hard_max = amount()
    dose_hard_min = amount(allow_null=True)
    total_soft_min_mg = amount(7, 1, allow_null=True)
    total_hard_max_mg = amount(7, 1, allow_null=True)
    stock_strengths_mg_per_ml = amounts(5, help_text="The vials that may be drawn from; empty: every one.")
    bag_volumes_ml = amounts(6, help_text="The bags' final volumes; empty: any.")
    weight_basis = serializers.ChoiceField(choices=WeightBasis.choices, required=False)
    weight_cap_kg = amount(5, 1, allow_null=True)
    weight_valid_days = whole()
    preparation_minutes = whole()
    infusion_minutes = whole()
    age_min_years = whole(allow_null=True)
    age_max_years = whole(allow_null=True)
    infusion_least_minutes = whole(allow_null=True)
    infusion_most_minutes = whole(allow_null=True)
    observation_minutes = whole()
    turnover_minutes = whole()
    preparation_units = whole()
    infusion_units = whole()
    observation_units = whole()
    fasting_clear_hours = whole(allow_null=True)
    fasting_light_meal_hours = whole(allow_null=True)
    series_min = whole()
    series_typical = whole()
    series_max = whole()
    spacing_min_days = whole()
    spacing_max_days = whole()
    maintenance_min_days = whole(allow_null=True)
    maintenance_max_days = whole(allow_null=True)
    most_per_week = whole(allow_null=True)
    most_per_year = whole(allow_null=True)
    review_after_sessions = whole(allow_null=True)
    reconsent_after_days = whole(allow_null=True)
    liver_test_after_mg = whole(allow_null=True, max_value=MOST_MG)
    chair_features = listed(40, 20)
    vitals_schedule = serializers.JSONField(
        required=False, help_text='Such as {"infusion": [{"every": 15, "times": 4}, {"every": 30}], …}.'
    )
    limits = serializers.JSONField(
        required=False, help_text='Such as {"heart_rate_per_min": {"start_hold": {"below": 50}}}.'
    )
    rings = serializers.JSONField(
        required=False, help_text='Such as {"systolic_mmhg": {"reject": [40, 260], "confirm": [80, 200]}}.'
    )
    checklist = listed(40, 60)
    prn_medicines = serializers.JSONField(
        required=False, help_text="The order set: medicine, amount, unit, route and reason of each."
    )
    near_baseline_percent = whole()
    near_baseline_sets = whole()
    citation = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class DraftSerializer(CreateSerializer, DraftCheckSerializer):
    """A new version: what `after` says, but for the fields that are sent."""


class OrderNotAllowedSerializer(serializers.Serializer[NotAllowed]):
    plan = IdField(source="plan.pk")
    mends = serializers.ListField(child=serializers.CharField())


class ReachSerializer(serializers.Serializer[Reach]):
    """What stands under the version in force, and what the other one would mean for it. Nothing moves by
    itself: plans and visits are taken over one by one."""

    in_force = IdField(source="in_force.pk")
    plans = serializers.IntegerField(help_text="Active or on hold; each is a prescriber's to take over.")
    not_allowed = OrderNotAllowedSerializer(many=True)
    visits = serializers.IntegerField(help_text="Still to come.")
    next_visit_at = serializers.DateTimeField(allow_null=True)
    minutes_longer = serializers.IntegerField(help_text="Of a visit that is taken over; below 0: shorter.")
    is_fasted_otherwise = serializers.BooleanField()


class LooserSerializer(serializers.Serializer[protocols.Looser]):
    """What asks for less care than it did: a higher dose, a shorter watch, an easier way home, a limit that
    alarms later or not at all, a wider ring. It may be meant; whoever signs should know."""

    field = serializers.CharField()
    than = serializers.ChoiceField(
        choices=["version", "default"], help_text="The version that it begins from, or domain.md's default."
    )
    was = serializers.JSONField(
        source="found.was", help_text="The figure, rhythm, bounds, percent, readings or span there."
    )


class DifferenceSerializer(serializers.Serializer[Difference]):
    """What a version says otherwise than another, at one place of it."""

    field = serializers.CharField(
        source="path",
        help_text="By its path, such as `limits.systolic_mmhg.stop` or `vitals_schedule.infusion`.",
    )
    was = serializers.JSONField(allow_null=True, help_text="Empty where nothing was said.")
    becomes = serializers.JSONField(allow_null=True)
    no_longer = serializers.ListField(
        child=serializers.IntegerField(),
        help_text="Of a rhythm: the minutes of its phase at which a reading is due no longer.",
    )
    newly = serializers.ListField(
        child=serializers.IntegerField(), help_text="And those at which one is due that was not."
    )


class ComparedSerializer(serializers.Serializer[protocols.Compared]):
    """One version beside another of the same protocol."""

    differences = DifferenceSerializer(many=True)
    looser = LooserSerializer(many=True)


class ThanSerializer(StrictSerializer):
    than = IdField(help_text="The other version of the same protocol.")


class DraftCheckedSerializer(serializers.Serializer[Any]):
    """Which fields would say something else, and what that would touch; none while no version is in force."""

    changed = serializers.ListField(child=serializers.CharField())
    differences = DifferenceSerializer(many=True, help_text="The same, place by place.")
    touches = ReachSerializer(allow_null=True)
    looser = LooserSerializer(many=True)


class InUseSerializer(serializers.Serializer[Any]):
    """What stands under a version. When it is retired, visits stay; plans can't be booked any further."""

    plans = serializers.IntegerField(help_text="Active or on hold.")
    visits = serializers.IntegerField(help_text="Still to come.")


class ByCode(NewestFirst):
    ordering = ("code", "-version", "id")
    position_is_moment = False


class ProtocolsViewSet(ClinicViewSet):
    """Every version of every protocol. A version never changes: a change is a new one, made as a draft, and
    `activate` puts it in force."""

    access = {
        "list": access.VIEW_PROTOCOLS,
        "retrieve": access.VIEW_PROTOCOLS,
        "adopt_defaults": access.ADOPT_PROTOCOLS,
        "create": access.DRAFT_PROTOCOL,
        "check": access.DRAFT_PROTOCOL,
        "compare": access.VIEW_PROTOCOLS,
        "in_use": access.VIEW_PROTOCOLS,
        "activate": access.ACTIVATE_PROTOCOL,
        "retire": access.RETIRE_PROTOCOL,
    }
    queryset = Protocol.objects.all()
    serializer_class = ProtocolSerializer
    pagination_class = ByCode

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ProtocolSerializer)

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(ProtocolSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=DraftSerializer, responses={200: ProtocolSerializer, 201: ProtocolSerializer})
    def create(self, request: Request) -> Response:
        """Draft the next version of a protocol. Nothing is in force before `activate`."""
        changes = self.parse(DraftSerializer)
        id = changes.pop("id")
        after = self.fetch(self.get_queryset(), pk=changes.pop("after"))
        return self.create_once(
            noun="protocol",
            data={"id": id},
            make=lambda: protocols.draft_version(actor=self.actor, id=id, after=after, changes=changes),
            find=lambda: Protocol.objects.get(pk=id),
            answer=ProtocolSerializer,
        )

    @extend_schema(request=DraftCheckSerializer, responses=DraftCheckedSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What a draft would change and touch, or every field that can't be meant. Nothing is written."""
        changes = self.parse(DraftCheckSerializer)
        after = self.fetch(self.get_queryset(), pk=changes.pop("after"))
        changed = protocols.changed_columns(after, changes)
        becomes = as_signed(after, changes)
        touches = reach_of(becomes, now=clock.now())
        told = {"changed": changed, "touches": touches, **vars(protocols.compared(becomes, than=after))}
        return Response(DraftCheckedSerializer(told).data)

    @extend_schema(parameters=[ThanSerializer], responses=ComparedSerializer)
    @action(detail=True, methods=["get"])
    def compare(self, request: Request, pk: UUID) -> Response:
        """What this version says otherwise than another of its protocol, and where it asks for less care."""
        version = self.fetch(self.get_queryset(), pk=pk)
        than = self.fetch(self.get_queryset(), pk=self.parse_query(ThanSerializer)["than"])
        return Response(ComparedSerializer(protocols.compared(version, than=than)).data)

    @extend_schema(responses=InUseSerializer)
    @action(detail=True, methods=["get"], url_path="in-use")
    def in_use(self, request: Request, pk: UUID) -> Response:
        """How many plans stand under this version, and how many visits are to come."""
        protocol = self.fetch(self.get_queryset(), pk=pk)
        return Response(InUseSerializer(protocols.in_use(protocol, now=clock.now())).data)

    @extend_schema(request=OfClinicSerializer, responses=ProtocolSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="adopt-defaults", pagination_class=None)
    def adopt_defaults(self, request: Request) -> Response:
        """Write the default protocols that the clinic doesn't have yet, as drafts that a prescriber may sign.

        Answers the first version of each; asking again writes nothing.
        """
        asked = self.parse(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return Response(ProtocolSerializer(protocols.adopt_defaults(clinic=clinic), many=True).data)

    @extend_schema(request=PasswordAgainSerializer, responses=ProtocolSerializer)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, pk: UUID) -> Response:
        """A prescriber signs this version; the one in force until now is retired."""
        protocol = self.fetch(self.get_queryset(), pk=pk)
        proof = Proof(**self.parse(PasswordAgainSerializer))
        signed = protocols.activate(actor=self.actor, protocol=protocol, proof=proof, now=clock.now())
        return Response(ProtocolSerializer(signed).data)

    @extend_schema(request=ReasonSerializer, responses=ProtocolSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: UUID) -> Response:
        """Nothing is written or booked under this version any more; visits that are booked stay."""
        protocol = self.fetch(self.get_queryset(), pk=pk)
        reason = self.parse(ReasonSerializer)["reason"]
        retired = protocols.retire(actor=self.actor, protocol=protocol, reason=reason)
        return Response(ProtocolSerializer(retired).data)
