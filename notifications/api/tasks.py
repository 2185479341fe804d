"""Tasks for staff over the API: what is open, taking one, closing one with its outcome. Here and not on the
ground floor, because a task's steps say what became of the calls about it.
"""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import access, clock, queries, work
from clinic.api_defaults import NewestFirst
from clinic.fields import IdField
from clinic.models import Role, Urgency, WorkItem, WorkItemStep
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet, CreateSerializer, StrictSerializer
from notifications.escalating import calls, choosing, task_kinds
from notifications.escalating.calls import Call, CallOutcome
from notifications.talking import text_tasks


class WorkItemSerializer(serializers.ModelSerializer[WorkItem]):
    kind = serializers.SerializerMethodField(help_text="Of which sort it is, as the list is narrowed by.")

    class Meta:
        model = WorkItem
        fields = [
            "id",
            "clinic",
            "patient",
            "title",
            "kind",
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

    @extend_schema_field(serializers.ChoiceField(choices=task_kinds.CHOICES))
    def get_kind(self, item: WorkItem) -> str:
        return task_kinds.kind_of(item.cause).code


class WorkItemStepSerializer(serializers.ModelSerializer[WorkItemStep]):
    class Meta:
        model = WorkItemStep
        fields = ["id", "kind", "rung", "by", "to", "at", "words"]


class CallSerializer(serializers.Serializer[Call]):
    user = IdField(source="user_id")
    message = IdField(source="message_id", help_text="The page, in the log of messages.")
    outcome = serializers.ChoiceField(choices=CallOutcome.choices)
    reason = serializers.CharField(help_text="Why it was not tried or failed; otherwise empty.")
    sent_at = serializers.DateTimeField(allow_null=True)
    delivered_at = serializers.DateTimeField(allow_null=True)


class CalledStepSerializer(WorkItemStepSerializer):
    calls = serializers.SerializerMethodField(help_text="Who was called by this step, and what became of it.")

    class Meta(WorkItemStepSerializer.Meta):
        fields = [*WorkItemStepSerializer.Meta.fields, "calls"]

    @extend_schema_field(CallSerializer(many=True))
    def get_calls(self, step: WorkItemStep) -> Any:
        made: Any = calls.of_step(step, self.context["calls"])
        return CallSerializer(made, many=True).data


class WorkItemDetailSerializer(WorkItemSerializer):
    steps = CalledStepSerializer(many=True, read_only=True)

    class Meta(WorkItemSerializer.Meta):
        fields = [*WorkItemSerializer.Meta.fields, "steps"]


class TaskFilterSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=Role.choices, required=False)
    urgency = serializers.ChoiceField(choices=Urgency.choices, required=False)
    state = serializers.ChoiceField(
        choices=["open", "unanswered", "closed"],
        default="open",
        help_text="`unanswered`: open, and nobody has taken it.",
    )
    which = serializers.ChoiceField(
        choices=choosing.WHICH,
        required=False,
        help_text="`nobodys`: those that the caller could take and nobody has.",
    )
    kind = serializers.ChoiceField(choices=task_kinds.CHOICES, required=False)


class TaskNoteSerializer(CreateSerializer):
    words = serializers.CharField(max_length=2000, help_text="What was done or tried.")


class HandOverSerializer(StrictSerializer):
    to = IdField(help_text="A user of the clinic whose role the task is for.")
    words = serializers.CharField(max_length=2000, default="", allow_blank=True)


class OutcomeSerializer(StrictSerializer):
    outcome = serializers.CharField(max_length=2000, help_text="What was done.")


class MostPressingFirst(NewestFirst):
    ordering = ("due_at", "id")


class TasksViewSet(ClinicViewSet):
    """Tasks of the caller's clinics, the most pressing first; closed ones by when they had been due."""

    access = {
        "list": access.VIEW_WORK,
        "retrieve": access.VIEW_WORK,
        "acknowledge": access.DO_WORK,
        "close": access.DO_WORK,
        "notes": access.DO_WORK,
        "hand_over": access.DO_WORK,
    }
    queryset = WorkItem.objects.all()
    serializer_class = WorkItemSerializer
    pagination_class = MostPressingFirst

    @extend_schema(parameters=[TaskFilterSerializer])
    def list(self, request: Request) -> Response:
        asked = self.parse_query(TaskFilterSerializer)
        state = asked.pop("state")
        rows = queries.closed_work_items() if state == "closed" else queries.open_work_items()
        if state == "unanswered":
            rows = rows.filter(acknowledged_at=None)
        if which := asked.pop("which", None):
            rows = rows.filter(choosing.which(self.actor, now=clock.now())[which])
        if kind := asked.pop("kind", None):
            rows = choosing.of_kind(rows, task_kinds.BY_CODE[kind])
        return self.page(rows.filter(**asked), WorkItemSerializer)

    @extend_schema(responses=WorkItemDetailSerializer)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """The task with its steps, in order, and whether each call went out."""
        steps = Prefetch("steps", queryset=WorkItemStep.objects.order_by("at", "created_at"))
        item = self.fetch(self.get_queryset().prefetch_related(steps), pk=pk)
        made = calls.of_tasks([item]).get(item.pk, [])
        return Response(WorkItemDetailSerializer(item, context={"calls": made}).data)

    @extend_schema(
        request=TaskNoteSerializer, responses={200: WorkItemStepSerializer, 201: WorkItemStepSerializer}
    )
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: UUID) -> Response:
        """Keep what was tried; the task stays open."""
        item = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(TaskNoteSerializer)
        return self.create_once(
            noun="work_item_step",
            data=data,
            make=lambda: work.note(actor=self.actor, item=item, now=clock.now(), **data),
            find=lambda: WorkItemStep.objects.get(pk=data["id"]),
            answer=WorkItemStepSerializer,
        )

    @extend_schema(request=HandOverSerializer, responses=WorkItemSerializer)
    @action(detail=True, methods=["post"], url_path="hand-over")
    def hand_over(self, request: Request, pk: UUID) -> Response:
        """Give the task to a colleague; until they take it, its clock runs."""
        item = self.fetch(self.get_queryset(), pk=pk)
        data = self.parse(HandOverSerializer)
        to = work.may_do(item).filter(pk=data["to"]).first()
        if to is None:
            raise Invalid({"to": "Choose a user of this clinic whose role the task is for."})
        given = work.hand_over(actor=self.actor, item=item, to=to, words=data["words"], now=clock.now())
        return Response(WorkItemSerializer(given).data)

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
        closed = text_tasks.close(actor=self.actor, item=item, outcome=outcome, now=clock.now())
        return Response(WorkItemSerializer(closed).data)
