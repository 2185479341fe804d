"""Find a patient. What is looked for is sent, not asked by address: names must not stand in addresses."""

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock, queries
from clinic.models import Patient
from scheduler.visits.queries import with_booking_state
from web.doors import StaffRequest, staff_page
from web.forms import SearchField

ROWS = 50


class FindForm(forms.Form):
    use_required_attribute = False

    text = SearchField(
        label="Find a patient",
        help_text="Name, birth date (5/17/1980 or 1980-05-17), telephone or MRN. Typing errors are forgiven.",
    )


@staff_page(access.VIEW_PATIENTS, methods=["GET"])
def patient_list(request: StaffRequest) -> HttpResponse:
    """The clinic's patients by name, fifty a page."""
    return _list(request, FindForm())


@staff_page(access.VIEW_PATIENTS, methods=["POST"])
def find(request: StaffRequest) -> HttpResponse:
    """The best matches. Sent, not asked by address: names must not stand in addresses and logs."""
    return _list(request, FindForm(request.POST))


def _list(request: StaffRequest, form: FindForm) -> HttpResponse:
    here = with_booking_state(Patient.objects.filter(clinic=request.clinic), now=clock.now())
    text = form.cleaned_data["text"] if form.is_valid() else ""
    context: dict[str, Any] = {"form": form if text else FindForm(), "searched": bool(text)}
    if text:
        context["rows"] = list(queries.find_patients(here, text))
    else:
        by_name = here.order_by("family_name", "given_names", "pk")
        context["page"] = Paginator(by_name, ROWS).get_page(request.GET.get("page"))
        context["rows"] = list(context["page"].object_list)
    part = "web/patients/rows.html" if getattr(request, "htmx", False) else "web/patients/list.html"
    return render(request, part, context)
