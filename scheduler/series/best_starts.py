"""A few starts for one session, the best first, each with why it is good: what a desk offers on the telephone
before anybody names a day. Reads, never writes.

They are weighed in the points of `planning`, as one session of a series would be: whether the nurse whom the
patient knows can serve all of it, what was wished for when the plan's series was booked, how full that day's
nursing is already, and each day that it is waited for.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np

from clinic import clock
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.starts import Numbers
from scheduler.finding.wishes import OTHER_NURSE, Wish
from scheduler.models import Resource, Series, TreatmentPlan
from scheduler.series.planning import DAY_WAITED, FULL_DAY
from scheduler.series.window import Window, read_window

MOST_OFFERED: Final = 5
# Of one day a morning and an afternoon are offered, not five times a quarter of an hour apart.
MOST_OF_A_DAY: Final = 2
APART: Final = 180  # minutes
DAYS_AHEAD: Final = 21
# From here on a day is no quiet one, in per mille of its nursing.
QUIET: Final = 250


@dataclass(frozen=True)
class BestStart(FeasibleStart):
    """A start to offer. `by_name`: the nurse to ask for, who serves all of it; `reasons`: what speaks for it,
    in words."""

    by_name: Resource | None
    reasons: tuple[str, ...]


def best_starts(*, plan: TreatmentPlan, now: datetime) -> list[BestStart]:
    """Up to five starts for the plan's next session in the next three weeks, the last of them one that leaves
    no time to fast, if there is any; where these weeks have none, in all the time for which the plan is
    valid. What stands against any time is not asked here
    (`decision.against_any_time`). Six queries, one more search where the first finds nothing.
    """
    zone = plan.clinic.time_zone
    today = clock.local_date(now, zone)
    first = max(today, plan.valid_from)
    near = min(first + timedelta(days=DAYS_AHEAD), plan.valid_until)
    if first > plan.valid_until:
        return []
    wish = wish_of(plan)
    window = read_window(plan=plan, first=first, last=near, wish=wish, now=now)
    if not len(window.minutes) and near < plan.valid_until:
        window = read_window(plan=plan, first=near, last=plan.valid_until, wish=wish, now=now)
    return _chosen(window, today)


def wish_of(plan: TreatmentPlan) -> Wish:
    """What was wished for when the plan's last series was booked; nothing that any start has to be."""
    series = Series.objects.filter(plan=plan).order_by("-created_at").first()
    return replace(Wish.from_data(series.wish), only=False) if series else Wish()


def _chosen(window: Window, today: date) -> list[BestStart]:
    found, starts = window.found, window.starts
    if not len(window.minutes):
        return []
    known = window.wish.nurse or found.known
    by_known = found.whole(known) if known else np.zeros(len(window.minutes), np.bool_)
    points = (
        starts.misfit
        + np.where(by_known, 0, OTHER_NURSE if known else 0)
        + starts.taken * FULL_DAY // 1000
        + (starts.days - today.toordinal()) * DAY_WAITED
    )
    order = np.argsort(points, kind="stable")
    in_time = found.in_time[order]
    # What leaves no time to fast is never the best: one such is offered, after those that do.
    soon = _spread(window.minutes, starts.days, order[~in_time].tolist(), 1)
    places = _spread(window.minutes, starts.days, order[in_time].tolist(), MOST_OFFERED - len(soon)) + soon
    soonest = int(np.argmax(found.in_time))  # of all that are free and leave the time to fast
    quiet = {place for place in places if starts.taken[place] < QUIET}
    offered = []
    for place in places:
        nurse = known if by_known[place] else None
        chair = window.wish.chair
        start = found.at(
            int(window.minutes[place]),
            chair_id=chair if chair and found.in_chair(chair)[place] else None,
            nurse_id=nurse,
        )
        reasons = {
            "Soonest": place == soonest,
            f"{start.nurses[0].name} again": nurse is not None and nurse == found.known,
            "As wished": bool(window.wish) and bool(window.fits[place]),
            "A quiet day": place in quiet and len(quiet) < len(places),
        }
        said = tuple(reason for reason, holds in reasons.items() if holds)
        by_name = start.nurses[0].nurse if nurse else None
        offered.append(BestStart(**vars(start), by_name=by_name, reasons=said))
    return offered


def _spread(minutes: Numbers, days: Numbers, in_order: list[int], most: int) -> list[int]:
    """The first of these places, of which a day has few, and none near another."""
    chosen: list[int] = []
    for place in in_order:
        of_day = [other for other in chosen if days[other] == days[place]]
        near = any(abs(int(minutes[place]) - int(minutes[other])) < APART for other in of_day)
        if len(of_day) < MOST_OF_A_DAY and not near:
            chosen.append(place)
        if len(chosen) == most:
            break
    return chosen
