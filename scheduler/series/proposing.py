"""A series: several sessions of one plan, proposed together and booked together, all or none.

Which dates are best is arithmetic (`planning`), what is free is read by `window`, why nothing
fits is told by `relaxing`, and what may be booked is decided where everything is booked. How a plan's
visits follow each other afterwards is `review`'s, and what to do about it `respacing`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.nursing import named
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, ResourceKind, Series, TreatmentPlan
from scheduler.prescribing.spacing import Spacing
from scheduler.series import planning, words
from scheduler.series.planning import Cost, Proposal
from scheduler.series.relaxing import Impossible, impossible
from scheduler.series.review import Review, review
from scheduler.series.spaced_days import Course
from scheduler.series.window import Window, last_nursed, read_window
from scheduler.visits import booking
from scheduler.visits.blockers import Blocker
from scheduler.visits.booking import Wanted
from scheduler.visits.decision import against_any_time
from scheduler.vocabulary import spoken_day, spoken_time

LONGEST_WINDOW: Final = timedelta(days=365)
# Of a plan with more sessions left the others are proposed later: each one booked is decided under the lock.
MOST_SESSIONS: Final = 60
# How much longer than the longest series the days are that are looked at when nobody says until when.
SPARE_DAYS: Final = 28
TOO_MANY: Final = f"Give at most {MOST_SESSIONS} sessions at once."


@dataclass(frozen=True)
class Offered(FeasibleStart):
    """One session of an offer, and the days since the visit before it."""

    gap: int | None
    wished_nurse: Resource | None  # she serves all of it, if she was asked for and can
    wished_chair: Resource | None  # it is in this one, if it was asked for and is free

    @property
    def book(self) -> dict[str, Any]:
        """What to ask for so that it is booked as it is shown."""
        nurse, chair = self.wished_nurse, self.wished_chair
        return {"start": self.start, "nurse": nurse and nurse.pk, "chair": chair and chair.pk}

    def as_data(self) -> dict[str, Any]:
        return {**super().as_data(), "gap": self.gap, "book": self.book}


@dataclass(frozen=True)
class Offer:
    """A series that could be booked now, what it costs and what that means. `nurse` is who was wished for, if
    she serves all of any session."""

    sessions: tuple[Offered, ...]
    nurse: Resource | None
    cost: Cost
    words: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return {
            "sessions": [session.as_data() for session in self.sessions],
            "nurse": named(self.nurse) if self.nurse else None,
            "cost": self.cost.as_data(),
            "words": list(self.words),
        }


@dataclass(frozen=True)
class Proposed:
    """The answer: up to three offers, or why there is none."""

    plan: TreatmentPlan
    spacing: Spacing
    count: int
    first: date
    last: date
    offers: tuple[Offer, ...]
    fewer: str
    blockers: tuple[Blocker, ...]
    impossible: Impossible | None


def propose(
    *,
    plan: TreatmentPlan,
    count: int | None = None,
    first: date | None = None,
    last: date | None = None,
    wish: Wish,
    now: datetime,
) -> Proposed:
    """The best dates for `count` sessions (all that are left, up to `MOST_SESSIONS`) from `first` to `last`,
    both included.

    The window begins today at the earliest and ends with the plan at the latest; without `last` it is long
    enough for the longest series and some weeks more. `blockers` is what stands against any time; then
    nothing is looked for. Raises `Invalid` for a count or days that can't be and for somebody wished for who
    doesn't work in the plan's clinic, `Conflict` with code `sessions_used_up`.
    """
    _require_working(plan, wish)
    reviewed = review(plan=plan, now=now)
    course = _course(reviewed, plan=plan, count=count, first=first, last=last)
    first, last = date.fromordinal(course.first), date.fromordinal(course.last)
    blockers = against_any_time(plan=plan, now=now)
    offers: tuple[Offer, ...] = ()
    why_none: Impossible | None = None
    if not blockers:
        window = read_window(plan=plan, first=first, last=last, wish=wish, now=now)
        course = window.limited(course)
        offers = _offers(window, course, known_until=last_nursed(plan.patient_id))
        why_none = None if offers else impossible(plan=plan, window=window, course=course, now=now)
    return Proposed(
        plan=plan,
        spacing=reviewed.spacing,
        count=course.count,
        first=first,
        last=last,
        offers=offers,
        fewer=_fewer(len(offers)),
        blockers=blockers,
        impossible=why_none,
    )


def book(
    *,
    actor: Actor,
    id: UUID,
    plan: TreatmentPlan,
    sessions: Sequence[Wanted],
    wish: Wish,
    now: datetime,
) -> Series:
    """Book these sessions as one series, all or none.

    Raises `Invalid` for no session, too many or two on one id, and for somebody wished for who doesn't work
    in the plan's clinic; `Conflict` with code `not_bookable`, in `sessions` every
    one that can't be with its `number` and `blockers`, and in `proposals` fresh ones to choose from. One that
    follows the visit before it too late is among them, unless it is the first: after an interruption a series
    begins when it can.
    """
    in_order = sorted(sessions, key=lambda wanted: wanted.start)
    if not in_order:
        raise Invalid({"sessions": "Give at least one session."})
    if len({wanted.id for wanted in in_order}) < len(in_order):
        raise Invalid({"sessions": "Give each session an id of its own."})
    if len(in_order) > MOST_SESSIONS:
        raise Invalid({"sessions": TOO_MANY})
    _require_working(plan, wish)

    def work() -> Series:
        series = Series.objects.create(
            id=id, clinic_id=plan.clinic_id, plan=plan, wish=wish.as_data(), booked_by_id=actor.user_id
        )
        booking.book_all(actor=actor, plan=plan, series=series, sessions=in_order, now=now)
        # As it stands by now: a version that it was taken over to since may have another spacing.
        standing = TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=plan.pk)
        _require_longest_gaps(standing, in_order, now)
        return series

    try:
        _require_left(plan, in_order, now)
        return in_transaction(work)
    except Conflict as refusal:
        if "sessions" not in refusal.data:
            raise
        raise _refused(refusal, plan=plan, sessions=in_order, wish=wish, now=now) from refusal


def _require_working(plan: TreatmentPlan, wish: Wish) -> None:
    """Who is wished for is one of the plan's clinic who could be had."""
    wished = {ResourceKind.NURSE: wish.nurse, ResourceKind.CHAIR: wish.chair}
    working = Resource.objects.filter(
        clinic_id=plan.clinic_id, active=True, pk__in=[key for key in wished.values() if key]
    )
    kinds = dict(working.values_list("pk", "kind"))
    wrong = {
        f"wish.{kind}": f"This is not a working {kind} of the patient's clinic."
        for kind, key in wished.items()
        if key and kinds.get(key) != kind
    }
    if wrong:
        raise Invalid(wrong)


