"""How many of a clinic's visits to come a stage is still said of, under the rule that holds and under one
that is only being tried. Reads only, a fixed number of queries.

Counted are the stages whose moment a booked visit settles (`SETTLED`): reminders, questions before a visit
and after it. What is said when something happens, such as a notice or an offer, touches no visit before it
does. What merging, caps and somebody's addresses make of it is one visit's, and played through in `preview`.
Only what keeping the change sends off at once, of any stage, the planner is asked (`at_once`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from clinic.models import Clinic
from notifications.models import Message, MessageStatus
from notifications.planning import reasons, rule_settings, rules, timing
from notifications.planning.rules import Receiver, Rule, Visit
from notifications.reporting.at_once import said_at_once
from notifications.wording import writing
from scheduler.models import BOOKED_OR_BEYOND, Appointment, AppointmentStatus
from sessions_app.models import Session

BEFORE: Final = (*(rule.stage for rule in rules.DEFAULTS if rule.kind == rules.REMINDER), rules.BEFORE_NEXT)
AFTER: Final = (rules.SAME_DAY, rules.NEXT_MORNING, rules.DAY_7, rules.END_OF_SERIES)
SETTLED: Final = frozenset({*BEFORE, *AFTER})
# Enough to say what a change does, and no more than can be reckoned while somebody types.
MOST_VISITS: Final = 2_000


@dataclass(frozen=True)
class Touched:
    """Of the visits to come: of how many the stage is still said under the tried rule (`told`), of how many
    it wouldn't be under the one that holds (`new`), the other way round (`gone`), and at another time
    (`moved`). `at_once`: how many messages go out as soon as the change is kept, also of what is over."""

    visits: int
    told: int
    new: int
    gone: int
    moved: int
    at_once: int
    next_at: datetime | None  # the first time to come at which it is due
    more: bool  # whether there are visits beyond the `MOST_VISITS` that were looked at


def touched(
    clinic: Clinic, becomes: Rule, *, was: Rule | None = None, language: str = "", now: datetime
) -> Touched | None:
    """What saying this stage as `becomes` does, in place of the rule that holds or of `was`; of patients who
    are written to in this language, where one is given. None for a stage that no booked visit settles, unless
    keeping it sends something off: then of no visits."""
    settings = rule_settings.settings_of([clinic.pk])[clinic.pk]
    holds = was or next(rule for rule in settings.rules if rule.stage == becomes.stage)
    tried = [replace(settings, rules=rules.overlaid([rule], settings.rules)) for rule in (holds, becomes)]
    at_once = said_at_once(clinic, tried[1], tried[0], now=now) if becomes != holds else 0
    if becomes.stage not in SETTLED:
        return Touched(0, 0, 0, 0, 0, at_once, None, more=False) if at_once else None
    ways = [its.of_stage for its in tried]
    visits = list(_to_come(clinic, now)[: MOST_VISITS + 1])
    more, visits = len(visits) > MOST_VISITS, visits[:MOST_VISITS]
    said, noticed = _said(visits, becomes.stage)
    due: list[tuple[datetime | None, datetime | None]] = []
    for visit, ends_series in _with_ends(visits):
        if language and writing.language_of(visit.patient.language).code != language:
            continue
        if visit.pk in said or visit.patient.deceased:
            due.append((None, None))
            continue
        patient = visit.patient
        receiver = Receiver(patient.time_zone or clinic.time_zone, settings.daytime(patient.state))
        told_at = noticed.get(visit.pk) or _not_told_yet(visit, ways[0], now)
        due.append(
            tuple(  # type: ignore[arg-type]
                _due(visit, becomes.stage, of_stage, receiver, told_at, ends_series=ends_series, now=now)
                for of_stage in ways
            )
        )
    becoming = [then for _, then in due if then is not None]
    return Touched(
        visits=len(due),
        told=len(becoming),
        new=sum(before is None and then is not None for before, then in due),
        gone=sum(before is not None and then is None for before, then in due),
        moved=sum(before is not None and then is not None and before != then for before, then in due),
        at_once=at_once,
        next_at=min((then for then in becoming if then > now), default=None),
        more=more,
    )


def _to_come(clinic: Clinic, now: datetime) -> QuerySet[Any]:
    """The soonest first: `earlier`, whether the patient has a visit before it, `treated`, whether an infusion
    was begun. Names of nobody are read."""
    before = Appointment.objects.filter(
        patient=OuterRef("patient"),
        status__in=BOOKED_OR_BEYOND,
        during__startswith__lt=OuterRef("during__startswith"),
    )
    begun = Session.objects.filter(patient=OuterRef("patient"), started_at__isnull=False)
    return (
        Appointment.objects.filter(clinic=clinic, status=AppointmentStatus.BOOKED, during__startswith__gt=now)
        .annotate(earlier=Exists(before), treated=Exists(begun))
        .select_related("patient", "plan")
        .only(
            "patient",
            "plan",
            "during",
            "created_at",
            "patient__time_zone",
            "patient__state",
            "patient__language",
            "patient__deceased",
            "plan__sessions_ordered",
        )
        .order_by("during__startswith", "pk")
    )


def _said(visits: Sequence[Appointment], stage: str) -> tuple[set[UUID], dict[UUID, datetime]]:
    """Of which of these visits the stage was said or decided, and when each one's time was told
    (`wanting.wanted_for_visit` asks the same of one)."""
    starts = {visit.pk: visit.starts_at for visit in visits}
    rows = Message.objects.filter(
        appointment__in=starts,
        again_of=None,
        kind__in={rules.CONFIRMATION, rules.MOVE, rules.REMINDER, rules.CHECK_IN},
    ).exclude(status=MessageStatus.SKIPPED, reason__in=reasons.CAN_PASS)
    said: set[UUID] = set()
    notices: dict[UUID, datetime] = {}
    reminders: dict[UUID, datetime] = {}
    columns = ("appointment_id", "kind", "stage", "status", "visit_starts_at", "due_at")
    for pk, kind, of_stage, status, starts_at, due_at in rows.values_list(*columns).order_by("due_at"):
        if starts_at != starts[pk]:
            continue
        if of_stage == stage:
            said.add(pk)
        if kind in (rules.CONFIRMATION, rules.MOVE):
            notices[pk] = due_at  # the latest
        elif kind == rules.REMINDER and status != MessageStatus.SKIPPED:
            reminders.setdefault(pk, due_at)
    return said, reminders | notices


def _not_told_yet(visit: Appointment, of_stage: Mapping[str, Rule], now: datetime) -> datetime:
    return now if rules.CONFIRMATION in of_stage else visit.created_at


def _with_ends(visits: Sequence[Any]) -> Iterator[tuple[Any, bool]]:
    """Each visit, and whether it will be the last of its series when those before it are over."""
    begun = Counter(
        Session.objects.filter(
            appointment__plan__in={visit.plan_id for visit in visits}, started_at__isnull=False
        ).values_list("appointment__plan", flat=True)
    )
    for visit in visits:
        begun[visit.plan_id] += 1
        yield visit, begun[visit.plan_id] == visit.plan.sessions_ordered


def _due(
    visit: Any,
    stage: str,
    of_stage: Mapping[str, Rule],
    receiver: Receiver,
    told_at: datetime,
    *,
    ends_series: bool,
    now: datetime,
) -> datetime | None:
    """When the stage would be said of the visit, `now` where its moment has passed; None where not."""
    if stage in AFTER:
        wanted = rules.wanted_of_session(
            of_stage,
            receiver,
            visit_starts_at=visit.starts_at,
            discharged_at=visit.ends_at,
            ends_series=ends_series,
        )
    else:
        as_visit = Visit(
            visit.starts_at, visit.ends_at, not visit.earlier, treated_before=visit.earlier or visit.treated
        )
        wanted = rules.wanted_of_visit(of_stage, as_visit, receiver, visit.starts_at, told_at)
    one = next((one for one in wanted if one.stage == stage), None)
    if one is None or one.why_not:
        return None
    said_at = timing.out_of_quiet_hours(max(one.due_at, now), receiver.zone, receiver.daytime)
    return said_at if said_at < one.stale_at else None
