"""The clock of the alerts: notices overdue readings, and sends what nobody answers up the ladder.

Level-triggered: it looks at how things stand, so that a beat that was missed, came twice or came late
changes nothing. What it writes bears the revision that it found: nobody's write is stale because a minute has
passed. A session that somebody is writing in at this moment waits for the next beat; one that can't be
written is logged and holds up no other.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError, OperationalError
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from clinic import work
from clinic.transactions import in_transaction
from scheduler.models import Claim, ResourceKind
from sessions_app import states
from sessions_app.models import (
    Alert,
    AlertKind,
    AlertLevel,
    AlertStep,
    Rung,
    Session,
    SessionState,
    VitalSigns,
)
from sessions_app.observing import due_times, flowsheet
from sessions_app.observing.alert_tasks import calling, task_of
from sessions_app.observing.alerts import OVERDUE_SIGN
from sessions_app.observing.ladder import AT_ONCE, Ladder, answered, climbing, told, unreached

log = logging.getLogger(__name__)

WATCHED: Final = (*states.RUNNING, states.RECOVERING)
# "One bad reading raises; two raise the level. Overdue vitals are an alert too" (domain.md 3.3 [D]).
RAISES_THE_LEVEL: Final = 2


@dataclass
class Lines:
    """What the clock has to write: overdue readings, who is told, the prescribers' tasks about it, and which
    alerts call one to the chair."""

    alerts: list[Alert] = field(default_factory=list)
    steps: list[AlertStep] = field(default_factory=list)
    tasks: list[tuple[Alert, Session]] = field(default_factory=list)
    calls: list[Alert] = field(default_factory=list)


def run_clocks(*, now: datetime) -> int:
    """Raise and escalate what is due at this moment; how many lines were written.

    A fixed number of queries however many sessions there are, unless one of them can't be written. Looks
    without a lock first; only what needs something is locked, and looked at again.
    """
    needing = {step.session_id for step in _wanted(list(_sessions(_watched())), now).steps}
    if not needing:
        return 0
    try:
        return _write(needing, now)
    except OperationalError:
        raise
    except DatabaseError:
        return each_alone(needing, lambda pk: _write([pk], now))


def each_alone(sessions: Iterable[UUID], write: Callable[[UUID], int]) -> int:
    """What the beat writes in each session by itself; how many lines. One that the database refuses is told
    by its id and the kind of error, with nothing of what the record says."""
    written = 0
    for pk in sorted(sessions):
        try:
            written += write(pk)
        except OperationalError:
            raise
        except DatabaseError as error:
            log.error("clock of session %s not written: %s", pk, type(error).__name__)
    return written


def _write(needing: Collection[UUID], now: datetime) -> int:
    def write() -> int:
        locked = Session.objects.select_for_update(of=("self",), skip_locked=True)
        free = list(locked.filter(pk__in=needing).order_by("pk").values_list("pk", flat=True))
        lines = _wanted(list(_sessions(Session.objects.filter(pk__in=free))), now)
        Alert.objects.bulk_create(lines.alerts)
        AlertStep.objects.bulk_create(lines.steps)
        tasks = [*lines.tasks, *((alert, alert.session) for alert in calling(lines.calls))]
        work.open_items([task_of(alert, session, now=now) for alert, session in tasks])
        return len(lines.alerts) + len(lines.steps)

    return in_transaction(write)


def nurse_of(session: Session, now: datetime) -> UUID | None:
    """Whose session it is now: the nurse whose turn it is by the visit's claims, or who recorded last.

    Needs the session's `appointment.claims` with their resources, and its `vital_signs`.
    """
    turns = [
        claim.resource.user_id
        for claim in session.appointment.claims.all()
        if claim.resource.kind == ResourceKind.NURSE
        and claim.resource.user_id
        and claim.during.lower <= now < claim.during.upper
    ]
    if turns:
        return turns[0]
    last = max(session.vital_signs.all(), key=lambda line: line.recorded_at, default=None)
    return last.recorded_by_id if last else None


def _watched() -> QuerySet[Session]:
    """Patients under watch, and sessions with an alert that has rungs left to climb, whatever their state:
    before the start and after the end too. One with a record is signed, whatever its state says."""
    unsigned = Session.objects.exclude(state=SessionState.SIGNED).filter(signed_records=None)
    climbs = Exists(climbing().filter(session=OuterRef("pk")))
    return unsigned.filter(Q(state__in=WATCHED) | climbs)


def _sessions(rows: QuerySet[Session]) -> QuerySet[Session]:
    """These sessions with all that the clock reads of them."""
    readings = VitalSigns.objects.only(
        "session_id",
        "measured_at",
        "recorded_at",
        "recorded_by_id",
        "corrects_id",
        "absent_reason",
        *flowsheet.MEASURED,
    )
    return rows.select_related("clinic", "protocol", "appointment__plan").prefetch_related(
        "infusion_events",
        Prefetch("alerts", Alert.objects.prefetch_related("steps")),
        Prefetch("vital_signs", readings),
        Prefetch("appointment__claims", Claim.objects.select_related("resource").order_by("pk")),
    )


def _wanted(sessions: Sequence[Session], now: datetime) -> Lines:
    lines = Lines()
    staff = Ladder(sessions, now)
    for session in sessions:
        alerts = list(session.alerts.all())
        late = _overdue(session, alerts, now)
        if late is not None:
            lines.alerts.append(late)
            nurse = nurse_of(session, now)
            lines.steps.append(told(late, Rung.NURSE, nurse))
            if late.level in AT_ONCE:
                lines.steps += staff.called(session, late, nurse=nurse)
                lines.calls.append(late)
        for alert in alerts:
            _climb(session, alert, staff, lines, now)
    return lines


def _overdue(session: Session, alerts: Iterable[Alert], now: datetime) -> Alert | None:
    """The alert about the newest overdue reading, unless it had its own already or an older one still climbs.

    Whoever acknowledges answers for that reading, not for those that are missed after it; and when nobody has
    answered up to the last rung, the next one that is missed goes up the ladder anew. The second in a row
    raises the level: it calls the clinician to the chair.
    """
    if session.state not in WATCHED:
        return None
    dues = flowsheet.dues_of(session, now)
    due = due_times.overdue(dues)
    if due is None:
        return None
    before = [alert for alert in alerts if alert.kind == AlertKind.OVERDUE]
    if any(alert.due_at == due.at or _climbs(alert) for alert in before):
        return None
    at = f"{due.at.astimezone(ZoneInfo(session.clinic.time_zone)):%H:%M}"
    missed = due_times.missed_in_a_row(dues)
    again = missed >= RAISES_THE_LEVEL
    return Alert(
        session=session,
        revision=session.revision,
        recorded_at=now,
        kind=AlertKind.OVERDUE,
        level=AlertLevel.STOP if again else AlertLevel.CAUTION,
        sign=OVERDUE_SIGN,
        detail=f"Vital signs were due at {at}: {missed} missed in a row."
        if again
        else f"Vital signs were due at {at}.",
        raised_at=now,
        due_at=due.at,
    )


def _climb(session: Session, alert: Alert, staff: Ladder, lines: Lines, now: datetime) -> None:
    """Tell the next rung about an alert that has stood unacknowledged for two minutes since the last; an
    empty last rung is said once."""
    following = staff.next_told(session, alert)
    if following is None or now < following.at:
        return
    if following.user is None:
        lines.steps.append(unreached(alert, now=now))
    else:
        lines.steps.append(told(alert, following.rung, following.user.pk, now=now))
    if following.rung == Rung.PRESCRIBER:
        lines.tasks.append((alert, session))


def _climbs(alert: Alert) -> bool:
    """Whether the prescriber is still to be told of it."""
    return not answered(alert) and all(step.rung != Rung.PRESCRIBER for step in alert.steps.all())
