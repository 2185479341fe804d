"""Whose visit is booked: the page on which a patient is looked for, and who is found while somebody types.

What is typed is sent, never asked by address: names must not stand in addresses and logs.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.models import Patient
from clinic.queries import find_patients
from scheduler.access import BOOK
from scheduler.visits.queries import with_booking_state
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, SearchField
from web.views.booking.place import PlaceForm, place_of

# A page's script asks for the list alone with this header.
OPTIONS_ONLY = "X-Chairside-Options"


class SearchForm(ChangeForm):
    text = SearchField(
        label="Who is it for?",
        help_text="Name, birth date (5/17/1980), MRN or telephone, the last four digits too.",
        error_messages={"required": "Type a name, a birth date, an MRN or some digits of the telephone."},
    )


@staff_page(BOOK, methods=["GET"])
def book(request: StaffRequest) -> HttpResponse:
    """The start of booking; an empty place of the board comes along in the address."""
    return _show(request, SearchForm())


@staff_page(BOOK, methods=["POST"])
def find(request: StaffRequest) -> HttpResponse:
    """The patients who fit best, each with what tells them apart: one query."""
    form = SearchForm(request.POST)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    here = with_booking_state(Patient.objects.filter(clinic=request.clinic), now=clock.now())
    found = list(find_patients(here, text))
    if OPTIONS_ONLY in request.headers:
        return render(request, "web/booking/options.html", {"found": found, "place": place_of(request)})
    return _show(request, form, found=found, searched=bool(text))


def _show(request: StaffRequest, form: SearchForm, **found: Any) -> HttpResponse:
    place = place_of(request)
    carried = PlaceForm(initial={"start": place.start, "chair": place.chair}, auto_id=False)
    context = {"form": form, "place": place, "carried": carried, **found}
    return render(request, "web/booking/search.html", context, status=form.status)
