"""The pages on which a time is looked for: a plan's feasible starts by day, and those that fit a wish best.

What becomes of a time that is chosen (confirm, hold, book) is `desk`'s, moving a visit is `visits`'.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import WEEKDAYS

from clinic import access, clock
from clinic.models import Clinic
from scheduler.access import BOOK
from scheduler.finding import free_times
from scheduler.finding.availability import moment_of
from scheduler.finding.free_times import FeasibleStart, Found
from scheduler.finding.wishes import Wish
from scheduler.models import PlanStatus, Resource, ResourceKind, TreatmentPlan
from scheduler.visits import booking
from web.doors import StaffRequest, staff_page
from web.forms import DayField, WallTimeField

DAYS_SHOWN: Final = 14
# Starts are feasible every five minutes; a page of half hours is easier to read out on the telephone.
COARSE_MINUTES: Final = 30
BEST_SHOWN: Final = 6
BEST_APART: Final = timedelta(hours=1)


class NurseField(forms.ModelChoiceField):
    def label_from_instance(self, nurse: Resource) -> str:
        return nurse.name


class WindowForm(forms.Form):
    """Which times to show. A nurse who is asked for by name serves the whole visit."""

    start = DayField(label="From", required=False)
    nurse = NurseField(Resource.objects.none(), label="Nurse", required=False, empty_label="Any nurse")
    every = forms.IntegerField(min_value=5, max_value=60, required=False, widget=forms.HiddenInput)

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nurses = Resource.objects.filter(clinic=clinic, kind=ResourceKind.NURSE, active=True)
        self.fields["nurse"].queryset = nurses.order_by("name")  # type: ignore[attr-defined]


class WishForm(WindowForm):
    """And which of them would be welcome."""

    weekdays = forms.TypedMultipleChoiceField(
        label="Rather on",
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    earliest = WallTimeField(label="Not before", required=False)
    latest = WallTimeField(label="Discharged by", required=False)
    only = forms.BooleanField(label="Show nothing else", required=False)

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
class FreeDay:
    """One local day with the starts to choose from."""

    day: date
    starts: list[FeasibleStart]


@staff_page(BOOK, methods=["GET"])
def book_patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    """To the times of the patient's active plan, or a choice where there are several or none."""
    patient = access.open_chart(request.actor, BOOK, pk, what="plans to book")
    plans = list(
        TreatmentPlan.objects.filter(patient=patient, status=PlanStatus.ACTIVE)
        .select_related("protocol")
        .order_by("-created_at")
    )
    if len(plans) == 1:
        return redirect("book_plan", pk=plans[0].pk)
    return render(request, "web/desk/choose_plan.html", {"patient": patient, "plans": plans})


@staff_page(BOOK, methods=["GET"])
def book_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Two weeks of feasible starts for the plan's next session by day, with any nurse or one asked for, and
    those first that fit what would be welcome."""
    plans = TreatmentPlan.objects.filter(clinic=request.clinic)
    plan = access.fetch(request.actor, plans.select_related("clinic", "patient", "protocol"), BOOK, pk=pk)
    zone = request.clinic.time_zone
    now = clock.now()
    window = WishForm(request.clinic, request.GET)
    window.is_valid()
    chosen = window.cleaned_data
    today = clock.local_date(now, zone)
    first = max(chosen.get("start") or today, today)
    last = first + timedelta(days=DAYS_SHOWN)
    nurse = chosen.get("nurse")
    found = free_times.search(
        plan=plan,
        first=clock.day_bounds(first, zone)[0],
        until=clock.day_bounds(last, zone)[0],
        now=now,
        nurse_id=nurse.pk if nurse else None,
    )
    wish = window.wish
    context = {
        "plan": plan,
        "visit_minutes": found.feasible.visit.minutes,
        "best": free_times.ranked(found, wish, limit=BEST_SHOWN, apart=BEST_APART) if wish else [],
        "days": by_day(found, chosen.get("every") or COARSE_MINUTES, wish=wish),
        "first": first,
        "last": last - timedelta(days=1),
        "window": window if window.errors else WishForm(request.clinic, initial={**chosen, "start": first}),
        "nurse": nurse,
        "wish": wish,
        "earlier": max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        "later": last,
        "every_start": chosen.get("every") == 5,
        "outside_plan": not (plan.valid_from < last and first <= plan.valid_until),
        # What stands against the plan itself shows at any time: ask for the first that is free.
        "blockers": _plan_blockers(request, plan, found, now),
    }
    return render(request, "web/desk/times.html", context)


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


def _plan_blockers(
    request: StaffRequest, plan: TreatmentPlan, found: Found, now: datetime
) -> tuple[booking.Blocker, ...]:
    if not len(found.minutes):
        return ()
    start = moment_of(int(found.minutes[0]))
    return booking.check(actor=request.actor, plan=plan, start=start, now=now).blockers
