"""The waitlist: what is offered just now and until when, whom the free time of a day fits, and everybody who
waits, the longest first. It renews itself; nothing is typed in it but the day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic import clock
from notifications.queries import offer_messages
from scheduler.access import BOOK, VIEW_SCHEDULE
from scheduler.models import WaitlistEntry, WaitlistOffer, WaitlistStatus
from scheduler.waitlist import endings, obstacles, waiting
from scheduler.waitlist.endings import Ending
from scheduler.waitlist.fitting import Fit, who_fits
from web.doors import StaffRequest, staff_page
from web.forms import DayField
from web.lengths import span_in_words
from web.views.waitlist.lines import line_of

ROWS: Final = 50
FITS_SHOWN: Final = 12
DAY: Final = "day"
OFFER_AFRESH: Final = "This offer is not whole. Choose it again from the list."


@dataclass(frozen=True)
class Ended:
    """Somebody who came off the list, and how."""

    entry: WaitlistEntry
    how: Ending | None


@dataclass(frozen=True)
class Suited:
    """Somebody whom a free time of the day fits; `id` is that of the offer, if it comes to one."""

    fit: Fit
    turn: int  # 1 for who comes first
    id: UUID
    waits: str
    book: str  # the page on which it is booked while they are on the telephone


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def waiting_list(request: StaffRequest) -> HttpResponse:
    """Who waits, the longest first, fifty a page; and who came off the list today."""
    now, clinic = clock.now(), request.clinic
    today = clock.local_date(now, clinic.time_zone)
    day, may_book = _day_asked(request, today), request.actor.may(BOOK, clinic.pk)
    rows = obstacles.with_obstacles(waiting.entries(), now=now).filter(
        clinic=clinic, status=WaitlistStatus.WAITING
    )
    page = Paginator(rows.order_by("created_at", "pk"), ROWS).get_page(request.GET.get("page"))
    entries: list[Any] = list(page.object_list)
    offers = {entry.pk: offer for entry in entries for offer in entry.open_offers}
    running = list(rows.filter(offer_open=True).order_by("created_at", "pk")[:ROWS])
    asked: dict[UUID, WaitlistOffer] = {entry.pk: offer for entry in running for offer in entry.open_offers}
    said = offer_messages([*offers.values(), *asked.values()])
    fits = who_fits(clinic, day, now=now) if may_book else []
    context = {
        "lines": [line_of(entry, offers.get(entry.pk), said, now) for entry in entries],
        "running": sorted(
            (line_of(entry, asked[entry.pk], said, now) for entry in running),
            key=lambda line: line.offer.expires_at if line.offer else now,
        ),
        "fits": [_suited(fit, turn, now) for turn, fit in enumerate(fits[:FITS_SHOWN], start=1)],
        "more_fits": len(fits[FITS_SHOWN:]),
        "day": day,
        "today": today,
        "before": day - timedelta(days=1) if day > today else None,
        "after": day + timedelta(days=1),
        "ended": _ended_since(request, clock.day_bounds(today, clinic.time_zone)[0], now),
        "page": page,
        "may_book": may_book,
        "now": now,
    }
    return render(request, "web/waitlist/list.html", context)


def _day_asked(request: StaffRequest, today: date) -> date:
    """A day that is none, or past, is today."""
    field = DayField(required=False)
    try:
        day: date | None = field.clean(request.GET.get(DAY, ""))
    except ValidationError:
        day = None
    return max(day or today, today)


def _ended_since(request: StaffRequest, midnight: datetime, now: datetime) -> list[Ended]:
    closed = WaitlistEntry.objects.select_related("patient").filter(
        clinic=request.clinic, closed_at__gte=midnight
    )
    gone = endings.with_ending(closed).order_by("-closed_at", "pk")[:ROWS]
    return [Ended(entry, endings.ending(entry, now=now)) for entry in gone]


def _suited(fit: Fit, turn: int, now: datetime) -> Suited:
    entry = fit.entry
    at = urlencode({"start": fit.start.isoformat()})
    if entry.appointment_id:
        address = reverse("visit_move", args=[entry.appointment_id])
    else:
        address = reverse("book_confirm", args=[entry.plan_id])
    return Suited(fit, turn, uuid4(), span_in_words(entry.created_at, now), f"{address}?{at}")
