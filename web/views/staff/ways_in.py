"""How somebody comes in when the usual way is lost: a second factor taken away, an invitation's link handed
over where no mail is sent. Each asks once more who is there, and stands in the history of their place."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import MANAGE_STAFF
from clinic.models import MemberState
from clinic.problems import Problem
from clinic.staff import letters, members, queries, ways_in
from web.doors import StaffRequest, staff_page
from web.views.staff import proving
from web.views.staff.forms import LinkForm, SecondFactorForm
from web.views.staff.one import fetched


@staff_page(MANAGE_STAFF)
def second_factor(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What it does, and for whom it can't be done here; sent, takes it away."""
    found = fetched(request, pk)
    form = SecondFactorForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = proving.carried_out(
            request,
            form,
            lambda proof: ways_in.take_second_factor(
                actor=request.actor,
                member=found,
                reason=form.cleaned_data["reason"],
                proof=proof,
                now=clock.now(),
            ),
        )
        if done:
            messages.success(request, _taken(found.full_name))
            return redirect("member", pk=found.pk)
    context = {
        "member": found,
        "form": form,
        "oneself": found.user_id == request.actor.user_id,
        "whole": not found.elsewhere or queries.reaches_whole(request.actor.user_id, found.user_id),
        "works_here": found.state == MemberState.WORKING,
        "mail": letters.can_be_sent(),
    }
    return render(request, "web/staff/second_factor.html", context, status=form.status)


@staff_page(MANAGE_STAFF)
def link(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Why it is handed over; sent, shows it this once."""
    found = fetched(request, pk)
    form = LinkForm(request, request.POST or None)
    shown = None
    # A form that asks for nothing any more is sent empty but for its token.
    if request.method == "POST" and (form.is_valid() or not form.fields):
        try:
            shown = members.hand_over(
                actor=request.actor, member=found, proof=proving.of(form, request), now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            proving.remember(request, form)
    context = {
        "member": found,
        "form": form,
        "shown": shown,
        "offered": [str(role.label) for role in queries.offered_to(found)],
        "invited": found.state == MemberState.INVITED,
        "mail": letters.can_be_sent(),
    }
    return render(request, "web/staff/link.html", context, status=form.status)


def _taken(name: str) -> str:
    told = " A mail tells them." if letters.can_be_sent() else ""
    return f"{name} has no second factor any more, and is signed out everywhere.{told}"
