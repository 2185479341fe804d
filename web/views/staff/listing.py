"""Everybody who works here, is invited, or was here."""

from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.access import MANAGE_STAFF
from clinic.models import Clinic, MemberState, Role
from clinic.staff import letters, queries
from scheduler.models import Resource
from web.doors import StaffRequest, staff_page

GONE: Final = (MemberState.LEFT, MemberState.WITHDRAWN, MemberState.REFUSED)


@dataclass(frozen=True)
class Line:
    """One of them, as the list shows them. `ended`: an invitation whose link opens nothing any more."""

    member: Any
    roles: list[str]
    schedule: list[str]  # the nurses and clinicians of the schedule that are them
    ended: bool


@staff_page(MANAGE_STAFF, methods=["GET"])
def staff(request: StaffRequest) -> HttpResponse:
    lines = _lines(request.clinic)
    working = [line for line in lines if line.member.state == MemberState.WORKING]
    context = {
        "working": working,
        "invited": [line for line in lines if line.member.state == MemberState.INVITED],
        "gone": [line for line in lines if line.member.state in GONE],
        "mail": letters.can_be_sent(),
        "prescribers": any(Role.PRESCRIBER in line.member.roles for line in working),
        "managers": sum(Role.MANAGER in line.member.roles for line in working),
    }
    return render(request, "web/staff/list.html", context)


def _lines(clinic: Clinic) -> list[Line]:
    """Two queries, however many there are."""
    known: dict[Any, list[str]] = {}
    resources = Resource.objects.filter(clinic=clinic, user__isnull=False).order_by("kind", "name")
    for user_id, name in resources.values_list("user_id", "name"):
        known.setdefault(user_id, []).append(name)
    now = clock.now()
    return [
        Line(
            member=member,
            roles=[str(role.label) for role in queries.roles_of(member) or queries.offered_to(member)],
            schedule=known.get(member.user_id, []),
            ended=member.invitation_has_ended(now),
        )
        for member in queries.members_of(clinic.pk)
    ]
