"""Giving and taking roles: one is taken only from a page that shows before what hangs on the person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock, signin
from clinic.access import MANAGE_STAFF
from clinic.models import Member, Role
from clinic.staff import letters, members, queries
from notifications.escalating.duties import duties_of
from web.doors import StaffRequest, staff_page
from web.views.staff import proving
from web.views.staff.forms import RolesForm, TakeRolesForm
from web.views.staff.one import fetched, show


@staff_page(MANAGE_STAFF)
def change_roles(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What was ticked and wasn't before is given. What was and isn't any more is asked about, then taken.
    Opened by itself, it asks about the roles that `were` and aren't among `roles`."""
    found = fetched(request, pk)
    if request.method == "GET":
        asking = TakeRolesForm(request, found, request.GET)
        holds = asking.would_take and asking.would_take <= set(queries.roles_of(found))
        return _ask(request, found, asking) if holds else redirect("member", pk=found.pk)
    if "asked" in request.POST:
        asked = TakeRolesForm(request, found, request.POST)
        if asked.is_valid() and _is_changed(request, found, asked):
            return redirect("member", pk=found.pk)
        return _ask(request, found, asked)
    form = RolesForm(request, found, request.POST)
    if form.is_valid():
        if form.taken:
            if proving.carried_out(request, form, lambda proof: _shown(request, proof)):
                return _ask(request, found, TakeRolesForm(request, found, request.POST))
        elif _is_changed(request, found, form):
            return redirect("member", pk=found.pk)
    return show(request, found, roles=form)


def _shown(request: StaffRequest, proof: signin.Proof) -> None:
    """That it is them, before they are asked: the question's page needs no second password then."""
    signin.reauthenticate(actor=request.actor, proof=proof, why=members.WHY_AGAIN)


def _is_changed(request: StaffRequest, found: Member, form: RolesForm) -> bool:
    done = proving.carried_out(
        request,
        form,
        lambda proof: members.change_roles(
            actor=request.actor,
            member=found,
            give=form.given,
            take=form.taken,
            leave_none=form.cleaned_data.get("leave_none", False),
            reason=form.cleaned_data["reason"],
            proof=proof,
            now=clock.now(),
        ),
    )
    if done:
        messages.success(request, _what_changed(found.full_name, form))
    return done


def _ask(request: StaffRequest, found: Member, form: TakeRolesForm) -> HttpResponse:
    context = {
        "member": found,
        "form": form,
        "taken": letters.in_words(form.would_take),
        "last": letters.in_words(form.last) if form.last else "",
        "prescribes": Role.PRESCRIBER in form.would_take,
        "no_prescriber": Role.PRESCRIBER in form.last,
        "no_nurse": Role.NURSE in form.last,
        "duties": duties_of(found, now=clock.now()),
    }
    return render(request, "web/staff/take_roles.html", context, status=form.status)


def _what_changed(name: str, form: RolesForm) -> str:
    said = [f"is {letters.in_words(form.given)} now"] if form.given else []
    said += [f"is no longer {letters.in_words(form.taken)}"] if form.taken else []
    return f"{name} {' and '.join(said)}, from this moment." if said else "Nothing was changed."
