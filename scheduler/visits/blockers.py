"""The reasons against a visit, each a code that programs know and a sentence for the desk.

A visit is held here against its plan, the patient, the calendar and the resources. Which of these are asked,
and what they come to, is `decision`'s. Nothing is written.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any, Final
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.text import get_text_list

from clinic import clock
from scheduler.evaluating import eligibility
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import too_close
from scheduler.finding.frequency import WEEK, YEAR, in_week, in_year, monday_of
from scheduler.finding.supply import Supplies
from scheduler.models import Closure, PlanStatus, ProtocolStatus, Resource, ResourceKind
from scheduler.prescribing import charted, consented, course_reviews, safety_reviews
from scheduler.protocols.protocols import NOT_IN_FORCE
from scheduler.visits.case import Case, OtherVisit
from scheduler.visits.parts import HandOver, Part
from scheduler.vocabulary import spoken_day, wall_time


class Occasion(Enum):
    """What the visit is to the time it asks for; some questions are settled then."""

    NEW = "a new visit, or a visit that asks for another time"
    AGAIN = "a time that was given up by mistake: that it has begun doesn't matter"
    STANDING = "the visit's own time: only who serves it is asked, not the plan, the patient or the spacing"


@dataclass(frozen=True)
class Lack:
    """How one kind of resource can be short: outside its hours, or taken; code and words for each."""

    closed_code: str
    open_words: str
    taken_code: str
    taken_words: str


LACKS: Final = {
    ResourceKind.CHAIR: Lack("outside_hours", "open", "chair_taken", "is taken"),
    ResourceKind.NURSE: Lack(
        "outside_hours", "at work", "nurse_overloaded", "would have too many patients at once"
    ),
    ResourceKind.CLINICIAN: Lack(
        "no_clinician", "on site", "no_clinician", "is supervising as many visits as possible"
    ),
}

MENDS: Final = {PlanStatus.ON_HOLD: "A prescriber can take it up again."}


@dataclass(frozen=True)
class Blocker:
    """One reason against a booking: a stable code, a plain sentence, minutes where they tell more."""

    code: str
    detail: str
    minutes: int | None = None

    def as_data(self) -> dict[str, Any]:
        counted = {} if self.minutes is None else {"minutes": self.minutes}
        return {"code": self.code, "detail": self.detail, **counted}


def nobody_working(kind: ResourceKind) -> Blocker:
    """The clinic has none of a kind that every visit needs."""
    return Blocker(LACKS[kind].closed_code, f"The clinic has no working {kind.label.lower()}.")


def against_plan_and_patient(
    case: Case, plan_id: UUID, replacing: Collection[UUID], now: datetime
) -> list[Blocker]:
    """What stands against the plan or the patient, so that another time wouldn't do either."""
    return [
        *_against_plan(case, plan_id, replacing, now),
        *_against_patient(case, now),
        *_against_chart(plan_id, now),
    ]


def _against_plan(case: Case, plan_id: UUID, replacing: Collection[UUID], now: datetime) -> Iterator[Blocker]:
    if case.plan_status != PlanStatus.ACTIVE:
        mend = MENDS.get(PlanStatus(case.plan_status), "A prescriber has to write a new one.")
        yield Blocker("plan_not_active", f"The plan is {case.plan_status}. {mend}")
    if case.protocol_status != ProtocolStatus.ACTIVE:
        yield Blocker("protocol_inactive", NOT_IN_FORCE)
    if case.refused:
        yield Blocker(eligibility.REFUSED, eligibility.HELD)
    if case.safety_review:
        yield Blocker(safety_reviews.WAITS, safety_reviews.WORDS)
    if case.review:
        yield Blocker(course_reviews.WAITS, course_reviews.waits_words(case.review))
    counted = [other for other in case.visits if other.plan_id == plan_id and other.id not in replacing]
    if len(counted) >= case.sessions_ordered:
        yield Blocker(
            "sessions_used_up",
            f"All {case.sessions_ordered} sessions of the plan are booked."
            + "".join(_answer_first(other, case.zone, now) for other in counted),
        )


