"""A visit of a series was moved or lost: the smallest change to those still to come that mends the spacing.

What has begun or is over stands. What is smallest is arithmetic (`planning.respace`); carried out, all
moves are one transaction of `moving`. Sessions that are not booked yet are `proposing`'s to place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import numpy as np

from clinic.access import Actor
from clinic.problems import Conflict, Invalid, Missing
from scheduler.finding.availability import minute_of
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.starts import Flags, Numbers
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment, Resource, Series, TreatmentPlan
from scheduler.series import planning, words
from scheduler.series.planning import Session
from scheduler.series.proposing import MOST_SESSIONS
from scheduler.series.review import Review, Reviewed, review
from scheduler.series.spaced_days import Course
from scheduler.series.window import Window, read_window
from scheduler.visits import moving
from scheduler.visits.decision import against_any_time
from scheduler.visits.placing import Move

# How far past the last visit places are sought for it.
SPARE_DAYS: Final = 28
REASON: Final = "Re-spaced with its series"
TOO_MANY: Final = f"Move at most {MOST_SESSIONS} visits at once: these first, the others after them."


@dataclass(frozen=True)
class Shift(FeasibleStart):
    """Where one visit would move to, and the nurse it keeps for all of it, where it has one and she can."""

    reviewed: Reviewed
    nurse: Resource | None
    days: int


@dataclass(frozen=True)
class Respacing:
    """What would have to move; nothing when the spacing is right, or (`impossible` says why) can't be."""

    review: Review
    shifts: tuple[Shift, ...]
    impossible: str


@dataclass(frozen=True)
class Accepted:
    """One move as it was shown: from where, to where, with which nurse throughout."""

    appointment_id: UUID
    before: datetime
    start: datetime
    nurse: Resource | None = None


def respace(*, plan: TreatmentPlan, now: datetime) -> Respacing:
    """The fewest visits moved, then by the fewest days, then minutes, with the most nurses kept: exact.

    Where the series was booked with a wish from which nothing was to depart, that holds for places to move
    to, unless nothing is possible then.
    """
    reviewed = review(plan=plan, now=now)
    if not reviewed.out_of_spacing:
        return Respacing(reviewed, (), "")
    coming = [visit for visit in reviewed.visits if visit.movable]
    moving = [visit.appointment.pk for visit in coming]
    blockers = against_any_time(plan=plan, now=now, without=moving)
    if blockers:
        return Respacing(reviewed, (), " ".join(blocker.detail for blocker in blockers))
    course = _course(plan, reviewed, coming)
    window = read_window(
        plan=plan,
        first=date.fromordinal(course.first),
        last=date.fromordinal(course.last),
        wish=_wish_of(plan),
        now=now,
        without=moving,
        # Any of them may go to any place: each place has room for the one that takes longest to recover.
        extra_recovery=_longest_recovery(coming),
    )
    course = window.limited(course)
    minutes = _with_their_own(window.minutes[window.allowed], coming)
    chosen = _chosen(course, window, coming, minutes)
    if chosen is None:
        minutes = _with_their_own(window.minutes, coming)
        chosen = _chosen(course, window, coming, minutes)
    if chosen is None:
        ends = planning.break_of(course, window.days.numbers(minutes))
        return Respacing(reviewed, (), words.break_words(ends, course, wished=False, today=reviewed.today))
    return Respacing(reviewed, tuple(_shifts(window, coming, chosen)), "")


def accept(*, actor: Actor, plan: TreatmentPlan, moves: Sequence[Accepted], now: datetime) -> Review:
    """Carry out a proposal as it was shown, all or none. What is done already is done, however often sent.

    Raises `Conflict` with code `plan_outdated` when a visit is no longer where it was; `not_bookable` with
    the `visits` and their blockers when a place is no longer free; `Missing` for a visit of another plan.
    """
    if not moves:
        raise Invalid({"moves": "Give at least one visit to move."})
    if len(moves) > MOST_SESSIONS:
        raise Invalid({"moves": TOO_MANY})
    if len({move.appointment_id for move in moves}) < len(moves):
        raise Invalid({"moves": "Give each visit once."})
    visits = {
        visit.pk: visit
        for visit in Appointment.objects.filter(plan=plan, pk__in=[move.appointment_id for move in moves])
    }
    wanted = []
    for move in moves:
        visit = visits.get(move.appointment_id)
        if visit is None:
            raise Missing("There is no such visit under this plan.")
        if visit.live and visit.starts_at == move.start:
            continue
        if not visit.live or visit.starts_at != move.before:
            raise Conflict(
                "A visit has changed since this was proposed. Look at the series again.", code="plan_outdated"
            )
        wanted.append(Move(visit, move.start, nurse_id=move.nurse.pk if move.nurse else None))
    if wanted:
        moving.rearrange(actor=actor, clinic=plan.clinic, moves=wanted, reason=REASON, now=now)
    return review(plan=plan, now=now)


