"""What hangs on one member of staff, over the API: asked before they are let go or lose a role."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock
from clinic.fields import IdField
from clinic.models import Member
from clinic.viewsets import ClinicViewSet
from notifications.escalating.duties import Duties, Pile, duties_of


class PileSerializer(serializers.Serializer[Pile[Any]]):
    count = serializers.IntegerField()
    first = serializers.SerializerMethodField(help_text="The ids of the first of them.")

    @extend_schema_field(serializers.ListField(child=IdField()))
    def get_first(self, pile: Pile[Any]) -> list[UUID]:
        return [row.pk for row in pile.rows]


class DutiesSerializer(serializers.Serializer[Duties]):
    tasks = PileSerializer(help_text="Open tasks that they own.")
    shifts = PileSerializer(help_text="Turns on call that aren't over.")
    visits = PileSerializer(help_text="Visits to come that book them.")
    unsigned = PileSerializer(help_text="Sessions with steps of theirs that nobody has signed.")
    plans = PileSerializer(help_text="Plans of theirs that go on.")


class MemberDutiesViewSet(ClinicViewSet):
    access = {"duties": access.MANAGE_STAFF}
    queryset = Member.objects.all()
    serializer_class = DutiesSerializer

    @extend_schema(responses=DutiesSerializer)
    @action(detail=True, methods=["get"], pagination_class=None)
    def duties(self, request: Request, pk: UUID) -> Response:
        """What would be nobody's, or somebody else's, if they were not there."""
        member = self.fetch(self.get_queryset(), pk=pk)
        return Response(DutiesSerializer(duties_of(member, now=clock.now())).data)