def _against_patient(case: Case, now: datetime) -> Iterator[Blocker]:
    """The consent is asked about as it stands today: one that runs out before the visit can be signed again
    until then, which the chart says and the checklist asks."""
    if case.deceased:
        yield Blocker("patient_deceased", "The patient is recorded as deceased.")
    today = clock.local_date(now, case.zone)
    wrong = consented.against(
        case.consented_at, case.reconsent_after_days, on=today, today=today, zone=case.zone
    )
    if wrong is not None:
        yield Blocker(*wrong)


def _against_chart(plan_id: UUID, now: datetime) -> Iterator[Blocker]:
    """What the chart says against the plan and no prescriber has answered: one query."""
    for words in charted.unanswered(plan_id, now=now).values():
        yield Blocker("chart_unanswered", f"{words} {charted.ANSWER_FIRST}")


def against_calendar(case: Case, start: datetime, now: datetime, occasion: Occasion) -> Iterator[Blocker]:
    """What stands against the day and the time as such."""
    if occasion is Occasion.NEW and start < now:
        yield Blocker("in_the_past", "This time is past.")
    yield from against_validity(case, clock.local_date(start, case.zone), now)


def against_validity(case: Case, day: date, now: datetime) -> Iterator[Blocker]:
    """Days on which the plan doesn't hold."""
    if not case.valid_from <= day <= case.valid_until:
        today = clock.local_date(now, case.zone)
        first, last, asked = (
            spoken_day(one, today=today) for one in (case.valid_from, case.valid_until, day)
        )
        yield Blocker("plan_expired", f"The plan is valid from {first} to {last}, not on {asked}.")


def against_other_visits(
    case: Case,
    start: datetime,
    end: datetime,
    replacing: Collection[UUID],
    occasion: Occasion,
    now: datetime,
) -> Iterator[Blocker]:
    """What the patient's other visits stand against: being in two places, and days between sessions."""
    for other in case.visits:
        if start < other.end and other.start < end:
            yield Blocker(
                "patient_elsewhere",
                f"The patient has another visit {_on(other.start, case.zone, now)} at this time."
                + _answer_first(other, case.zone, now),
            )
        if occasion is Occasion.STANDING or other.id in replacing:
            continue
        first, last = too_close(other.start, case.spacing.min_days, case.zone)
        if first <= minute_of(start) < last:
            apart = abs(clock.days_between(start, other.start, case.zone))
            yield Blocker(
                "spacing_too_close",
                f"{apart} day{'' if apart == 1 else 's'} from the session {_on(other.start, case.zone, now)};"
                f" {case.spacing.whose} asks for at least {case.spacing.min_days}."
                + _answer_first(other, case.zone, now),
            )
    if occasion is not Occasion.STANDING:
        others = [other.start for other in case.visits if other.id not in replacing]
        yield from _too_often(case, start, others, now)


def _too_often(case: Case, start: datetime, others: Iterable[datetime], now: datetime) -> Iterator[Blocker]:
    day = clock.local_date(start, case.zone).toordinal()
    days = sorted(clock.local_date(other, case.zone).toordinal() for other in others)
    today, most = clock.local_date(now, case.zone), case.frequency
    if most.room_in_week(day, days) <= 0:
        monday = monday_of(day)
        first, last = (spoken_day(date.fromordinal(one), today=today) for one in (monday, monday + WEEK - 1))
        yield Blocker(
            "week_full",
            f"{_sessions(in_week(day, days))} already in the week from {first} to {last}; the protocol allows"
            f" {most.per_week} a week.",
        )
    if most.room_in_year(day, days) <= 0:
        yield Blocker(
            "year_full",
            f"{_sessions(in_year(day, days))} already within {YEAR} days of this one; the protocol allows"
            f" {most.per_year} in any {YEAR} days.",
        )


def _sessions(count: int) -> str:
    return f"{count} session{'' if count == 1 else 's'} of the patient"


