"""Who is on call, over the API."""

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
from clinic.fields import IdField, MomentField
from clinic.models import User
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from notifications import access
from notifications.escalating import on_call
from notifications.models import OnCallRung, OnCallShift


class OnCallShiftSerializer(serializers.ModelSerializer[OnCallShift]):
    starts_at = serializers.DateTimeField(source="during.lower")
    ends_at = serializers.DateTimeField(source="during.upper")

    class Meta:
        model = OnCallShift
        fields = ["id", "clinic", "user", "rung", "starts_at", "ends_at", "recorded_by", "withdrawn_at"]


class OnCallCreateSerializer(CreateSerializer):
    clinic = IdField()
    user = IdField(help_text="Who is called.")
    rung = serializers.ChoiceField(choices=OnCallRung.choices, help_text="In which turn they are called.")
    starts_at = MomentField()
    ends_at = MomentField()


class OnCallFilterSerializer(StrictSerializer):
    after = MomentField(required=False, help_text="Shifts that end after this moment.")
    until = MomentField(required=False, help_text="Shifts that begin before this moment.")


class ByTime(NewestFirst):
    ordering = ("during", "id")


class OnCallViewSet(ClinicViewSet):
    """Shifts on call that stand, the earliest first."""

    access = {
        "list": access.VIEW_ON_CALL,
        "create": access.PLAN_ON_CALL,
        "withdraw": access.PLAN_ON_CALL,
    }
    queryset = OnCallShift.objects.all()
    serializer_class = OnCallShiftSerializer
    pagination_class = ByTime

    @extend_schema(parameters=[OnCallFilterSerializer])
    def list(self, request: Request) -> Response:
        return self.page(on_call.shifts(**self.parse_query(OnCallFilterSerializer)), OnCallShiftSerializer)

    @extend_schema(
        request=OnCallCreateSerializer, responses={200: OnCallShiftSerializer, 201: OnCallShiftSerializer}
    )
    def create(self, request: Request) -> Response:
        """Put somebody on call."""
        data = self.parse(OnCallCreateSerializer)
        clinic = ground.fetch_clinic(self.actor, self.permission, data["clinic"])
        user = User.objects.filter(pk=data["user"], memberships__clinic=clinic).first()
        if user is None:
            raise Invalid({"user": f"Choose somebody who works in {clinic.name}."})
        stretch: dict[str, Any] = {key: data[key] for key in ("id", "rung", "starts_at", "ends_at")}
        return self.create_once(
            noun="on_call_shift",
            data=data,
            make=lambda: on_call.add_shift(
                actor=self.actor, clinic=clinic, user=user, now=clock.now(), **stretch
            ),
            find=lambda: OnCallShift.objects.get(pk=data["id"]),
            answer=OnCallShiftSerializer,
        )

    @extend_schema(request=None, responses=OnCallShiftSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: UUID) -> Response:
        """Take somebody off call."""
        shift = self.fetch(self.get_queryset(), pk=pk)
        off = on_call.withdraw_shift(actor=self.actor, shift=shift, now=clock.now())
        return Response(OnCallShiftSerializer(off).data)
