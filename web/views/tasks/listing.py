"""The list of tasks: what somebody is called about first and apart, then all others; or the closed ones. It
renews itself; nothing is typed in it.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock, queries
from clinic.models import Clinic
from notifications.delivering import sending_state
from web.doors import StaffRequest, staff_page
from web.paging import latest_first
from web.views.tasks.lines import Escalations, lines_of
from web.views.tasks.narrowing import Narrowing, choices

ROWS: Final = 50
# What calls late in the evening is due after midnight, and no less pressing for that.
EVENING_RUNS_ON: Final = timedelta(hours=1)


@staff_page(access.VIEW_WORK, methods=["GET"])
def tasks(request: StaffRequest) -> HttpResponse:
    """Open tasks, the most pressing first, fifty a page; or the last ones that were closed."""
    if request.GET.get("state") == "closed":
        return _closed(request)
    actor, clinic, now = request.actor, request.clinic, clock.now()
    narrowing = Narrowing.asked(request.GET)
    every = queries.open_work_items().filter(clinic=clinic)
    whose, kinds = choices(narrowing, every, actor, now)
    rows = queries.most_pressing_first(
        narrowing.of(every, actor, now), now=now, today_ends=_today_ends(clinic, now)
    )
    page = Paginator(rows, ROWS).get_page(request.GET.get("page"))
    items = list(page.object_list)
    pressing = {item.pk for item in items if item.pressing}
    lines = lines_of(actor, clinic, items, now=now)
    calling = [line for line in lines if line.item.pk in pressing]
    context = {
        "narrowing": narrowing,
        "whose": whose,
        "kinds": kinds,
        "page": page,
        "earlier": narrowing.query(page=page.previous_page_number() if page.has_previous() else ""),
        "later": narrowing.query(page=page.next_page_number() if page.has_next() else ""),
        "escalations": Escalations(calling) if calling else None,
        "lines": [line for line in lines if line.item.pk not in pressing],
        "now": now,
        "calling_is_off": sending_state.is_paused(),
    }
    return render(request, "web/tasks/tasks.html", context)


def _closed(request: StaffRequest) -> HttpResponse:
    rows = queries.closed_work_items().filter(clinic=request.clinic)
    page = latest_first(request.GET, rows, "closed_at")
    lines = lines_of(request.actor, request.clinic, page.rows, now=clock.now())
    return render(request, "web/tasks/closed.html", {"lines": lines, "page": page})


def _today_ends(clinic: Clinic, now: datetime) -> datetime:
    return max(clock.day_end(now, clinic.time_zone), now + EVENING_RUNS_ON)
