"""Chairs, nurses and clinicians over the API."""

from typing import Final
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access as ground
from clinic import clock
from clinic.api.seen import IF_MATCH, seen_of, with_tag
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.models import Resource, ResourceKind
from scheduler.working_hours import resources

FEATURES_HELP: Final = "What a chair offers that a protocol or a plan may ask for, such as private-room."


class ResourceSerializer(serializers.ModelSerializer[Resource]):
    class Meta:
        model = Resource
        fields = ["id", "clinic", "kind", "name", "capacity", "features", "user", "active"]


class ResourceCreateSerializer(CreateSerializer):
    clinic = IdField()
    kind = serializers.ChoiceField(choices=ResourceKind.choices)
    name = serializers.CharField(max_length=80)
    capacity = serializers.IntegerField(
        help_text="A chair: 1. A nurse: units of nursing load, as a rule 6. A clinician: visits at once."
    )
    features = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False, help_text=FEATURES_HELP
    )
    user = IdField(required=False, allow_null=True, help_text="The member of staff behind it.")


class ResourceUpdateSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False)
    capacity = serializers.IntegerField(required=False)
    features = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False, help_text=FEATURES_HELP
    )
    active = serializers.BooleanField(required=False, help_text="False takes it out of use.")
    user = IdField(
        required=False, allow_null=True, help_text="The member of staff behind it; takes over visits to come."
    )


class ByName(NewestFirst):
    ordering = ("kind", "name", "id")
    position_is_moment = False


class ResourcesViewSet(ClinicViewSet):
    """What visits need. A change that booked visits stand against is refused with their list."""

    access = {
        "list": access.VIEW_RESOURCES,
        "create": access.CHANGE_RESOURCES,
        "retrieve": access.VIEW_RESOURCES,
        "partial_update": access.CHANGE_RESOURCES,
    }
    queryset = Resource.objects.all()
    serializer_class = ResourceSerializer
    pagination_class = ByName

    def list(self, request: Request) -> Response:
        return self.page(self.get_queryset(), ResourceSerializer)

    @extend_schema(
        request=ResourceCreateSerializer, responses={200: ResourceSerializer, 201: ResourceSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(ResourceCreateSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        return self.create_once(
            noun="resource",
            data=data,
            make=lambda: resources.add_resource(
                actor=self.actor,
                id=data["id"],
                clinic=clinic,
                kind=data["kind"],
                name=data["name"],
                capacity=data["capacity"],
                features=data.get("features", ()),
                user_id=data.get("user"),
            ),
            find=lambda: Resource.objects.get(pk=data["id"]),
            answer=ResourceSerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return self._answer(self.fetch(self.get_queryset(), pk=pk))

    @extend_schema(parameters=[IF_MATCH], request=ResourceUpdateSerializer, responses=ResourceSerializer)
    def partial_update(self, request: Request, pk: UUID) -> Response:
        resource = self.fetch(self.get_queryset(), pk=pk)
        changes = self.parse(ResourceUpdateSerializer)
        if "user" in changes:
            changes["user_id"] = changes.pop("user")
        changed = resources.change_resource(
            actor=self.actor, resource=resource, seen=seen_of(request), now=clock.now(), **changes
        )
        return self._answer(changed)

    def _answer(self, resource: Resource) -> Response:
        return with_tag(ResourceSerializer(resource).data, resources.settings_of(resource))
