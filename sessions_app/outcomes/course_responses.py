"""Whether a patient has responded in the course under a plan, for a prescriber who decides whether it goes on
after so many infusions without (domain.md 2.2); and opening that decision.

A response is what each instrument's rule calls one (`scoring`), and the diary's half of the headache or
migraine days gone, against the last score before the course and no more than 30 days before it, or before the
very first infusion (domain.md 5.1). What nobody measured is no response on record. The decision itself is
`scheduler.prescribing.course_reviews`'s; reports about many patients are `cohort`'s.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final
from uuid import UUID

from django.db.models import Count

from clinic import clock
from clinic.transactions import in_transaction
from scheduler.models import STANDING_STATUSES, TreatmentPlan
from scheduler.prescribing import course_reviews, plan_tasks
from scheduler.prescribing.standing import locked_plan
from sessions_app import queries
from sessions_app.models import DiaryDay, QuestionnaireResponse, ResponseStatus, Session
from sessions_app.outcomes import diary_counts
from sessions_app.outcomes.cohort import DIARY, MEASURES
from sessions_app.outcomes.diary import as_day
from sessions_app.outcomes.diary_counts import PERIOD_DAYS, Day
from sessions_app.outcomes.instruments import WITH_RESPONSE, Instrument
from sessions_app.outcomes.scoring import needs_baseline, responded

BASELINE_DAYS: Final = 30  # domain.md 5.1, 2


@dataclass(frozen=True)
class Told:
    """One measure of a course: the scores before and now, where there are any, and whether that is a
    response."""

    title: str
    before: str
    now: str
    responded: bool


@dataclass
class _Known:
    """What is on record of one patient. Scores are by instrument, in order of time."""

    zone: str
    starts: list[tuple[datetime, UUID]] = field(default_factory=list)  # with the plan
    scores: dict[str, list[tuple[datetime, str, int]]] = field(default_factory=lambda: defaultdict(list))
    diary: list[Day] = field(default_factory=list)


def look(*, now: datetime) -> None:
    """Open what prescribers have to decide on since the sessions of late, and settle what has a response on
    record by now. Seven queries, three for each that is opened, two for each that is settled."""
    late = queries.over_of_late(now).filter(
        appointment__plan__status__in=STANDING_STATUSES,
        appointment__plan__protocol__review_after_sessions__isnull=False,
    )
    plans = _plans(late.values_list("appointment__plan", flat=True).distinct())
    asked = _asked_of(plans)
    given = _given(plans)
    due = [
        plan
        for plan in plans.values()
        if plan.pk not in asked.waiting
        and given[plan.pk] - asked.after.get(plan.pk, 0) >= (plan.protocol.review_after_sessions or 0)
    ]
    known = _known({plan.patient_id for plan in [*due, *asked.waiting.values()]})
    for plan in due:
        if not any(each.responded for each in _measures(plan, known, now)):
            course_reviews.open_review(plan=plan, infusions=given[plan.pk], now=now)
    for plan in asked.waiting.values():
        response = next((each for each in _measures(plan, known, now) if each.responded), None)
        if response is not None:
            _settle(plan, response, now)


def measures_of(plan: TreatmentPlan, *, now: datetime) -> list[Told]:
    """Each measure that was taken since this course began: three queries."""
    return list(_measures(plan, _known({plan.patient_id}), now))


@dataclass(frozen=True)
class _Asked:
    """By plan: after how many infusions it was asked last; and those that wait now."""

    after: Mapping[UUID, int]
    waiting: Mapping[UUID, TreatmentPlan]


def _plans(ids: Collection[UUID]) -> dict[UUID, TreatmentPlan]:
    rows = TreatmentPlan.objects.filter(pk__in=ids).select_related("protocol", "clinic")
    return {plan.pk: plan for plan in rows}


def _asked_of(plans: Mapping[UUID, TreatmentPlan]) -> _Asked:
    """Also those that wait longer than anybody looks back."""
    items = list(course_reviews.reviews_of({plan.patient_id for plan in plans.values()}))
    after: dict[UUID, int] = {}
    for item in items:
        plan_id = plan_tasks.plan_of(item.cause)
        after[plan_id] = max(after.get(plan_id, 0), course_reviews.infusions_of(item.cause))
    open_ids = {plan_tasks.plan_of(item.cause) for item in items if item.closed_at is None}
    return _Asked(after, _plans(open_ids))


def _given(plans: Mapping[UUID, TreatmentPlan]) -> Mapping[UUID, int]:
    """How many infusions were begun under each."""
    started = Session.objects.filter(appointment__plan__in=list(plans), started_at__isnull=False)
    rows = started.values_list("appointment__plan").annotate(count=Count("pk")).order_by()
    return defaultdict(int, rows)


def _known(patients: Collection[UUID]) -> Mapping[UUID, _Known]:
    """Three queries, none without patients."""
    found: dict[UUID, _Known] = {}
    if not patients:
        return found
    started = Session.objects.filter(patient__in=patients, started_at__isnull=False).order_by("started_at")
    columns = ("patient", "clinic__time_zone", "started_at", "appointment__plan")
    for patient, zone, at, plan in started.values_list(*columns):
        found.setdefault(patient, _Known(zone)).starts.append((at, plan))
    scored = QuestionnaireResponse.objects.filter(
        patient__in=patients,
        instrument__in=WITH_RESPONSE,
        status=ResponseStatus.COMPLETED,
        score__isnull=False,
        completed_at__isnull=False,
    ).order_by("completed_at", "pk")
    rows = scored.values_list("patient", "instrument", "completed_at", "instrument_version", "score")
    for patient, instrument, at, version, score in rows:
        if patient in found and at is not None and score is not None:
            found[patient].scores[instrument].append((at, version, score))
    for row in DiaryDay.objects.filter(patient__in=patients).order_by("day"):
        if row.patient_id in found:
            found[row.patient_id].diary.append(as_day(row))
    return found


def _measures(plan: TreatmentPlan, known: Mapping[UUID, _Known], now: datetime) -> Iterator[Told]:
    of_patient = known.get(plan.patient_id)
    course = [at for at, under in of_patient.starts if under == plan.pk] if of_patient else []
    if of_patient is None or not course:
        return
    begins = sorted({of_patient.starts[0][0], course[0]})
    for code, scores in of_patient.scores.items():
        yield from _of_scores(MEASURES[code], scores, begins)
    if of_patient.diary:
        for code in DIARY:
            yield from _of_diary(code, of_patient, begins, clock.local_date(now, of_patient.zone))


def _of_scores(
    instrument: Instrument, scores: Sequence[tuple[datetime, str, int]], begins: Sequence[datetime]
) -> Iterator[Told]:
    since = [each for each in scores if each[0] >= begins[-1]]
    if not since:
        return
    _, version, later = since[-1]
    bases = [_baseline(scores, begin, version) for begin in begins]
    known = [base for base in bases if base is not None]
    yield Told(
        instrument.title,
        str(known[-1]) if known else "",
        str(later),
        any(_is_response(instrument, base, later) for base in bases),
    )


def _baseline(scores: Sequence[tuple[datetime, str, int]], begin: datetime, version: str) -> int | None:
    """The last one before, of the same version and not too old."""
    oldest = begin - timedelta(days=BASELINE_DAYS)
    before = [score for at, of, score in scores if oldest <= at < begin and of == version]
    return before[-1] if before else None


def _of_diary(code: str, known: _Known, begins: Sequence[datetime], today: date) -> Iterator[Told]:
    """The last 28 days against those before the course, both entered for 80 % of their days."""
    latest = _days(code, known.diary, today)
    first = clock.local_date(begins[-1], known.zone)
    if latest is None or (today - first).days < PERIOD_DAYS:
        return
    bases = [
        _days(code, known.diary, clock.local_date(begin, known.zone) - timedelta(days=1)) for begin in begins
    ]
    told = [base for base in bases if base is not None]
    if told:
        yield Told(
            f"{DIARY[code].title} in 28",
            _plain(told[-1]),
            _plain(latest),
            any(_is_response(DIARY[code], base, latest) for base in told),
        )


def _days(code: str, diary: Sequence[Day], last: date) -> Fraction | None:
    counts = diary_counts.count(diary, last=last)
    return counts.per_28(counts.migraine_days if code == "migraine-days" else counts.headache_days)


def _is_response(instrument: Instrument, before: int | Fraction | None, later: int | Fraction) -> bool:
    if needs_baseline(instrument) and not before:
        return False
    return responded(instrument, baseline=before, later=later)


def _plain(days: Fraction) -> str:
    """12, or 12.5."""
    return f"{float(round(days, 1)):g}"


def _settle(plan: TreatmentPlan, response: Told, now: datetime) -> None:
    before = f"{response.before}, then " if response.before else ""

    def write() -> None:
        locked = locked_plan(plan)
        outcome = f"A response is on record by now: {response.title} {before}{response.now}."
        plan_tasks.settle(course_reviews.CAUSE, actor=None, plan=locked, outcome=outcome, now=now)

    in_transaction(write)
