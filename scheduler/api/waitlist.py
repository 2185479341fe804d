"""The waitlist over the API: who waits for what, what is offered to them, and their answers by telephone."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import DayField, IdField, MomentField
from clinic.viewsets import ClinicViewSet, CreateSerializer, OfClinicSerializer, StrictSerializer
from scheduler import access
from scheduler.api.appointments import AppointmentSerializer, FastedSerializer
from scheduler.api.protocols import NothingSerializer
from scheduler.models import (
    Appointment,
    Resource,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.visits import queries
from scheduler.waitlist import by_hand, endings, joining, obstacles, waiting, waitlist
from scheduler.waitlist.fitting import Fit, who_fits
from scheduler.waitlist.waiting import Terms


class OfferSerializer(serializers.ModelSerializer[WaitlistOffer]):
    """A time that was held for somebody; `appointment` is the hold."""

    start = serializers.DateTimeField(source="starts_at", read_only=True)
    end = serializers.DateTimeField(source="ends_at", read_only=True)

    class Meta:
        model = WaitlistOffer
        fields = [
            "id",
            "entry",
            "appointment",
            "start",
            "end",
            "offered_at",
            "expires_at",
            "status",
            "answered_at",
        ]


class ObstacleSerializer(serializers.Serializer[Any]):
    """Why somebody who waits has no offer."""

    code = serializers.CharField()
    detail = serializers.CharField()


class EndingSerializer(serializers.Serializer[Any]):
    """What took somebody off the list."""

    code = serializers.CharField()
    detail = serializers.CharField()


class WaitlistEntrySerializer(serializers.ModelSerializer[WaitlistEntry]):
    """Who waits, since `created_at`, for what; with the offer that waits for their answer, or why there is
    none; or what ended it."""

    patient_name = serializers.CharField(source="patient.full_name", read_only=True)
    open_offer = serializers.SerializerMethodField()
    no_offer = serializers.SerializerMethodField()
    ended = serializers.SerializerMethodField()

    class Meta:
        model = WaitlistEntry
        fields = [
            "id",
            "clinic",
            "patient",
            "patient_name",
            "plan",
            "appointment",
            "first_day",
            "last_day",
            "weekdays",
            "earliest",
            "latest",
            "earlier_than",
            "nurse",
            "chair",
            "only",
            "notice_hours",
            "status",
            "created_at",
            "closed_at",
            "closed_by",
            "open_offer",
            "no_offer",
            "ended",
        ]

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_open_offer(self, entry: WaitlistEntry) -> Any:
        offer = next(iter(entry.open_offers), None)  # type: ignore[attr-defined]
        return OfferSerializer(offer).data if offer else None

    @extend_schema_field(ObstacleSerializer(allow_null=True))
    def get_no_offer(self, entry: WaitlistEntry) -> Any:
        why = obstacles.why_nothing(entry, now=clock.now())
        return ObstacleSerializer(why).data if why else None

    @extend_schema_field(EndingSerializer(allow_null=True))
    def get_ended(self, entry: WaitlistEntry) -> Any:
        ending = endings.ending(entry, now=clock.now())
        return EndingSerializer(ending).data if ending else None


class TermsSerializer(StrictSerializer):
    first_day = DayField(help_text="Days are the clinic's, both included.")
    last_day = DayField()
    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6),
        required=False,
        max_length=7,
        help_text="0 Monday to 6 Sunday; none for any.",
    )
    earliest = serializers.TimeField(
        required=False, allow_null=True, help_text="No start before this wall time of the clinic."
    )
    latest = serializers.TimeField(required=False, allow_null=True, help_text="Discharged by this wall time.")
    nurse = IdField(
        required=False, allow_null=True, help_text="Rather with this nurse; another is offered if need be."
    )
    chair = IdField(
        required=False, allow_null=True, help_text="Rather in this chair; another is offered if need be."
    )
    only = serializers.BooleanField(
        required=False, help_text="With this nurse and in this chair alone: nothing else is offered."
    )
    notice_hours = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=waiting.MOST_NOTICE_HOURS,
        help_text="How long before a visit the patient has to know of it. Left out: 24.",
    )


class JoinSerializer(CreateSerializer, TermsSerializer):
    plan = IdField()
    appointment = IdField(
        required=False,
        allow_null=True,
        help_text="The visit to bring forward. Left out: one more session is to be booked.",
    )


class ChangeSerializer(TermsSerializer):
    """Only what changes."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.required = False
        return fields


