"""The API's ground: parse strictly, fetch with permission, create once. A view reads: parse, call, answer.

Every viewset lists in `access` which permission each of its actions needs; an action that is not
listed is refused to everybody.
"""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from clinic import access
from clinic.access import Actor, Permission
from clinic.api_defaults import NewestFirst, printable
from clinic.fields import IdField
from clinic.history import name_actor
from clinic.idempotency import create_once

RowType = TypeVar("RowType", bound=models.Model)
MadeType = TypeVar("MadeType")


class StrictSerializer(serializers.Serializer[Any]):
    """Unknown fields are refused, not ignored: a misspelt field must not be lost in silence.

    A value outside a list of choices is answered with the list.
    """

    default_error_messages = {"invalid": "Send a JSON object here: {{ … }}."}

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        fields = super().get_fields()
        for field in fields.values():
            if isinstance(field, (serializers.ListField, serializers.ListSerializer)):
                field.error_messages["not_a_list"] = "Send a JSON list here: [ … ]."
            choice = getattr(field, "child", field)
            if isinstance(choice, serializers.ChoiceField):
                known = ", ".join(str(key) for key in choice.choices)
                choice.error_messages["invalid_choice"] = f"Choose one of: {known}."
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = [name for name, field in self.fields.items() if not field.read_only]
            unknown = sorted(set(data) - set(writable))
            if unknown:
                known = ", ".join(writable) or "none"
                raise serializers.ValidationError(
                    {printable(name): [f"Unknown field. Known fields: {known}."] for name in unknown},
                    code="unknown_field",
                )
        return super().to_internal_value(data)


class CreateSerializer(StrictSerializer):
    """A create call's body carries the new row's id, made by the client: the idempotency key."""

    id = IdField(help_text="Made by you (UUID). Sending the same call again records once.")


class OfPatientSerializer(StrictSerializer):
    """Whose rows are asked for."""

    patient = IdField()


class OfClinicSerializer(StrictSerializer):
    """Which clinic is asked about."""

    clinic = IdField()


class ClinicViewSet(GenericViewSet[Any]):
    """What the API's viewsets share: the actor, permission by action, and creating once."""

    access: ClassVar[Mapping[str, Permission]] = {}
    pagination_class = NewestFirst
    # Nonsense in place of an id is an unknown address (404), for routers of paths and of patterns.
    lookup_value_converter = "uuid"
    lookup_value_regex = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Whose token it is has only now been found out: too late for ActorMiddleware.
        name_actor(self.actor.user_id)

    @property
    def actor(self) -> Actor:
        """The caller's roles, read once per request."""
        request: Any = self.request
        if not hasattr(request, "_chairside_actor"):
            request._chairside_actor = access.actor_of(request.user)
        return request._chairside_actor

    @property
    def permission(self) -> Permission:
        """The roles that may do the action under way."""
        return self.access[self.action]

    def parse(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The body as typed data, or a problem that names each field."""
        serializer = serializer_class(data=self.request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def parse_query(self, serializer_class: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """The query string as typed data, under the same rules as a body."""
        given = {key: self.request.query_params[key] for key in self.request.query_params}
        for paging in ("cursor", "page_size", "format"):
            given.pop(paging, None)
        serializer = serializer_class(data=given)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def fetch(self, queryset: models.QuerySet[RowType], **lookup: Any) -> RowType:
        """The row this action is about, under the action's own permission."""
        return access.fetch(self.actor, queryset, self.permission, **lookup)

    def page(
        self, queryset: models.QuerySet[RowType], serializer_class: type[serializers.BaseSerializer[Any]]
    ) -> Response:
        """One cursor page of what this person may see."""
        rows = self.paginate_queryset(access.visible(self.actor, queryset, self.permission))
        shaped = serializer_class(rows, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shaped.data)

    def create_once(
        self,
        *,
        noun: str,
        data: Mapping[str, Any],
        make: Callable[[], MadeType],
        find: Callable[[], MadeType],
        answer: type[serializers.BaseSerializer[Any]],
        under: Mapping[str, Any] | None = None,
    ) -> Response:
        """201 with what is new, or 200 with what this same call made before. `under` is what the address
        names, such as a plan: the same body under another one is another call."""
        sent: Any = self.request.data
        body = sent if under is None else {**under, **sent}
        row, made = create_once(actor=self.actor, noun=noun, id=data["id"], body=body, make=make, find=find)
        return Response(answer(row).data, status=201 if made else 200)