def _require_left(plan: TreatmentPlan, wanted: Sequence[Wanted], now: datetime) -> None:
    """Counted before anything is decided under the lock, where it is counted again."""
    left = review(plan=plan, now=now).sessions_left
    if len(wanted) <= left:
        return
    detail = f"{words.counted(left, 'session')} of the plan can still be booked, not {len(wanted)}."
    blocker = Blocker("sessions_used_up", detail).as_data()
    raise Conflict(
        detail,
        code="not_bookable",
        sessions=[{"id": one.id, "start": one.start, "blockers": [blocker]} for one in wanted[left:]],
    )


def _require_longest_gaps(plan: TreatmentPlan, booked: Sequence[Wanted], now: datetime) -> None:
    """From the first of these on no gap next to one of them is longer than the plan asks for; that none is
    too short is `decision`'s. Asked of what was just booked, under the lock under which it was."""
    reviewed = review(plan=plan, now=now)
    longest = max(1, reviewed.spacing.max_days)  # no two are on one day, as in `spaced_days.Course`
    new = {wanted.id: wanted.start for wanted in booked}
    refused: list[dict[str, Any]] = []
    for before, after in pairwise(reviewed.visits):
        begun = before.appointment.starts_at >= booked[0].start
        beside = {before.appointment.pk, after.appointment.pk} & new.keys()
        if begun and beside and (after.day - before.day).days > longest:
            key = after.appointment.pk if after.appointment.pk in new else before.appointment.pk
            blocker = Blocker(
                "spacing_too_far",
                f"{after.gap} days from {spoken_day(before.day, today=reviewed.today)}"
                f" to {spoken_day(after.day, today=reviewed.today)};"
                f" {reviewed.spacing.whose} asks for at most {longest}.",
            )
            refused.append({"id": key, "start": new[key], "blockers": [blocker.as_data()]})
    if refused:
        detail = " ".join(row["blockers"][0]["detail"] for row in refused)
        raise Conflict(detail, code="not_bookable", sessions=refused)


