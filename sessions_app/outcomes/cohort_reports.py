"""A report about many patients, frozen: its question, its cut-off and, byte for byte, what it answered.

Only what had been recorded by the cut-off is read, so that the same question gives the same bytes however
much has come in since. The rules of counting are in `cohort`.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import F, Q

from clinic import access, clock
from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from scheduler.models import Protocol, TreatmentPlan
from scheduler.prescribing import dose_orders
from sessions_app.access import COHORT_REPORTS
from sessions_app.models import (
    CohortReport,
    DiaryDay,
    InfusionEvent,
    InfusionEventKind,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    SideEffect,
)
from sessions_app.observing import effect_courses
from sessions_app.observing.effect_calls import is_serious
from sessions_app.outcomes import cohort
from sessions_app.outcomes.cohort import CODE_VERSION, DIARY, MEASURES, Case, Query, Scored
from sessions_app.outcomes.diary import as_day
from sessions_app.outcomes.diary_counts import Day
from sessions_app.outcomes.instruments import INSTRUMENTS
from sessions_app.signing.record import canonical, plain

MAINTENANCE: Final = ("event", "ignored")
LONGEST_DAYS: Final = 366
# A line bears the moment at which its call came in, and is seen when its transaction ends. None takes longer:
# a request is given up after a minute (embedded/gunicorn.py), waiting for a lock after seconds.
SETTLED: Final = timedelta(minutes=2)


def make(
    *, actor: Actor, id: UUID, clinic: Clinic, query: Query, cut_off: datetime, now: datetime
) -> CohortReport:
    """Answer a question about the clinic's patients as of the cut-off, and keep the answer for ever.

    Raises `Forbidden` for a role that may not, `Invalid` naming the field of a question that can't be asked.
    """
    access.require(actor, COHORT_REPORTS, clinic.pk)
    check(query, cut_off=cut_off, now=now)

    def work() -> CohortReport:
        content = content_of(clinic, query, cut_off=cut_off)
        return CohortReport.objects.create(
            id=id,
            clinic=clinic,
            query=plain(asdict(query)),
            cut_off=cut_off,
            code_version=CODE_VERSION,
            content=content,
            sha256=hashlib.sha256(content.encode()).hexdigest(),
            made_by_id=actor.user_id,
            made_at=now,
        )

    return in_transaction(work)


def check(query: Query, *, cut_off: datetime, now: datetime) -> None:
    """Raise `Invalid` for a question that can't be asked."""
    errors = {}
    if query.instrument not in MEASURES:
        errors["instrument"] = f"Choose one of: {', '.join(MEASURES)}."
    if not 0 <= query.window_first <= query.window_target <= query.window_last <= LONGEST_DAYS:
        errors["window_target"] = (
            "The window runs from its first to its last day, and the target lies inside."
        )
    if not 1 <= query.baseline_days <= LONGEST_DAYS:
        errors["baseline_days"] = f"Enter 1 to {LONGEST_DAYS} days."
    if not 0 <= query.induction_days <= LONGEST_DAYS:
        errors["induction_days"] = f"Enter 0 to {LONGEST_DAYS} days."
    if query.maintenance not in MAINTENANCE:
        errors["maintenance"] = f"Choose one of: {', '.join(MAINTENANCE)}."
    if query.started_from and query.started_until and query.started_until < query.started_from:
        errors["started_until"] = "This day is before the first one."
    if cut_off > now:
        errors["cut_off"] = "The cut-off can't be in the future: what comes until then isn't known."
    elif cut_off > now - SETTLED:
        errors["cut_off"] = "Choose a cut-off two minutes back or more: what is just coming isn't in yet."
    if errors:
        raise Invalid(errors)


