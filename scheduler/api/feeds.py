"""Calendar feeds over the API: made, listed, revoked. The calendar itself is read at its own address."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.api.protocols import NothingSerializer
from scheduler.calendars import feeds
from scheduler.models import CalendarFeed, Resource


class CalendarFeedSerializer(serializers.ModelSerializer[CalendarFeed]):
    resource_name = serializers.CharField(source="resource.name", read_only=True)

    class Meta:
        model = CalendarFeed
        fields = ["id", "clinic", "resource", "resource_name", "made_by", "created_at", "revoked_at"]


class NewCalendarFeedSerializer(CalendarFeedSerializer):
    """With its address, which no other call tells again."""

    address = serializers.SerializerMethodField()

    class Meta(CalendarFeedSerializer.Meta):
        fields = [*CalendarFeedSerializer.Meta.fields, "address"]

    def get_address(self, feed: CalendarFeed) -> str:
        return feeds.address_of(feed)


class CalendarFeedCreateSerializer(CreateSerializer):
    resource = IdField(help_text="A nurse or a chair.")


class NamesSerializer(StrictSerializer):
    clinic = IdField()
    show_names = serializers.BooleanField(
        help_text="True: every calendar of the clinic, also those in use, names the patients."
    )


class CalendarFeedsViewSet(ClinicViewSet):
    """Secret addresses under which calendar programs read a nurse's or a chair's visits."""

    access = {
        "list": access.MANAGE_FEEDS,
        "create": access.MANAGE_FEEDS,
        "revoke": access.MANAGE_FEEDS,
        "names": access.MANAGE_FEEDS,
    }
    queryset = CalendarFeed.objects.select_related("resource")
    serializer_class = CalendarFeedSerializer
    pagination_class = NewestFirst

    def list(self, request: Request) -> Response:
        """Feeds in use and revoked, without their addresses."""
        return self.page(self.get_queryset(), CalendarFeedSerializer)

    @extend_schema(
        request=CalendarFeedCreateSerializer,
        responses={200: NewCalendarFeedSerializer, 201: NewCalendarFeedSerializer},
    )
    def create(self, request: Request) -> Response:
        """Make an address. The answer to this very call, also when it is sent again, is all that shows it."""
        data = self.parse(CalendarFeedCreateSerializer)
        resource = self.fetch(Resource.objects.all(), pk=data["resource"])
        return self.create_once(
            noun="calendar_feed",
            data=data,
            make=lambda: self._shown(feeds.make(actor=self.actor, id=data["id"], resource=resource)),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=NewCalendarFeedSerializer,
        )

    @extend_schema(request=NothingSerializer, responses=CalendarFeedSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: UUID) -> Response:
        """From now on the address is unknown."""
        feed = self.fetch(self.get_queryset(), pk=pk)
        self.parse(NothingSerializer)
        revoked = feeds.revoke(actor=self.actor, feed=feed, now=clock.now())
        return Response(CalendarFeedSerializer(self._shown(revoked)).data)

    @extend_schema(request=NamesSerializer, responses=NamesSerializer)
    @action(detail=False, methods=["post"])
    def names(self, request: Request) -> Response:
        """Whether a clinic's calendars name the patients."""
        data: dict[str, Any] = self.parse(NamesSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        changed = feeds.show_names(actor=self.actor, clinic=clinic, show=data["show_names"])
        return Response(NamesSerializer({"clinic": changed.pk, "show_names": changed.feeds_show_names}).data)

    def _shown(self, feed: CalendarFeed) -> CalendarFeed:
        return self.get_queryset().get(pk=feed.pk)