def _course(
    reviewed: Review, *, plan: TreatmentPlan, count: int | None, first: date | None, last: date | None
) -> Course:
    """What is asked for, with what is left out filled in. Raises as `propose`."""
    left = reviewed.sessions_left
    if not left:
        raise Conflict(
            f"All {plan.sessions_ordered} sessions of the plan are booked.", code="sessions_used_up"
        )
    most = min(left, MOST_SESSIONS)
    count = most if count is None else count
    wrong = {}
    if count > MOST_SESSIONS:
        wrong["count"] = TOO_MANY
    elif not 1 <= count <= left:
        wrong["count"] = f"Ask for 1 to {left} sessions: so many of the plan are not booked yet."
    begins = max(first or reviewed.today, reviewed.today, plan.valid_from)
    if begins > plan.valid_until:
        ends_on = spoken_day(plan.valid_until, today=reviewed.today)
        wrong["first"] = f"The plan is valid until {ends_on}. Ask for a day before."
    if last and last < begins:
        wrong["last"] = f"Ask for a last day from {spoken_day(begins, today=reviewed.today)} on."
    if wrong:
        raise Invalid(wrong)
    spare = timedelta(days=count * reviewed.spacing.max_days + SPARE_DAYS)
    ends = min(last or begins + spare, begins + LONGEST_WINDOW, plan.valid_until)
    return Course(
        count=count,
        min_days=reviewed.spacing.min_days,
        max_days=reviewed.spacing.max_days,
        first=begins.toordinal(),
        last=ends.toordinal(),
        standing=tuple(visit.day.toordinal() for visit in reviewed.visits),
    )


def _offers(window: Window, course: Course, *, known_until: datetime | None) -> tuple[Offer, ...]:
    """The proposals with whom and what they would be booked with, as `Found.at` finds it.

    `known_until`: when the latest visit begins of which the patient knows a nurse.
    """
    allowed = window.allowed.nonzero()[0]
    proposals = planning.propose(course, window.starts.only(window.allowed))
    offers = [
        _offer(
            window,
            course,
            replace(proposal, places=tuple(int(allowed[at]) for at in proposal.places)),
            known_until,
        )
        for proposal in proposals
    ]
    zone, now = window.found.zone, window.now
    titles = words.told_apart(
        [offer.words for offer in offers],
        [[spoken_time(one.start, zone, now=now) for one in offer.sessions] for offer in offers],
    )
    return tuple(
        replace(offer, words=(title, *offer.words[1:])) for offer, title in zip(offers, titles, strict=True)
    )


def _offer(window: Window, course: Course, proposal: Proposal, known_until: datetime | None) -> Offer:
    """Each session with who would serve it when those before it are booked: from one that is later than all
    the patient's visits they know the nurse with whom it ends, and she is rather asked for the next."""
    starts, places = window.starts, list(proposal.places)
    days = [int(day) for day in starts.days[places]]
    sessions: list[Offered] = []
    known: Resource | None = None
    for place, day in zip(places, days, strict=True):
        nurse = window.wished_nurse if starts.whole[place] else None
        feasible = window.at(place, nurse, known=known)
        if known_until is None or known_until < feasible.start:
            known = feasible.nurses[-1].nurse
        before = max((other for other in (*course.standing, *days) if other < day), default=None)
        sessions.append(
            Offered(
                **vars(feasible),
                gap=None if before is None else day - before,
                wished_nurse=nurse,
                wished_chair=feasible.chair if feasible.chair.pk == window.wish.chair else None,
            )
        )
    return Offer(
        tuple(sessions),
        next((session.wished_nurse for session in sessions if session.wished_nurse), None),
        proposal.cost,
        _words(window, proposal, sessions),
    )


def _words(window: Window, proposal: Proposal, sessions: Sequence[Offered]) -> tuple[str, ...]:
    starts, places = window.starts, list(proposal.places)
    days = [date.fromordinal(int(day)) for day in starts.days[places]]
    wished = [words.wish_words(int((~window.fits[places]).sum()), len(places))] if window.wish else []
    return (
        words.times_words(days, starts.afternoon[places].tolist()),
        words.nurse_words([[turn.name for turn in session.nurses] for session in sessions]),
        words.length_words(days[0], days[-1], today=window.today),
        *wished,
    )


def _fewer(offers: int) -> str:
    if not 0 < offers < planning.PROPOSALS:
        return ""
    these = "this one" if offers == 1 else "these"
    return f"There is no other series that shares at most half of its mornings and afternoons with {these}."


def _refused(
    refusal: Conflict,
    *,
    plan: TreatmentPlan,
    sessions: Sequence[Wanted],
    wish: Wish,
    now: datetime,
) -> Conflict:
    """The refusal of a series: which of its sessions can't be and why, and what could be booked now."""
    numbers = {wanted.id: number for number, wanted in enumerate(sessions, start=1)}
    refused = [{"number": numbers[row["id"]], **row} for row in refusal.data["sessions"]]
    try:
        zone = plan.clinic.time_zone
        fresh = propose(
            plan=plan,
            count=len(sessions),
            first=clock.local_date(sessions[0].start, zone),
            wish=wish,
            now=now,
        ).offers
    except (Conflict, Invalid):  # the plan has no such sessions left: said by the blockers
        fresh = ()
    return Conflict(
        refusal.detail, code=refusal.code, sessions=refused, proposals=[offer.as_data() for offer in fresh]
    )
