"""What one of the staff did, over the API: the charts that they opened, what happened at their sign-ins, and
who looked at either. Each look at a colleague's charts and sign-ins is written down; everybody reads their
own sign-ins.
"""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access
from clinic.api_defaults import NewestFirst
from clinic.fields import DayField
from clinic.models import AccessLog, Member, SecondFactor, SignInKind, SignInLog, StaffLook
from clinic.periods import Period
from clinic.staff import activity
from clinic.viewsets import ClinicViewSet, StrictSerializer


class DaysSerializer(StrictSerializer):
    first = DayField(help_text="The first day, by the clinic's clocks.")
    last = DayField(help_text="The last day; it is one of them.")


class ChartOpenedSerializer(serializers.ModelSerializer[AccessLog]):
    patient_name = serializers.CharField(source="patient.full_name")

    class Meta:
        model = AccessLog
        fields = ["at", "patient", "patient_name", "what"]


class SignInSerializer(serializers.ModelSerializer[SignInLog]):
    what = serializers.ChoiceField(choices=SignInKind.choices)
    second_factor = serializers.ChoiceField(
        choices=["", *SecondFactor.values], help_text="Of a sign-in: which one was shown; empty for none."
    )
    address = serializers.CharField(allow_null=True, help_text="The network address.")
    by = serializers.CharField(
        source="by.full_name", default="", help_text="Of a session that was ended: who ended it."
    )

    class Meta:
        model = SignInLog
        fields = ["at", "what", "second_factor", "address", "browser", "by"]


class StaffLookSerializer(serializers.ModelSerializer[StaffLook]):
    who = serializers.CharField(source="user.full_name")

    class Meta:
        model = StaffLook
        fields = ["at", "who", "what"]


class LatestFirst(NewestFirst):
    ordering = ("-at", "-id")


class MemberActivityViewSet(ClinicViewSet):
    """What one of the clinic's staff did, also of who has left."""

    access = {
        "charts_opened": access.VIEW_STAFF_ACTIVITY,
        "sign_ins": access.VIEW_STAFF_ACTIVITY,
        "looks": access.VIEW_STAFF_ACTIVITY,
    }
    queryset = AccessLog.objects.none()
    serializer_class = ChartOpenedSerializer
    pagination_class = LatestFirst

    @extend_schema(parameters=[DaysSerializer], responses=ChartOpenedSerializer(many=True))
    def charts_opened(self, request: Request, pk: UUID) -> Response:
        """Every look of theirs at a patient on these days, the latest first."""
        member = self._member()
        asked = self.parse_query(DaysSerializer)
        period = Period.of(member.clinic, asked["first"], asked["last"])
        access.log_staff_look(self.actor, member, what=f"charts opened, {activity.words_of(period)}")
        return self.page(activity.charts_opened(member, period), ChartOpenedSerializer)

    @extend_schema(responses=SignInSerializer(many=True))
    def sign_ins(self, request: Request, pk: UUID) -> Response:
        """What happened at their sign-ins while they worked here, the latest first."""
        member = self._member()
        access.log_staff_look(self.actor, member, what="sign-ins")
        rows = self.paginate_queryset(activity.sign_ins(member))
        return self.get_paginated_response(SignInSerializer(rows, many=True).data)

    @extend_schema(responses=StaffLookSerializer(many=True))
    def looks(self, request: Request, pk: UUID) -> Response:
        """Who looked at these lists of theirs, the latest first."""
        return self.page(activity.looks_at(self._member()), StaffLookSerializer)

    def _member(self) -> Member:
        return self.fetch(Member.objects.select_related("clinic", "user"), pk=self.kwargs["pk"])


class OwnSignInsViewSet(ClinicViewSet):
    """What happened at your own sign-ins."""

    permission_classes = [IsAuthenticated]
    queryset = SignInLog.objects.none()
    serializer_class = SignInSerializer
    pagination_class = LatestFirst

    @extend_schema(responses=SignInSerializer(many=True))
    def list(self, request: Request) -> Response:
        """The latest first: the wrong passwords, too, and who ended a session of yours."""
        user: Any = request.user
        rows = self.paginate_queryset(activity.sign_ins_of(user))
        return self.get_paginated_response(SignInSerializer(rows, many=True).data)
