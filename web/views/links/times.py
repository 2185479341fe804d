"""The page on which a patient chooses another time for a visit: one tap on one of a few times."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from django import forms
from django.http import HttpResponse

from clinic.problems import Conflict
from notifications.answering import things, times
from web.forms import ChangeForm
from web.views.links.frame import Opened, behind_link
from web.views.links.proof import ask_birth_year
from web.views.links.questions import titles
from web.views.links.times_words import SAY_TIMES, SAY_TIMES_AFTER_MISSED


class TimeForm(ChangeForm):
    start = forms.DateTimeField()  # as the page showed it


@behind_link("POST", before_proof=ask_birth_year)
def choose_time(opened: Opened) -> HttpResponse:
    """Take the time that was tapped. One that has gone meanwhile is answered with those that are left."""
    form = TimeForm(opened.request.POST)
    if not form.is_valid():
        return opened.back()
    try:
        times.choose(link=opened.link, start=form.cleaned_data["start"], now=opened.now)
    except Conflict as conflict:
        if conflict.code == "time_taken":
            return show_times(opened, taken=True)
        # What became of the visit stands on the page itself.
        if conflict.code != "visit_moved":
            raise
    return opened.back()


def _by_day(opened: Opened, starts: Iterable[datetime]) -> list[tuple[str, list[tuple[datetime, str, str]]]]:
    """Under each day its times: the start, how it is read under its day, and how by itself."""
    return [
        (day, [(start, opened.time(start), opened.moment(start)) for start in of_day])
        for day, of_day in groupby(starts, opened.day)
    ]


def show_times(opened: Opened, *, taken: bool = False) -> HttpResponse:
    """The times to choose from, or what became of the request."""
    request = times.request_of(opened.link)
    missed, visit = times.is_missed(request), request.appointment
    instead = times.booked_instead(request) if missed else None
    chosen = opened.moment(request.chosen_start) if request.chosen_start else ""
    asked = things.of_link(opened.link, opened.now).check_ins
    context = {
        "words": (SAY_TIMES_AFTER_MISSED if missed else SAY_TIMES)[opened.language],
        "visit": visit,
        "chosen": chosen,
        "visit_at": opened.moment((instead or visit).starts_at),
        "moved": times.is_moved(request),
        "check_ins": titles(asked, opened.language),
        "stands": times.stands(request, opened.now),
        "moves_itself": times.moves_itself(request, opened.now),
        "chosen_start": request.chosen_start,
        "days": _by_day(opened, times.offered(request, now=opened.now)),
        "taken": taken,
    }
    return opened.page("web/patient/times.html", context, status=409 if taken else 200)
