"""Absences over the API: the nurse is ill, the chair broken."""

from uuid import UUID

from django.db.models import F
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from clinic.fields import IdField, MomentField
from clinic.viewsets import CreateSerializer, StrictSerializer
from scheduler import access
from scheduler.api.foreseen import ForeseenChangeSerializer
from scheduler.api.openings import ByStart
from scheduler.api.working_hours import DeclaredViewSet, WhoseSerializer
from scheduler.models import Absence, AbsenceReason, Resource
from scheduler.working_hours import foreseeing, time_off


class AbsenceSerializer(serializers.ModelSerializer[Absence]):
    start = serializers.DateTimeField(source="during.lower", read_only=True)
    end = serializers.DateTimeField(source="during.upper", read_only=True)

    class Meta:
        model = Absence
        fields = ["id", "resource", "start", "end", "reason"]


class AbsenceCheckSerializer(StrictSerializer):
    """The body of an absence that is only looked at."""

    resource = IdField()
    start = MomentField(help_text="May lie in the past: hours that are over stay as they were.")
    end = MomentField()


class AbsenceCreateSerializer(CreateSerializer, AbsenceCheckSerializer):
    reason = serializers.ChoiceField(choices=AbsenceReason.choices)


class AbsencesViewSet(DeclaredViewSet):
    """Stretches in which a nurse, clinician or chair is not there. Who is ill is the desk's to know, and the
    manager's. Refused with the list of visits that would lose their hours: `visits_stranded`.
    """

    access = {
        "list": access.RECORD_ABSENCE,
        "create": access.RECORD_ABSENCE,
        "check": access.RECORD_ABSENCE,
        "destroy": access.RECORD_ABSENCE,
    }
    queryset = Absence.objects.select_related("resource__clinic").annotate(begins=F("during__startswith"))
    serializer_class = AbsenceSerializer
    pagination_class = ByStart

    @extend_schema(parameters=[WhoseSerializer])
    def list(self, request: Request) -> Response:
        """The absences that are not over."""
        clinic, narrowed = self.whose()
        absences = self.get_queryset().filter(
            resource__clinic=clinic, during__endswith__gt=clock.now(), **narrowed
        )
        return self.page(absences, AbsenceSerializer)

    @extend_schema(
        request=AbsenceCreateSerializer, responses={200: AbsenceSerializer, 201: AbsenceSerializer}
    )
    def create(self, request: Request) -> Response:
        data = self.parse(AbsenceCreateSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        return self.create_once(
            noun="absence",
            data=data,
            make=lambda: time_off.record_absence(
                actor=self.actor, resource=resource, now=clock.now(), **data
            ),
            find=lambda: Absence.objects.get(pk=data["id"]),
            answer=AbsenceSerializer,
        )

    @extend_schema(request=AbsenceCheckSerializer, responses=ForeseenChangeSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """What this absence would touch: the minutes it takes, and the visits that need them."""
        data = self.parse(AbsenceCheckSerializer)
        resource = self.fetch(Resource.objects.select_related("clinic"), pk=data.pop("resource"))
        return Response(
            ForeseenChangeSerializer(foreseeing.absence(resource=resource, now=clock.now(), **data)).data
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Taken back: the hours that are still to come are open again."""
        absence = self.fetch(self.get_queryset(), pk=pk)
        time_off.withdraw_absence(actor=self.actor, absence=absence, now=clock.now())
        return Response(status=204)
