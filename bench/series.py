"""What proposing a series costs: six sessions over sixty days, beside the one search of the same days.

    python3 -m embedded scratch .venv/bin/python -m bench.series [visits booked before]

Twelve chairs, six nurses, sixty days; so many visits are booked through the service at starts drawn at
random. `proposing.propose` answers with three proposals, whom and what they would be booked with, and what
stands against any time. The yardstick is `free_times.search` of the same window, taken in turns in the same
run. Below stands how long each part of a proposal takes. All figures are medians.
"""

import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from random import Random
from statistics import median
from typing import Any, Final

from bench.scratch import migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from bench.booking_clinic import Setting, make, some_start
from clinic import clock
from scheduler.finding import free_times
from scheduler.finding.wishes import Wish
from scheduler.models import Claim, Opening, ResourceKind, TreatmentPlan
from scheduler.series import planning, proposing
from scheduler.series.review import review
from scheduler.series.spaced_days import Course
from scheduler.series.window import read_window
from scheduler.visits import booking
from scheduler.visits.decision import against_any_time

CHAIRS: Final = 12
NURSES: Final = 6
DAYS: Final = 60
VISITS: Final = 1400
SESSIONS: Final = 6
ROUNDS: Final = 21
TARGET_MILLISECONDS: Final = 50
TIDIED_AT: Final = (20, 200)
WISH: Final = Wish(weekdays=(0, 3))


def main() -> None:
    visits = int(sys.argv[1]) if len(sys.argv) > 1 else VISITS
    migrate()
    now = clock.now()
    setting = make(chairs=CHAIRS, nurses=NURSES, days=DAYS, patients=visits + 1, now=now)
    fill(setting, visits)
    tidy()
    TreatmentPlan.objects.filter(pk=setting.plans[0].pk).update(sessions_ordered=SESSIONS)
    plan = TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=setting.plans[0].pk)
    print(f"{CHAIRS} chairs, {NURSES} nurses, {DAYS} days, {nursing_taken(setting):.0%} of nursing taken")
    report(setting, plan)


def fill(setting: Setting, visits: int) -> None:
    chance = Random(1)
    for number, plan in enumerate(setting.plans[1 : visits + 1]):
        if number in TIDIED_AT:
            tidy()
        now = clock.now()
        start = some_start(setting, plan, chance, now)
        if start is None:
            return
        booking.book(actor=setting.actor, id=plan.pk, plan=plan, start=start, fasted=True, now=now)


def nursing_taken(setting: Setting) -> float:
    """The share of all nursing that is claimed."""
    taken = sum(
        (claim.during.upper - claim.during.lower).total_seconds() * (claim.units.upper - claim.units.lower)
        for claim in Claim.objects.filter(resource__clinic=setting.clinic, resource__kind=ResourceKind.NURSE)
    )
    first, until = setting.window()
    opened = Opening.objects.filter(resource__clinic=setting.clinic, resource__kind=ResourceKind.NURSE)
    return taken / sum(
        (opening.during.upper - opening.during.lower).total_seconds() * opening.resource.capacity
        for opening in opened.filter(during__startswith__range=(first, until)).select_related("resource")
    )


def report(setting: Setting, plan: TreatmentPlan) -> None:
    last = setting.first + timedelta(days=DAYS - 1)
    first_moment, until = setting.window()

    def search() -> Any:
        return free_times.search(plan=plan, first=first_moment, until=until, now=clock.now())

    def propose() -> Any:
        return proposing.propose(plan=plan, first=setting.first, last=last, wish=WISH, now=clock.now())

    proposed = propose()
    print(f"{len(search().minutes)} feasible starts, {len(proposed.offers)} proposals")
    taken: dict[str, list[float]] = {"search": [], "propose": []}
    for _ in range(ROUNDS):
        taken["search"].append(milliseconds(search))
        taken["propose"].append(milliseconds(propose))
    yardstick, whole = median(taken["search"]), median(taken["propose"])
    print(f"one search     {yardstick:6.1f} ms")
    print(
        f"series.propose {whole:6.1f} ms   {whole / yardstick:.1f} x one search"
        f"   (target: at most {TARGET_MILLISECONDS} ms)"
    )
    parts(setting, plan, last)


def parts(setting: Setting, plan: TreatmentPlan, last: date) -> None:
    window = read_window(plan=plan, first=setting.first, last=last, wish=WISH, now=clock.now())
    course = Course(SESSIONS, 2, 5, setting.first.toordinal(), last.toordinal())
    steps: dict[str, Callable[[], Any]] = {
        "the plan's visits": lambda: review(plan=plan, now=clock.now()),
        "window: search, wish, days": lambda: read_window(
            plan=plan, first=setting.first, last=last, wish=WISH, now=clock.now()
        ),
        "three exact optima": lambda: planning.propose(course, window.starts),
        "what stands against any time": lambda: against_any_time(plan=plan, now=clock.now()),
    }
    for name, step in steps.items():
        print(f"  {name:28} {median(milliseconds(step) for _ in range(ROUNDS)):6.1f} ms")


def milliseconds(step: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    step()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    main()
