"""Holds over the API: a time kept free while it is talked over, then booked, given up, or run out."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock
from scheduler import access
from scheduler.api.appointments import AppointmentSerializer, FastedSerializer, HoldSerializer, VisitsViewSet
from scheduler.models import Appointment
from scheduler.visits import booking, calling_off


class HoldsViewSet(VisitsViewSet):
    """Appointments of status `pending`: they claim like a booking until `held_until`."""

    access = {"create": access.BOOK, "book": access.BOOK, "destroy": access.BOOK}

    @extend_schema(request=HoldSerializer, responses={200: AppointmentSerializer, 201: AppointmentSerializer})
    def create(self, request: Request) -> Response:
        """Hold a time for as long as the clinic's `hold_minutes` say. Refused as a booking is."""
        data = self.parse(HoldSerializer)
        asked = self.asked(data)
        return self.create_once(
            noun="hold",
            data=data,
            make=lambda: self.shown(booking.hold(actor=self.actor, id=data["id"], now=clock.now(), **asked)),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=AppointmentSerializer,
        )

    @extend_schema(request=FastedSerializer, responses=AppointmentSerializer)
    @action(detail=True, methods=["post"])
    def book(self, request: Request, pk: UUID) -> Response:
        """Book what is held, as it is held; 409 `hold_over` when it has run out."""
        held = self.fetch(Appointment.objects.all(), pk=pk)
        fasted = self.parse(FastedSerializer)["fasted"]
        return self.answer(
            booking.book_held(actor=self.actor, appointment=held, fasted=fasted, now=clock.now())
        )

    def destroy(self, request: Request, pk: UUID) -> Response:
        """Give the time up. One that has ended already stays as it is."""
        held = self.fetch(Appointment.objects.all(), pk=pk)
        calling_off.release(actor=self.actor, appointment=held, now=clock.now())
        return Response(status=204)