class ListedSerializer(StrictSerializer):
    clinic = IdField()
    status = serializers.ChoiceField(choices=WaitlistStatus.choices, required=False)


class OfferByHandSerializer(CreateSerializer):
    start = MomentField(help_text="When the visit would start, as booking asks for it.")
    chair = IdField(required=False, allow_null=True, help_text="Left out: any that is free.")


class FittingAskedSerializer(StrictSerializer):
    clinic = IdField()
    day = DayField(help_text="The clinic's.")


class FitSerializer(serializers.Serializer[Fit]):
    """Somebody who waits and a free time that would suit them best on the day."""

    entry = IdField(source="entry.pk")
    patient = IdField(source="entry.patient_id")
    patient_name = serializers.CharField(source="entry.patient.full_name")
    start = serializers.DateTimeField()
    chair = IdField(source="chair.pk")
    short_notice = serializers.BooleanField(help_text="It is sooner than they asked to know of it.")


class LongestWaitingFirst(NewestFirst):
    ordering = ("created_at", "id")


class WaitlistViewSet(ClinicViewSet):
    """Patients who would come when time frees up. Each minute it is offered to whom it fits best."""

    access = {
        "list": access.VIEW_SCHEDULE,
        "create": access.BOOK,
        "retrieve": access.VIEW_SCHEDULE,
        "partial_update": access.BOOK,
        "withdraw": access.BOOK,
        "offers": access.VIEW_SCHEDULE,
        "offer_freed": access.BOOK,
        "offer": access.BOOK,
        "fitting": access.BOOK,
    }
    queryset = WaitlistEntry.objects.none()
    serializer_class = WaitlistEntrySerializer
    pagination_class = LongestWaitingFirst

    def get_queryset(self) -> QuerySet[WaitlistEntry]:
        return endings.with_ending(obstacles.with_obstacles(waiting.entries(), now=clock.now()))

    @extend_schema(parameters=[ListedSerializer])
    def list(self, request: Request) -> Response:
        """A clinic's entries, who has waited longest first."""
        asked = self.parse_query(ListedSerializer)
        asked["clinic"] = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        return self.page(self.get_queryset().filter(**asked), WaitlistEntrySerializer)

    @extend_schema(
        request=JoinSerializer, responses={200: WaitlistEntrySerializer, 201: WaitlistEntrySerializer}
    )
    def create(self, request: Request) -> Response:
        """Wait for one more session of a plan, or for an earlier time of one of its visits."""
        data = self.parse(JoinSerializer)
        id = data.pop("id")
        plans = TreatmentPlan.objects.select_related("clinic", "patient", "protocol")
        plan = self.fetch(plans, pk=data.pop("plan"))
        visit_id = data.pop("appointment", None)
        appointment = self.fetch(Appointment.objects.all(), pk=visit_id) if visit_id else None
        terms = Terms(**self._given(data))
        return self.create_once(
            noun="waitlist_entry",
            data={"id": id},
            make=lambda: self._shown(
                joining.join(
                    actor=self.actor,
                    id=id,
                    plan=plan,
                    terms=terms,
                    appointment=appointment,
                    now=clock.now(),
                )
            ),
            find=lambda: self.get_queryset().get(pk=id),
            answer=WaitlistEntrySerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        entry = self.fetch(self.get_queryset(), pk=pk)
        ground.log_look(self.actor, entry.patient, what="waitlist")
        return Response(WaitlistEntrySerializer(entry).data)

    @extend_schema(request=ChangeSerializer, responses=WaitlistEntrySerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        """Wait on other terms; the place in the queue is kept."""
        entry = self.fetch(self.get_queryset(), pk=pk)
        terms = replace(Terms.of(entry), **self._given(self.parse(ChangeSerializer)))
        changed = joining.change(actor=self.actor, entry=entry, terms=terms, now=clock.now())
        return Response(WaitlistEntrySerializer(self._shown(changed)).data)

    @extend_schema(request=NothingSerializer, responses=WaitlistEntrySerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """The patient waits no more; a time that was held for them is free."""
        entry = self.fetch(WaitlistEntry.objects.all(), pk=pk)
        self.parse(NothingSerializer)
        closed = joining.withdraw(actor=self.actor, entry=entry, now=clock.now())
        return Response(WaitlistEntrySerializer(self._shown(closed)).data)

    @extend_schema(responses=OfferSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def offers(self, request: Request, pk: UUID) -> Response:
        """Every time that was offered, the latest first."""
        entry = self.fetch(WaitlistEntry.objects.select_related("patient"), pk=pk)
        ground.log_look(self.actor, entry.patient, what="waitlist")
        offers = entry.offers.select_related("appointment").order_by("-offered_at", "-pk")
        return Response(OfferSerializer(offers, many=True).data)

    @extend_schema(request=OfClinicSerializer, responses=OfferSerializer(many=True))
    @action(detail=False, methods=["post"], url_path="offer-freed", pagination_class=None)
    def offer_freed(self, request: Request) -> Response:
        """Offer now what is free, without waiting for the next minute; answers what was newly offered."""
        asked = self.parse(OfClinicSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        offers = waitlist.offer_freed(clinic=clinic, now=clock.now())
        return Response(OfferSerializer(offers, many=True).data)

    @extend_schema(request=OfferByHandSerializer, responses={200: OfferSerializer, 201: OfferSerializer})
    @action(detail=True, methods=["post"])
    def offer(self, request: Request, pk: UUID) -> Response:
        """Hold this time for this entry and offer it by message, to be answered as any offer."""
        entry = self.fetch(WaitlistEntry.objects.all(), pk=pk)
        data = self.parse(OfferByHandSerializer)
        chair = self.fetch(Resource.objects.all(), pk=data["chair"]) if data.get("chair") else None
        return self.create_once(
            noun="waitlist_offer",
            data=data,
            make=lambda: by_hand.offer(
                actor=self.actor,
                id=data["id"],
                entry=entry,
                start=data["start"],
                chair=chair,
                now=clock.now(),
            ),
            find=lambda: waiting.offers().get(pk=data["id"]),
            answer=OfferSerializer,
        )

    @extend_schema(parameters=[FittingAskedSerializer], responses=FitSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def fitting(self, request: Request) -> Response:
        """Who would come at a time that is free on this day, who comes first first."""
        asked = self.parse_query(FittingAskedSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, asked["clinic"])
        fits: Any = who_fits(clinic, asked["day"], now=clock.now())
        return Response(FitSerializer(fits, many=True).data)

    def _given(self, data: dict[str, Any]) -> dict[str, Any]:
        """A body's terms, with the nurse and the chair that it names."""
        given = dict(data)
        for name in ("nurse", "chair"):
            if given.get(name):
                given[name] = self.fetch(Resource.objects.all(), pk=given[name])
        if "weekdays" in given:
            given["weekdays"] = tuple(given["weekdays"])
        return given

    def _shown(self, entry: WaitlistEntry) -> WaitlistEntry:
        return self.get_queryset().get(pk=entry.pk)


class WaitlistOffersViewSet(ClinicViewSet):
    """The answers of patients who call instead of using their link, and offers that are taken back."""

    access = {"accept": access.BOOK, "decline": access.BOOK, "take_back": access.BOOK}
    queryset = WaitlistOffer.objects.none()
    serializer_class = OfferSerializer

    def get_queryset(self) -> QuerySet[WaitlistOffer]:
        return waiting.offers()

    @extend_schema(request=FastedSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: UUID) -> Response:
        """The visit that is booked now, or that has moved to the earlier time."""
        offer = self.fetch(self.get_queryset(), pk=pk)
        fasted = self.parse(FastedSerializer)["fasted"]
        visit = waitlist.accept(actor=self.actor, offer=offer, fasted=fasted, now=clock.now())
        return Response(AppointmentSerializer(queries.visits().get(pk=visit.pk)).data)

    @extend_schema(request=NothingSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: UUID) -> Response:
        """The time is free again, and the patient goes on waiting."""
        offer = self.fetch(self.get_queryset(), pk=pk)
        self.parse(NothingSerializer)
        declined = waitlist.decline(actor=self.actor, offer=offer, now=clock.now())
        return Response(OfferSerializer(declined).data)

    @extend_schema(request=NothingSerializer, responses=OfferSerializer)
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: UUID) -> Response:
        """The clinic needs the time itself: it is free, and the patient goes on waiting."""
        offer = self.fetch(self.get_queryset(), pk=pk)
        self.parse(NothingSerializer)
        taken_back = by_hand.take_back(actor=self.actor, offer=offer, now=clock.now())
        return Response(OfferSerializer(taken_back).data)
