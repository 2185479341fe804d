"""One of the staff: roles, details, what hangs on them, their ways in, and what happened to their place.

Their roles are changed in `changing_roles`.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import MANAGE_STAFF
from clinic.models import Member, MemberState
from clinic.problems import Invalid, Problem
from clinic.staff import details, letters, members, queries, ways_in
from notifications.escalating.duties import duties_of
from web.doors import StaffRequest, staff_page
from web.views.staff.forms import DetailsForm, RolesForm, TokenForm


def fetched(request: StaffRequest, pk: UUID) -> Any:
    """The member with this id in the chosen clinic."""
    return access.fetch(request.actor, queries.members_of(request.clinic.pk), MANAGE_STAFF, pk=pk)


@staff_page(MANAGE_STAFF, methods=["GET"])
def member(request: StaffRequest, pk: UUID) -> HttpResponse:
    return show(request, fetched(request, pk))


@staff_page(MANAGE_STAFF, methods=["POST"])
def change_details(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = fetched(request, pk)
    form = DetailsForm(request, found, request.POST)
    if form.is_valid():
        try:
            details.change_details(
                actor=request.actor, member=found, seen=form.seen, now=clock.now(), **form.cleaned_data
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The details are saved.")
            return redirect("member", pk=found.pk)
    return show(request, fetched(request, pk), details_form=form)


@staff_page(MANAGE_STAFF, methods=["POST"])
def invite_again(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = fetched(request, pk)
    told = f"The invitation to {found.full_name} is sent again."
    return _carried_out(request, members.invite_again, found, told)


@staff_page(MANAGE_STAFF, methods=["POST"])
def withdraw(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = fetched(request, pk)
    told = f"The invitation to {found.full_name} is withdrawn. Its link is dead."
    return _carried_out(request, members.withdraw_invitation, found, told)


@staff_page(MANAGE_STAFF, methods=["POST"])
def sign_out(request: StaffRequest, pk: UUID) -> HttpResponse:
    found = fetched(request, pk)
    return _carried_out(request, ways_in.sign_out, found, f"{found.full_name} is signed out everywhere.")


@staff_page(MANAGE_STAFF, methods=["POST"])
def revoke_token(request: StaffRequest, pk: UUID) -> HttpResponse:
    found, form = fetched(request, pk), TokenForm(request.POST)
    if not form.is_valid():
        raise Invalid({"key": "Give the first characters of a token's key, as the list shows them."})
    key = form.cleaned_data["key"]
    told = f"The token {key[:8]}… opens nothing any more."
    return _carried_out(request, ways_in.revoke_token, found, told, key=key)


def _carried_out(
    request: StaffRequest, act: Callable[..., Member], found: Member, told: str, **more: str
) -> HttpResponse:
    """What one button asks for, done and told; then their page as it stands."""
    act(actor=request.actor, member=found, now=clock.now(), **more)
    messages.success(request, told)
    return redirect("member", pk=found.pk)


def show(
    request: StaffRequest,
    found: Any,
    *,
    roles: RolesForm | None = None,
    details_form: DetailsForm | None = None,
) -> HttpResponse:
    """Their page as it stands, with a form that was sent and refused."""
    now = clock.now()
    sent = roles or details_form
    context = {
        "member": found,
        "roles": [str(role.label) for role in queries.roles_of(found)],
        "offered": [str(role.label) for role in queries.offered_to(found)],
        "roles_form": roles or RolesForm(request, found),
        "details_form": details_form or DetailsForm(request, found),
        "duties": duties_of(found, now=now),
        "tokens": queries.tokens_of(found, now=now),
        "changes": queries.changes_of(found),
        "ended": found.invitation_has_ended(now),
        "mail": letters.can_be_sent(),
        "oneself": found.user_id == request.actor.user_id,
        # Whether all clinics that they work in are this manager's, who then sees to what opens them all.
        "whole": not found.elsewhere or queries.reaches_whole(request.actor.user_id, found.user_id),
        "states": MemberState,
    }
    return render(request, "web/staff/member.html", context, status=sent.status if sent else 200)
