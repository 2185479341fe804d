"""Where somebody is signed in, allauth's list of their sessions, and what happened at their sign-ins; by the
clock of the open clinic.
"""

from typing import Any

from allauth.usersessions.views import list_usersessions
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic.staff.activity import sign_ins_of
from web.doors import NoClinic, NotChosen, StaffRequest, enter, own_page, written
from web.paging import latest_first


@own_page()
def signed_in(request: StaffRequest) -> HttpResponse:
    """Each browser and since when; all but this one can be signed out."""
    with timezone.override(_zone(request)):
        return written(list_usersessions(request))


@own_page(methods=["GET"])
def sign_ins(request: StaffRequest) -> HttpResponse:
    """Who came in as them, from where, and who was refused."""
    user: Any = request.user
    with timezone.override(_zone(request)):
        page = latest_first(request.GET, sign_ins_of(user), "at")
        return render(request, "web/own/sign_ins.html", {"page": page})


def _zone(request: StaffRequest) -> str:
    """The open clinic's; of several where none is open, the first by name; UTC for whoever has none yet."""
    try:
        enter(request)
    except NotChosen:
        return request.clinics[0].time_zone
    except NoClinic:
        return "UTC"
    return request.clinic.time_zone
