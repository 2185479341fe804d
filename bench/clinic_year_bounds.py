"""What no schedule can beat: the most sessions an average day can hold, the earliest first infusion. Pure.

**Sessions.** A linear programme over one day. Its unknowns are how many visits of each protocol start at
each five-minute mark; fractions are allowed, and all nurses are one nurse with all their units. It asks only
that no minute has more nursing load or more chairs in use (turnover included) than there are, that every
block ends by closing time, and that the protocols come in the proportion in which they are asked for. Every
real day keeps the first two, in whole visits and nurse by nurse on top of it, so every real day is a point
of that polytope; it is convex, so the average of many real days is one, too, and in the long run it has the
proportion that is asked for. Its largest total bounds the average day of any schedule; spacing and the order
of calls are left aside.

**First infusion.** Not before the first working day on which the patient can come. No schedule beats that
for any one patient, so none beats its median or any other percentile.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import highspy

from bench.clinic_year_demand import CLOSES, OPENS, SHAPES, Request
from scheduler.finding.availability import GRID_MINUTES, Visit


@dataclass(frozen=True)
class DayBound:
    """The largest average day, and the part of all nurses' and chairs' hours that it takes."""

    visits: float
    nurse_use: float
    chair_use: float


def best_day(mix: Mapping[str, float], *, chairs: int, nurses: int, units: int) -> DayBound:
    """The bound for visits in this proportion (shares by protocol code, together 1)."""
    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    total = model.addVariable(lb=0)
    starts = {
        (code, minute): model.addVariable(lb=0)
        for code in mix
        for minute in range(OPENS, CLOSES - _block(SHAPES[code]) + 1, GRID_MINUTES)
    }
    for code, share in mix.items():
        of_code = [column for (of, _), column in starts.items() if of == code]
        model.addConstr(model.qsum(of_code) == share * total)
    for mark in range(OPENS, CLOSES, GRID_MINUTES):
        here = [(SHAPES[code], mark - minute, column) for (code, minute), column in starts.items()]
        seated = [column for shape, since, column in here if 0 <= since < _block(shape)]
        loads = [_load(shape, since) * column for shape, since, column in here if _load(shape, since)]
        if seated:
            model.addConstr(model.qsum(seated) <= chairs)
        if loads:
            model.addConstr(model.qsum(loads) <= nurses * units)
    model.maximize(total)
    best = model.val(total)
    return DayBound(
        visits=best,
        nurse_use=best * sum(share * nursing(code) for code, share in mix.items()) / hours(nurses * units),
        chair_use=best * sum(share * _block(SHAPES[code]) for code, share in mix.items()) / hours(chairs),
    )


def earliest_first_infusion(request: Request) -> int:
    """Days from the call to the first working day on which this patient can come."""
    return next_working_day(request.earliest) - request.day


def next_working_day(day: int) -> int:
    return day if day % 7 < 5 else day + 7 - day % 7


def nursing(code: str) -> int:
    """The unit-minutes of nursing in one visit."""
    return sum((need.end - need.start) * need.units for need in SHAPES[code].nurse_needs)


def hours(count: int) -> int:
    """The minutes that so many of something have in one working day."""
    return count * (CLOSES - OPENS)


def _block(shape: Visit) -> int:
    return shape.minutes + shape.turnover


def _load(shape: Visit, since: int) -> int:
    """The nursing units of a visit so many minutes after its start."""
    return next((need.units for need in shape.nurse_needs if need.start <= since < need.end), 0)
