"""Other times over the API: for patients by their link, for the desk as requests to carry out."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from clinic import clock
from clinic.access import fetch_clinic, log_look
from clinic.fields import MomentField
from clinic.viewsets import ClinicViewSet, OfClinicSerializer
from notifications.answering import times
from notifications.api.proof import ProofSerializer, proved_with
from notifications.models import PatientLink, TimeRequest
from scheduler.access import BOOK, VIEW_SCHEDULE


class ChooseSerializer(ProofSerializer):
    starts_at = MomentField(help_text="One of the offered times.")


class OfferedTimesSerializer(serializers.Serializer[Any]):
    visit_starts_at = serializers.DateTimeField(help_text="The time that doesn't suit, or was missed.")
    time_zone = serializers.CharField(help_text="The clinic's.")
    times = serializers.ListField(child=serializers.DateTimeField(), help_text="The starts to choose from.")
    moves_itself = serializers.BooleanField(help_text="Choosing moves the visit; otherwise the desk does.")
    chosen_start = serializers.DateTimeField(allow_null=True)
    moved = serializers.BooleanField(help_text="It is at the chosen time, or booked anew.")


class LinkTimesViewSet(ViewSet):
    """The patient's side: the token and the birth year with every call, as at `/links/`."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()
    counts_inside = True  # what misses (`proof`), never what a patient sends

    @extend_schema(request=ProofSerializer, responses=OfferedTimesSerializer)
    @action(detail=False, methods=["post"])
    def open(self, request: Request) -> Response:
        """The times that the patient may choose from."""
        link, _ = proved_with(ProofSerializer, request)
        return _offered(link)

    @extend_schema(request=ChooseSerializer, responses=OfferedTimesSerializer)
    @action(detail=False, methods=["post"])
    def choose(self, request: Request) -> Response:
        """Take one; 409 `time_taken` when it has gone meanwhile, `visit_moved` when the visit has changed."""
        link, data = proved_with(ChooseSerializer, request)
        times.choose(link=link, start=data["starts_at"], now=clock.now())
        return _offered(link)


class TimeRequestSerializer(serializers.ModelSerializer[TimeRequest]):
    class Meta:
        model = TimeRequest
        fields = [
            "id",
            "clinic",
            "appointment",
            "visit_starts_at",
            "asked_at",
            "chosen_at",
            "chosen_start",
        ]


class TimeRequestsViewSet(ClinicViewSet):
    """Patients who asked for another time for a visit, the latest first."""

    access = {"list": VIEW_SCHEDULE, "carry_out": BOOK}
    queryset = TimeRequest.objects.all()
    serializer_class = TimeRequestSerializer

    @extend_schema(parameters=[OfClinicSerializer])
    def list(self, request: Request) -> Response:
        asked = self.parse_query(OfClinicSerializer)
        clinic = fetch_clinic(self.actor, self.permission, asked["clinic"])
        return self.page(TimeRequest.objects.filter(clinic=clinic), TimeRequestSerializer)

    @extend_schema(request=None, responses=TimeRequestSerializer)
    @action(detail=True, methods=["post"], url_path="carry-out")
    def carry_out(self, request: Request, pk: UUID) -> Response:
        """Move the visit to the time that the patient chose, or book another one there in place of a missed
        one, which closes the task."""
        row = self.fetch(TimeRequest.objects.select_related("appointment__patient"), pk=pk)
        log_look(self.actor, row.appointment.patient, what="request for another time")
        done = times.carry_out(actor=self.actor, request=row, now=clock.now())
        return Response(TimeRequestSerializer(done).data)


def _offered(link: PatientLink) -> Response:
    request, now = times.request_of(link), clock.now()
    shown = {
        "visit_starts_at": request.visit_starts_at,
        "time_zone": request.clinic.time_zone,
        "times": times.offered(request, now=now),
        "moves_itself": times.moves_itself(request, now),
        "chosen_start": request.chosen_start,
        "moved": times.is_moved(request),
    }
    return Response(OfferedTimesSerializer(shown).data)
