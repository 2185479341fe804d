"""Tasks for staff over the API: what is open, taking one, closing one with its outcome."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock, queries, work
from clinic.api_defaults import NewestFirst
from clinic.models import Role, WorkItem
from clinic.viewsets import ClinicViewSet, StrictSerializer


class WorkItemSerializer(serializers.ModelSerializer[WorkItem]):
    class Meta:
        model = WorkItem
        fields = [
            "id",
            "clinic",
            "patient",
            "title",
            "urgency",
            "role",
            "owner",
            "due_at",
            "acknowledged_at",
            "acknowledged_by",
            "escalated_at",
            "closed_at",
            "closed_by",
            "outcome",
            "created_at",
        ]


class TaskFilterSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Role.choices, required=False)


class OutcomeSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=2000, help_text="What was done.")


class MostPressingFirst(NewestFirst):
    ordering = ("due_at", "id")


class TasksViewSet(ClinicViewSet):
    """Open tasks of the caller's clinics, the most pressing first."""

    access = {
        "list": access.VIEW_WORK,
        "retrieve": access.VIEW_WORK,
        "acknowledge": access.DO_WORK,
        "close": access.DO_WORK,
    }
    queryset = WorkItem.objects.all()
    serializer_class = WorkItemSerializer
    pagination_class = MostPressingFirst

    @extend_schema(parameters=[TaskFilterSerializer])
    def list(self, request: Request) -> Response:
        return self.page(
            queries.open_work_items().filter(**self.parse_query(TaskFilterSerializer)), WorkItemSerializer
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(WorkItemSerializer(self.fetch(self.get_queryset(), pk=pk)).data)

    @extend_schema(request=None, responses=WorkItemSerializer)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: UUID) -> Response:
        """Take the task."""
        item = self.fetch(self.get_queryset(), pk=pk)
        return Response(
            WorkItemSerializer(work.acknowledge(actor=self.actor, item=item, now=clock.now())).data
        )

    @extend_schema(request=OutcomeSerializer, responses=WorkItemSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: UUID) -> Response:
        """Close the task with what was done."""
        item = self.fetch(self.get_queryset(), pk=pk)
        outcome = self.parse(OutcomeSerializer)["outcome"]
        closed = work.close(actor=self.actor, item=item, outcome=outcome, now=clock.now())
        return Response(WorkItemSerializer(closed).data)