def _answer_first(other: OtherVisit, zone: str, now: datetime) -> str:
    """Where what stands in the way is only offered, the way out: it is theirs to take or to leave."""
    if not other.offered:
        return ""
    return (
        f" The time {_on(other.start, zone, now)} is only offered to them by the waitlist: enter there"
        " whether they take it, or take them off the list, and then book."
    )


def why_closed(case: Case, start: datetime, end: datetime, now: datetime) -> Iterator[Blocker]:
    """Why nobody is there: one query, asked only where somebody's hours are short."""
    during: Any = DateTimeTZRange(start, end)
    on = _on(start, case.zone, now)
    for closure in Closure.objects.filter(clinic_id=case.clinic_id, during__overlap=during).order_by(
        "during"
    ):
        yield Blocker(
            "outside_hours",
            f"The clinic is closed {on}{_wall_span(closure, start, case.zone)}: {closure.name}.",
        )


def _wall_span(closure: Closure, start: datetime, zone: str) -> str:
    """From when to when, of a closure that leaves some of that day open."""
    begins, ends = clock.day_bounds(clock.local_date(start, zone), zone)
    since = f" from {wall_time(closure.during.lower, zone)}" if begins < closure.during.lower else ""
    until = f" until {wall_time(closure.during.upper, zone)}" if closure.during.upper < ends else ""
    return since + until


def unsuitable(wanted: Collection[str], chosen: Resource | None) -> Blocker:
    """The chosen chair, or every one, lacks something that the plan asks for."""
    who = f"{chosen.name} does not offer" if chosen else "No working chair offers"
    return Blocker("chair_unsuitable", f"{who} all that is asked for: {', '.join(sorted(wanted))}.")


def too_soon_to_fast(to_ask: NothingSince) -> Blocker:
    """Where nobody can be asked whether the patient has fasted."""
    return Blocker("too_soon_to_fast", f"{to_ask.words}, and book it by itself.")


def against_resources(
    kind: ResourceKind, parts: Sequence[Part], found: Supplies, *, chosen: bool
) -> Iterator[Blocker]:
    """What one kind of resource lacks, told of the chosen one or of those that come nearest."""
    lack = LACKS[kind]
    if not parts and kind not in {resource.kind for resource in found.resources.values()}:
        yield nobody_working(kind)
    if parts and not chosen and all(part.missing.closed == part.minutes for part in parts):
        # The nearest are closed throughout, and so is everybody else: no name tells more.
        yield Blocker(
            lack.closed_code,
            f"No {kind.label.lower()} is {lack.open_words} then.",
            sum(part.minutes for part in parts),
        )
        return
    for key in dict.fromkeys(part.supply.key for part in parts):
        name = found.resources[key].name
        who = name if chosen else f"No {kind.label.lower()} is free. {name} comes nearest and"
        own = [part for part in parts if part.supply.key == key]
        for code, words, minutes in (
            (lack.closed_code, f"is not {lack.open_words}", [part.missing.closed for part in own]),
            (lack.taken_code, lack.taken_words, [part.missing.overloaded for part in own]),
        ):
            if any(minutes):
                spans = [
                    f"{count} minutes of {part.words}"
                    for count, part in zip(minutes, own, strict=True)
                    if count
                ]
                yield Blocker(code, f"{who} {words} for {get_text_list(spans, 'and')}.", sum(minutes))


def against_hand_overs(wrong: Iterable[HandOver], found: Supplies, zone: str) -> Iterator[Blocker]:
    for one in wrong:
        giver, taker = (found.resources[supply.key].name for supply in (one.giver, one.taker))
        yield Blocker(
            "hand_over_inside_phase",
            f"{giver} can't hand over to {taker} at {wall_time(moment_of(one.minute), zone)}, in the middle"
            f" of the {one.phase}: nurses change where a phase ends or one of their shifts begins or ends.",
        )


def _on(moment: datetime, zone: str, now: datetime) -> str:
    return f"on {spoken_day(clock.local_date(moment, zone), today=clock.local_date(now, zone))}"
