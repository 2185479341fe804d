"""All times of a plan on one page: its feasible starts by day, and those that fit a wish best.

Whose times they are, the few best, and what becomes of one that is chosen stand in the modules beside this
one; moving a visit is `board.moving`'s.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import clock
from clinic.models import Clinic
from scheduler.access import BOOK
from scheduler.finding import free_times
from scheduler.finding.availability import moment_of
from scheduler.finding.free_times import FeasibleStart, Found
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, ResourceKind, TreatmentPlan
from scheduler.visits.blockers import Blocker
from scheduler.visits.decision import against_any_time
from scheduler.vocabulary import WEEKDAYS
from web.doors import StaffRequest, staff_page
from web.forms import DayField, WallTimeField
from web.views.booking.place import plan_of

DAYS_SHOWN: Final = 14
# Starts are feasible every five minutes; a page of half hours is easier to read out on the telephone.
COARSE_MINUTES: Final = 30
BEST_SHOWN: Final = 6
LONGEST_SEARCH: Final = 1_000  # characters of an address's query that the next page carries along
BEST_APART: Final = timedelta(hours=1)


class ByNameField(forms.ModelChoiceField):
    """A nurse or a chair of the clinic, or any."""

    def label_from_instance(self, resource: Resource) -> str:
        return resource.name


def working(clinic: Clinic, kind: ResourceKind) -> QuerySet[Resource]:
    """Who or what of this kind can be asked for by name."""
    return Resource.objects.filter(clinic=clinic, kind=kind, active=True).order_by("name")


class WindowForm(forms.Form):
    """Which times to show, and which of them would be welcome. Who is asked for by name serves the whole
    visit, and a chair that is asked for is the visit's."""

    start = DayField(label="From", required=False)
    nurse = ByNameField(Resource.objects.none(), label="Nurse", required=False, empty_label="Any nurse")
    chair = ByNameField(Resource.objects.none(), label="Chair", required=False, empty_label="Any chair")
    every = forms.IntegerField(min_value=5, max_value=60, required=False, widget=forms.HiddenInput)
    weekdays = forms.TypedMultipleChoiceField(
        label="Rather on",
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    earliest = WallTimeField(label="Not before", required=False)
    latest = WallTimeField(label="Discharged by", required=False)
    only = forms.BooleanField(label="Show nothing else", required=False)

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic = clinic
        for kind in (ResourceKind.NURSE, ResourceKind.CHAIR):
            self.fields[kind].queryset = working(clinic, kind)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        earliest, latest = given.get("earliest"), given.get("latest")
        if earliest and latest and latest <= earliest:
            self.add_error("latest", "Give a later time than the earliest start.")
        return given

    @property
    def wish(self) -> Wish:
        """What of it could be read."""
        given = self.cleaned_data
        return Wish(
            weekdays=tuple(given.get("weekdays", ())),
            earliest=given.get("earliest"),
            latest=given.get("latest"),
            only=given.get("only", False),
        )


@dataclass(frozen=True)
class Asked:
    """What a page of times was asked for, and what there is."""

    window: WindowForm
    first: date
    last: date
    found: Found
    blockers: tuple[Blocker, ...]  # against any time: then none is shown
    search: str

    @property
    def context(self) -> dict[str, Any]:
        """What the pages of times show alike."""
        chosen, wish = self.window.cleaned_data, self.window.wish
        every = chosen.get("every")
        offering = not self.blockers
        again = WindowForm(self.window.clinic, initial={**chosen, "start": self.first})
        return {
            "best": (
                free_times.ranked(self.found, wish, limit=BEST_SHOWN, apart=BEST_APART)
                if wish and offering
                else []
            ),
            "days": by_day(self.found, every or COARSE_MINUTES, wish=wish) if offering else [],
            "first": self.first,
            "last": self.last,
            "window": self.window if self.window.errors else again,
            "nurse": chosen.get("nurse"),
            "chair": chosen.get("chair"),
            "wish": wish,
            "every_start": every == 5,
            "search": self.search,
            "blockers": self.blockers,
        }


@dataclass(frozen=True)
class FreeDay:
    """One local day with the starts to choose from, of which there is one at least."""

    day: date
    starts: list[FeasibleStart]

    @property
    def summary(self) -> str:
        """How many, and from when to when, for whoever has the day folded."""
        first, last = (timezone.localtime(start.start) for start in (self.starts[0], self.starts[-1]))
        if len(self.starts) == 1:
            return f"at {first:%H:%M}"
        return f"{len(self.starts)} times, {first:%H:%M} to {last:%H:%M}"


@staff_page(BOOK, methods=["GET"])
def book_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Two weeks of feasible starts for the plan's next session by day, with any nurse and chair or those
    asked for, and those first that fit what would be welcome."""
    plan = plan_of(request, pk)
    zone = request.clinic.time_zone
    now = clock.now()
    today = clock.local_date(now, zone)
    asked = look(request, plan, begin=today, now=now)
    follows = asked.first + timedelta(days=DAYS_SHOWN)
    context = {
        **asked.context,
        "plan": plan,
        "visit_minutes": asked.found.feasible.visit.minutes,
        "earlier": max(asked.first - timedelta(days=DAYS_SHOWN), today) if asked.first > today else None,
        "later": follows,
        "outside_plan": not (plan.valid_from < follows and asked.first <= plan.valid_until),
    }
    return render(request, "web/desk/times.html", context)


def look(
    request: StaffRequest,
    plan: TreatmentPlan,
    *,
    begin: date,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    now: datetime,
) -> Asked:
    """The times of two weeks that the address asks for; it says nothing of a day: from `begin` on."""
    zone = request.clinic.time_zone
    window = WindowForm(request.clinic, request.GET)
    window.is_valid()
    chosen = window.cleaned_data
    first = max(chosen.get("start") or begin, clock.local_date(now, zone))
    last = first + timedelta(days=DAYS_SHOWN - 1)
    nurse, chair = chosen.get("nurse"), chosen.get("chair")
    found = free_times.search(
        plan=plan,
        first=clock.day_bounds(first, zone)[0],
        until=clock.day_bounds(last, zone)[1],
        now=now,
        nurse_id=nurse.pk if nurse else None,
        chair_id=chair.pk if chair else None,
        without=without,
        extra_recovery=extra_recovery,
    )
    blockers = against_any_time(plan=plan, now=now, without=without)
    return Asked(window, first, last, found, blockers, request.GET.urlencode())


def by_day(found: Found, every: int, *, wish: Wish | None = None) -> list[FreeDay]:
    """The starts at whole steps of the clock, and each day's first whatever its minute; of a wish that asks
    for nothing else, those that fit."""
    minutes = found.minutes
    if wish is not None and wish.only:
        minutes = minutes[found.misfits(wish) == 0]
    days = []
    for on, of_day in groupby(minutes.tolist(), key=lambda minute: _local(minute).date()):
        listed = list(of_day)
        shown = _at_whole_steps(listed, every)
        days.append(FreeDay(on, [found.at(minute) for minute in shown]))
    return days


def _at_whole_steps(minutes: Sequence[int], every: int) -> list[int]:
    return [minute for minute in minutes if minute == minutes[0] or _local(minute).minute % every == 0]


def _local(minute: int) -> datetime:
    return timezone.localtime(moment_of(minute))