def content_of(clinic: Clinic, query: Query, *, cut_off: datetime) -> str:
    """The canonical text of a report: question, cut-off, versions, figures. Five queries."""
    cases, protocols = read_cases(clinic, query, cut_off=cut_off)
    figures = cohort.report(cases, query, today=clock.local_date(cut_off, clinic.time_zone))
    return canonical(
        {
            "format": "chairside.cohort-report/2",
            "code_version": CODE_VERSION,
            "clinic": clinic.pk,
            "time_zone": clinic.time_zone,
            "cut_off": cut_off,
            "query": asdict(query),
            "instrument_version": MEASURES[query.instrument].version,
            "protocols": protocols,
            "figures": figures,
        }
    )


def newest(clinic: Clinic) -> CohortReport | None:
    """The one that was made last."""
    return CohortReport.objects.filter(clinic=clinic).order_by("-made_at").first()


def figures_of(report: CohortReport) -> dict[str, Any]:
    """The frozen content, read back."""
    content: dict[str, Any] = json.loads(report.content)
    return content


def read_cases(clinic: Clinic, query: Query, *, cut_off: datetime) -> tuple[list[Case], list[dict[str, Any]]]:
    """A case for each patient with an infusion started by the cut-off, and the protocol versions they ran
    under. The series is the patient's first plan that came to an infusion; a booster months later, when that
    plan has run out, is under another."""
    starts = _starts(clinic, cut_off)
    series: dict[UUID, UUID] = {}
    for start in starts:
        series.setdefault(start["session__patient_id"], start["session__appointment__plan_id"])
    plans = TreatmentPlan.objects.select_related("protocol").in_bulk(list(series.values()))
    doses = dose_orders.first_doses(plans)
    started: dict[UUID, list[datetime]] = defaultdict(list)
    further: dict[UUID, list[datetime]] = defaultdict(list)
    contacts: dict[UUID, datetime] = {}
    for start in starts:
        patient = start["session__patient_id"]
        contacts[patient] = start["at"]
        of_series = start["session__appointment__plan_id"] == series[patient]
        (started if of_series else further)[patient].append(start["at"])
    by_diary = query.instrument in DIARY
    scores = {} if by_diary else _scores(clinic, query, cut_off)
    diary = _diary(clinic, set(series), cut_off) if by_diary else {}
    sessions = [start["session_id"] for start in starts]
    adverse = _side_effects(set(series.values()), sessions, cut_off)
    cases = []
    for patient, plan_id in sorted(series.items(), key=lambda pair: (started[pair[0]][0], str(pair[0]))):
        plan, mine = plans[plan_id], scores.get(patient, [])
        days = diary.get(patient, [])
        last = max([contacts[patient], *(score.at for score in mine)])
        seen = max([clock.local_date(last, clinic.time_zone), *(day.day for day in days)])
        every, serious = adverse.get(plan_id, (0, 0))
        cases.append(
            Case(
                protocol=plan.protocol.code,
                indication=plan.indication,
                dose_band=dose_band(plan.protocol, doses[plan_id]),
                planned=plan.protocol.series_min,
                most=plan.protocol.series_max,
                starts=tuple(started[patient]),
                infusions=tuple(clock.local_date(at, clinic.time_zone) for at in started[patient]),
                further=tuple(clock.local_date(at, clinic.time_zone) for at in further[patient]),
                scores=tuple(mine),
                diary=tuple(days),
                adverse=every,
                serious=serious,
                last_contact=seen,
            )
        )
    return cases, _protocols(plans.values())


def dose_band(protocol: Protocol, dose: Decimal) -> str:
    """Where the dose that a series was ordered with lies in its protocol version: bands are the prescriber's
    limits. A dose that was ordered later moves nobody: the same question gives the same answer."""
    start, high = _short(protocol.dose_start), _short(protocol.dose_soft_max)
    unit = protocol.dose_basis
    if dose < protocol.dose_start:
        return f"below {start} {unit}"
    if dose == protocol.dose_start:
        return f"{start} {unit}"
    if dose <= protocol.dose_soft_max:
        return f"above {start} to {high} {unit}"
    return f"above {high} {unit}"


