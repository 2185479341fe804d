"""What booking carries along from page to page: the empty place of the board that somebody clicked, if any,
what its addresses and forms name, fetched under this person's roles, and the forms that send a time to be
booked. What is done with it is the other rooms'."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from scheduler.access import BOOK
from scheduler.models import Appointment, Resource, TreatmentPlan
from scheduler.visits import queries
from web.doors import StaffRequest
from web.forms import DayField, LocalDateTimeField

SENT_BEFORE: Final = (
    "The page you sent from was sent before: here is what came of that. Nothing else was booked or held."
)


class PlaceForm(forms.Form):
    """A start and a chair from the board; what can't be read of it was never clicked."""

    start = LocalDateTimeField(required=False, widget=forms.HiddenInput)
    chair = forms.UUIDField(required=False, widget=forms.HiddenInput)


class FastedForm(forms.Form):
    """Whoever takes a start that leaves no time to fast has asked."""

    fasted = forms.BooleanField(required=False)


class FromBoardForm(forms.Form):
    """The day on whose board something is asked of a visit, if on one."""

    board = DayField(required=False)


@dataclass(frozen=True)
class Place:
    """An empty place of the board: when, and in which chair. Neither: booking began elsewhere."""

    start: datetime | None = None
    chair: UUID | None = None

    def __bool__(self) -> bool:
        return self.start is not None

    @property
    def query(self) -> str:
        """For the end of an address; empty for no place."""
        if self.start is None:
            return ""
        given = {"start": self.start.isoformat(), "chair": self.chair}
        return f"?{urlencode({name: value for name, value in given.items() if value})}"


def place_of(request: StaffRequest) -> Place:
    """The place that this request carries along, in its form or else in its address."""
    form = PlaceForm(request.POST if "start" in request.POST else request.GET)
    form.is_valid()
    return Place(form.cleaned_data.get("start"), form.cleaned_data.get("chair"))


def board_of(request: StaffRequest) -> date | None:
    """The day to whose board this request leads back; None where it was asked elsewhere."""
    form = FromBoardForm(request.POST if request.method == "POST" else request.GET)
    return form.cleaned_data["board"] if form.is_valid() else None


def has_fasted(request: StaffRequest) -> bool:
    """Whether the page says that somebody has asked, and the patient has eaten and drunk nothing since."""
    form = FastedForm(request.POST)
    return form.is_valid() and form.cleaned_data["fasted"]


def plan_of(request: StaffRequest, pk: UUID) -> TreatmentPlan:
    plans = TreatmentPlan.objects.filter(clinic=request.clinic)
    return access.fetch(
        request.actor, plans.select_related("clinic", "patient__clinic", "protocol"), BOOK, pk=pk
    )


def appointment_of(request: StaffRequest, pk: UUID, permission: access.Permission = BOOK) -> Appointment:
    return access.fetch(request.actor, queries.visits().filter(clinic=request.clinic), permission, pk=pk)


def resource_of(request: StaffRequest, key: UUID | None) -> Resource | None:
    return access.fetch(request.actor, Resource.objects.all(), BOOK, pk=key) if key else None


def made_once(
    request: StaffRequest,
    *,
    noun: str,
    id: UUID,
    sent: dict[str, Any],
    asked: dict[str, Any],
    make: Callable[..., Appointment],
) -> Appointment:
    """The visit or the hold that was `asked` for, however often the form with this id is `sent`."""
    made, _ = create_once(
        actor=request.actor,
        noun=noun,
        id=id,
        body={"plan": asked["plan"].pk, **sent},
        make=lambda: make(actor=request.actor, id=id, now=clock.now(), **asked),
        find=lambda: Appointment.objects.get(pk=id),
    )
    return made


def made_before(
    request: StaffRequest, *, plan: TreatmentPlan, id: UUID, refusal: Problem
) -> HttpResponse | None:
    """A form that has booked or held, sent once more for something else (gone back to, another time marked):
    to the visit that it made. None for any other refusal."""
    if refusal.code != "id_reused" or not Appointment.objects.filter(pk=id, plan=plan).exists():
        return None
    messages.warning(request, SENT_BEFORE)
    return leave_for(request, "visit", pk=id)


def on_board(on: date, visit_id: UUID) -> str:
    """The address of a day's board for whoever comes back to it from this visit: its block has the focus."""
    return f"{reverse('day_on', args=[on])}?{urlencode({'visit': visit_id})}"


def leave_for(request: StaffRequest, *to: Any, **kwargs: Any) -> HttpResponse:
    """To a page outside booking: of the whole window, also where booking stands in a dialog over another."""
    answer = redirect(*to, **kwargs)
    return HttpResponseClientRedirect(answer.url) if getattr(request, "htmx", False) else answer