def _course(plan: TreatmentPlan, reviewed: Review, coming: Sequence[Reviewed]) -> Course:
    last = max(coming[-1].day, min(plan.valid_until, coming[-1].day + timedelta(days=SPARE_DAYS)))
    return Course(
        count=len(coming),
        min_days=reviewed.spacing.min_days,
        max_days=reviewed.spacing.max_days,
        first=reviewed.today.toordinal(),
        last=last.toordinal(),
        standing=tuple(visit.day.toordinal() for visit in reviewed.visits if not visit.movable),
    )


def _wish_of(plan: TreatmentPlan) -> Wish:
    """What the plan's last series was booked with, where nothing else was to do: a place is judged by how
    little it changes, so that only what excludes counts."""
    last = Series.objects.filter(plan=plan).order_by("-created_at").first()
    wish = Wish.from_data(last.wish) if last else Wish()
    return wish if wish.only else Wish()


def _with_their_own(free: Numbers, coming: Sequence[Reviewed]) -> Numbers:
    """The free minutes and the visits' own: theirs are always possible, whatever has become of them since."""
    return np.union1d(free, [_minute(visit) for visit in coming])


def _chosen(course: Course, window: Window, coming: Sequence[Reviewed], minutes: Numbers) -> list[int] | None:
    """The minutes, in order, with the smallest change."""
    days, walls = window.days.numbers(minutes), window.days.wall(minutes)
    nurses = [_nurse(visit, window.nurses) for visit in coming]
    places = planning.respace(
        course,
        [
            Session(visit.day.toordinal(), int(walls[np.searchsorted(minutes, _minute(visit))]), nurse)
            for visit, nurse in zip(coming, nurses, strict=True)
        ],
        days=days,
        minutes=walls,
        whole=_whole(window, coming, nurses, minutes),
    )
    return None if places is None else [int(minutes[place]) for place in places]


def _whole(
    window: Window, coming: Sequence[Reviewed], nurses: Sequence[int | None], minutes: Numbers
) -> Flags:
    """By nurse: she could serve all of a visit then. The one whom a visit has could, in its own place."""
    whole = np.zeros((len(window.nurses), len(minutes)), np.bool_)
    whole[:, np.isin(minutes, window.minutes)] = window.whole[:, np.isin(window.minutes, minutes)]
    for visit, nurse in zip(coming, nurses, strict=True):
        if nurse is not None:
            whole[nurse, np.searchsorted(minutes, _minute(visit))] = True
    return whole


def _shifts(window: Window, coming: Sequence[Reviewed], chosen: Sequence[int]) -> Iterator[Shift]:
    """Which visit goes where: those whose place is chosen stay, the others take what is left in order."""
    staying = {_minute(visit) for visit in coming} & set(chosen)
    going = [visit for visit in coming if _minute(visit) not in staying]
    for visit, minute in zip(going, [minute for minute in chosen if minute not in staying], strict=True):
        place = int(np.searchsorted(window.minutes, minute))
        nurse = _nurse(visit, window.nurses)
        keeps = window.nurses[nurse] if nurse is not None and window.whole[nurse][place] else None
        day = date.fromordinal(int(window.starts.days[place]))
        less = visit.appointment.extra_recovery_minutes - _longest_recovery(coming)
        there = window.recovering_longer(less).at(place, keeps)
        yield Shift(**vars(there), reviewed=visit, nurse=keeps, days=(day - visit.day).days)


def _longest_recovery(coming: Sequence[Reviewed]) -> int:
    """Minutes more than the protocol says."""
    return max(visit.appointment.extra_recovery_minutes for visit in coming)


def _nurse(visit: Reviewed, nurses: Sequence[Resource]) -> int | None:
    """Where the one nurse who serves all of this visit stands among these; nowhere when several do."""
    keys = [nurse.pk for nurse in nurses]
    turns = visit.visit.nurses
    return keys.index(turns[0].nurse.pk) if len(turns) == 1 and turns[0].nurse.pk in keys else None


def _minute(visit: Reviewed) -> int:
    return minute_of(visit.appointment.starts_at)