def _short(value: Decimal) -> str:
    return format(value.normalize(), "f")


def _starts(clinic: Clinic, cut_off: datetime) -> list[Mapping[str, Any]]:
    """The infusions that had been entered as started by the cut-off, in their order."""
    events = (
        InfusionEvent.objects.filter(
            session__clinic=clinic, kind=InfusionEventKind.START, recorded_at__lte=cut_off
        )
        .values("session_id", "session__patient_id", "session__appointment__plan_id")
        .annotate(happened=F("happened_at"), recorded=F("recorded_at"))
    )
    found = [{**event, "at": event["happened"] or event["recorded"]} for event in events]
    return sorted(found, key=lambda event: (event["at"], str(event["session_id"])))


def _scores(clinic: Clinic, query: Query, cut_off: datetime) -> dict[UUID, list[Scored]]:
    """By patient, the questionnaires completed by the cut-off and not known as wrong by then."""
    item = INSTRUMENTS[query.instrument].safety_item
    responses = QuestionnaireResponse.objects.filter(
        Q(error_at__isnull=True) | Q(error_at__gt=cut_off),
        clinic=clinic,
        instrument=query.instrument,
        completed_at__lte=cut_off,
        score__isnull=False,
    ).order_by("completed_at", "id")
    safety: dict[UUID, int] = {}
    if item is not None:
        answers = QuestionnaireAnswer.objects.filter(response__in=responses.values("pk"), item=item)
        safety = dict(answers.order_by("answered_at", "created_at", "id").values_list("response_id", "value"))
    found: dict[UUID, list[Scored]] = defaultdict(list)
    for row in responses:
        if row.completed_at is None or row.score is None:
            continue
        found[row.patient_id].append(
            Scored(
                at=row.completed_at,
                on=clock.local_date(row.completed_at, clinic.time_zone),
                total=row.score,
                version=row.instrument_version,
                prorated=row.prorated,
                safety=safety.get(row.pk),
            )
        )
    return found


def _diary(clinic: Clinic, patients: set[UUID], cut_off: datetime) -> dict[UUID, list[Day]]:
    """By patient, each day of the diary as it was told by the cut-off: a day entered anew later counts as its
    history has it. One query."""
    history: Any = DiaryDay.pgh_event_model  # type: ignore[attr-defined]
    told = (
        history.objects.filter(clinic=clinic, patient_id__in=patients, entered_at__lte=cut_off)
        .order_by("patient_id", "day", "-entered_at", "-pgh_id")
        .distinct("patient_id", "day")
    )
    found: dict[UUID, list[Day]] = defaultdict(list)
    for row in told:
        found[row.patient_id].append(as_day(row))
    return found


def _side_effects(
    plans: set[UUID], sessions: Sequence[UUID], cut_off: datetime
) -> dict[UUID, tuple[int, int]]:
    """By plan, side effects and serious ones as they stood at the cut-off: a state or a correction that came
    later doesn't count, and the line that was corrected does. However many states one had, it counts once.

    Only those of the sessions in which an infusion ran: by so many they are told (domain.md 5.1, 10)."""
    lines = SideEffect.objects.filter(
        session__in=sessions, session__appointment__plan_id__in=plans, recorded_at__lte=cut_off
    ).select_related("session__appointment")
    found: dict[UUID, tuple[int, int]] = {}
    for states in effect_courses.courses(lines).values():
        plan = states[0].session.appointment.plan_id
        every, serious = found.get(plan, (0, 0))
        found[plan] = (every + 1, serious + any(map(is_serious, states)))
    return found


def _protocols(plans: Iterable[TreatmentPlan]) -> list[dict[str, Any]]:
    versions = {(plan.protocol.code, plan.protocol.version) for plan in plans}
    return [{"code": code, "version": version} for code, version in sorted(versions)]
