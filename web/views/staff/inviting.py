"""Inviting somebody: who they are, where the link goes, what they will do here."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import MANAGE_STAFF
from clinic.idempotency import create_once
from clinic.models import Member
from clinic.problems import Problem
from clinic.staff import letters, members
from web.doors import StaffRequest, staff_page
from web.views.staff import proving
from web.views.staff.forms import InviteForm


@staff_page(MANAGE_STAFF)
def invite(request: StaffRequest) -> HttpResponse:
    """The form; sent, invites. Refused, it comes back as it was filled, but for the password."""
    form = InviteForm(request, request.POST or None)
    known = ""
    if request.method == "POST" and form.is_valid():
        try:
            invited = _invited(request, form)
        except Problem as problem:
            form.add_problem(problem)
            known = problem.data.get("member", "")
        else:
            proving.remember(request, form)
            messages.success(request, _told(invited))
            return redirect("member", pk=invited.pk)
    context = {"form": form, "known": known, "mail": letters.can_be_sent()}
    return render(request, "web/staff/invite.html", context, status=form.status)


def _invited(request: StaffRequest, form: InviteForm) -> Member:
    data = form.cleaned_data
    invited, _ = create_once(
        actor=request.actor,
        noun="member",
        id=data["id"],
        body={
            name: sorted(value) if name == "roles" else str(value)
            for name, value in data.items()
            if name not in ("password", "code")
        },
        make=lambda: members.invite(
            actor=request.actor,
            id=data["id"],
            clinic=request.clinic,
            email=data["email"],
            full_name=data["full_name"],
            offered=data["roles"],
            credentials=data["credentials"],
            mobile=data["mobile"],
            proof=proving.of(form, request),
            now=clock.now(),
        ),
        find=lambda: Member.objects.select_related("user").get(pk=data["id"]),
    )
    return invited


def _told(member: Member) -> str:
    """Where the link went, or that no server took it, stands on the page of whoever is invited."""
    if not letters.can_be_sent():
        return f"{member.full_name} is invited. No mail leaves here: show the link, and hand it over."
    return f"{member.full_name} is invited. They work here once they have accepted."
