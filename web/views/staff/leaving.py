"""Letting somebody go, with what hangs on them shown before; and letting them come back."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import MANAGE_STAFF
from clinic.models import MemberState
from clinic.staff import members
from notifications.escalating.duties import duties_of
from web.doors import StaffRequest, staff_page
from web.views.staff import proving
from web.views.staff.forms import BringBackForm, EndAccessForm
from web.views.staff.one import fetched


@staff_page(MANAGE_STAFF)
def end_access(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What would be nobody's; sent, ends it at once, handed over or not: some keys can't wait."""
    found = fetched(request, pk)
    form = EndAccessForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = proving.carried_out(
            request,
            form,
            lambda proof: members.end_access(
                actor=request.actor,
                member=found,
                reason=form.cleaned_data["reason"],
                proof=proof,
                now=clock.now(),
            ),
        )
        if done:
            messages.success(request, f"{found.full_name} doesn't work here any more, from this moment.")
            return redirect("staff")
    context = {
        "member": found,
        "form": form,
        "duties": duties_of(found, now=clock.now()),
        "works_here": found.state == MemberState.WORKING,
    }
    return render(request, "web/staff/end_access.html", context, status=form.status)


@staff_page(MANAGE_STAFF)
def bring_back(request: StaffRequest, pk: UUID) -> HttpResponse:
    """In which roles; sent, they are invited again: nobody comes back without accepting."""
    found = fetched(request, pk)
    form = BringBackForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = proving.carried_out(
            request,
            form,
            lambda proof: members.bring_back(
                actor=request.actor,
                member=found,
                give=form.cleaned_data["roles"],
                reason=form.cleaned_data["reason"],
                proof=proof,
                now=clock.now(),
            ),
        )
        if done:
            messages.success(request, f"{found.full_name} is invited again, and works here once they accept.")
            return redirect("member", pk=found.pk)
    return render(request, "web/staff/bring_back.html", {"member": found, "form": form}, status=form.status)
