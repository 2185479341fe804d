"""What the station and the session's page show of the watch over a patient: alerts, and the next reading.

Put together from loaded rows; when a reading is due and what raises an alert is decided in
`sessions_app.observing`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms

from clinic.access import Actor
from scheduler.models import ResourceKind
from sessions_app import states
from sessions_app.access import MAY
from sessions_app.models import (
    Alert,
    AlertKind,
    AlertLevel,
    AlertStep,
    AlertStepKind,
    Rung,
    Session,
    SessionState,
    VitalSigns,
)
from sessions_app.observing import due_times, excursions, flowsheet, vital_limits
from sessions_app.observing.due_times import Due
from sessions_app.observing.ladder import AT_ONCE, Ladder, NextTold, has_no_prescriber, rungs_told
from web.forms import ClinicForm
from web.lengths import span_in_words
from web.views.sessions.form import REASON_LENGTH

MINUTE: Final = timedelta(minutes=1)
NO_BREAK: Final = "\N{NO-BREAK SPACE}"
WORST_FIRST: Final = ("emergency", "stop", "caution")
BESIDES: Final = ("mean_mmhg", "end_tidal_co2_mmhg", "oxygen_l_per_min")


class AcknowledgeForm(ClinicForm):
    """One tap: nothing to fill in."""


class AnswerAlertForm(ClinicForm):
    words = forms.CharField(
        label="In a few words",
        max_length=REASON_LENGTH,
        error_messages={"required": "Say in a few words what was done, or how it ended."},
    )


@dataclass(frozen=True)
class AlertRow:
    """One alert as its reader needs it: who was told, who is next, and what was measured since, where the
    value had not been confirmed. `id` is for the acknowledgement that one tap may send."""

    alert: Alert
    now: datetime
    next: NextTold | None = None
    measured_again: str = ""
    id: UUID = field(default_factory=uuid4)

    @cached_property
    def steps(self) -> list[AlertStep]:
        return list(self.alert.steps.all())

    @property
    def open(self) -> bool:
        return self._first(AlertStepKind.RESOLVED) is None

    @property
    def acknowledged(self) -> AlertStep | None:
        return self._first(AlertStepKind.ACKNOWLEDGED)

    @property
    def told(self) -> list[AlertStep]:
        """Who was told, rung by rung."""
        return sorted(rungs_told(self.alert).values(), key=lambda step: Rung.values.index(step.rung))

    @property
    def unreached(self) -> bool:
        """Whether it needs a prescriber, and there is none."""
        return self.open and has_no_prescriber(self.alert)

    @property
    def unconfirmed(self) -> bool:
        """Whether it tells a value that nobody has confirmed, and nothing was measured since."""
        return not self.measured_again and excursions.was_unconfirmed(self.alert)

    @property
    def asks(self) -> str:
        """What its level asks for: where nothing runs there is nothing to stop, and who has gone is in no
        chair."""
        state = self.alert.session.state
        if self.alert.level != AlertLevel.STOP or state in states.RUNNING:
            return self.alert.get_level_display()
        return "Clinician to the chair" if state in states.IN_THE_CHAIR else "Clinician to look at it"

    @property
    def severity(self) -> int:
        """For sorting by level: 0 is the worst."""
        return WORST_FIRST.index(self.alert.level)

    @property
    def ago(self) -> str:
        return span_in_words(self.alert.raised_at, self.now)

    def _first(self, kind: str) -> AlertStep | None:
        return next((step for step in self.steps if step.kind == kind), None)


@dataclass(frozen=True)
class AlertGroup:
    """The open alerts of one event, the worst first: what one reading or a monitor raised at one moment, and
    what was raised about the same signs before and after. They are answered with one tap and one sentence."""

    rows: list[AlertRow]
    id: UUID = field(default_factory=uuid4)

    @property
    def lead(self) -> AlertRow:
        return self.rows[0]

    @property
    def others(self) -> list[AlertRow]:
        """What else stands out: of each sign its worst, the newest of that level."""
        return [row for row in _worst_of_each_sign(self.rows) if row is not self.lead]

    @property
    def severity(self) -> int:
        """For sorting: that of the worst of them."""
        return self.lead.severity

    @property
    def since(self) -> datetime:
        """Since when one of that level has stood."""
        return min(row.alert.raised_at for row in self.rows if row.severity == self.severity)

    @property
    def pks(self) -> list[UUID]:
        return [row.alert.pk for row in self.rows]

    @property
    def waiting(self) -> list[AlertRow]:
        """Those that nobody has acknowledged."""
        return [row for row in self.rows if row.acknowledged is None]

    @property
    def told_aloud(self) -> list[AlertRow]:
        """Of those the worst of each sign, also beside a worse one that somebody has acknowledged."""
        return _worst_of_each_sign(self.waiting)

    @property
    def about_readings(self) -> bool:
        """Whether it only says that readings are overdue: many at once would hide what a patient has."""
        return all(row.alert.kind == AlertKind.OVERDUE for row in self.rows)

    @property
    def halts(self) -> bool:
        """Whether the infusion should be paused or stopped for it."""
        return self.lead.alert.level in AT_ONCE


@dataclass(frozen=True)
class NextReading:
    """When the next set is to be taken, counted from now: to come, due, or overdue by so many minutes. A line
    breaks before the minutes, not within them."""

    due: Due
    now: datetime

    @property
    def standing(self) -> str:
        return self.due.standing

    @property
    def words(self) -> str:
        if self.due.standing == "coming":
            return f"in {-((self.now - self.due.at) // MINUTE)} min".replace(" ", NO_BREAK)
        if self.due.standing == "due":
            return "now"
        minutes = f"by {(self.now - self.due.at) // MINUTE} min".replace(" ", NO_BREAK)
        return f"overdue {minutes}"


class Watch:
    """The watch over one session; needs its steps, vital signs and alerts loaded, and says who is told next
    where it is given who stands on the ladder."""

    def __init__(self, session: Session, now: datetime, ladder: Ladder | None = None) -> None:
        self.session = session
        self.now = now
        self.ladder = ladder

    @cached_property
    def dues(self) -> tuple[Due, ...]:
        return flowsheet.dues_of(self.session, self.now)

    @property
    def next(self) -> NextReading | None:
        """What is to be measured next, while somebody is watched."""
        if self.session.started_at is None or self.session.discharged_at is not None:
            return None
        due = due_times.upcoming(self.dues)
        return NextReading(due, self.now) if due else None

    @cached_property
    def alerts(self) -> list[AlertRow]:
        """The open ones, the worst first."""
        return worst_first(self.session, self.now, self.ladder)

    @cached_property
    def groups(self) -> list[AlertGroup]:
        """The open alerts by the event that raised them, the worst first."""
        return grouped(self.alerts)

    @property
    def calls(self) -> list[AlertGroup]:
        """Those that tell of the patient."""
        return [group for group in self.groups if not group.about_readings]

    @property
    def overdue(self) -> list[AlertGroup]:
        """Those that tell of readings which nobody took."""
        return [group for group in self.groups if group.about_readings]

    @property
    def settled(self) -> list[AlertRow]:
        rows = [AlertRow(alert, self.now) for alert in self.session.alerts.all()]
        return [row for row in rows if not row.open]

    @property
    def open_dues(self) -> list[Due]:
        """The due times without a set: what was missed, is due, and comes next."""
        if self.session.discharged_at is not None:
            return [due for due in self.dues if due.standing == "missed"]
        return [due for due in self.dues if due.standing != "done"]

    @property
    def baseline(self) -> list[str]:
        """The patient's own values before the start, in words."""
        lines = flowsheet.standing(self.session.vital_signs.all())
        return in_words(flowsheet.baseline_of(self.session, lines))

    @property
    def place(self) -> str:
        """The chair by its name; needs the visit's claims loaded."""
        claims = self.session.appointment.claims.all()
        names = [claim.resource.name for claim in claims if claim.resource.kind == ResourceKind.CHAIR]
        return names[-1] if names else ""


def pause_id(actor: Actor, session: Session) -> UUID | None:
    """For a button that pauses at once: the id of its entry; none where this person can't pause it now."""
    runs = session.state == SessionState.INFUSING
    return uuid4() if runs and actor.may(MAY["pause"], session.clinic_id) else None


def alert_row(session: Session, alert: Alert, now: datetime, ladder: Ladder | None = None) -> AlertRow:
    """An alert of this session, whose vital signs are loaded."""
    following = ladder.next_told(session, alert) if ladder else None
    return AlertRow(alert, now, following, excursions.measured_again(session, alert))


def worst_first(session: Session, now: datetime, ladder: Ladder | None = None) -> list[AlertRow]:
    """The open alerts of a session: by level, of one level the newest first."""
    rows = [alert_row(session, alert, now, ladder) for alert in session.alerts.all()]
    rows = [row for row in rows if row.open]
    rows.sort(key=lambda row: row.alert.raised_at, reverse=True)
    return sorted(rows, key=lambda row: row.severity)


def grouped(rows: Sequence[AlertRow]) -> list[AlertGroup]:
    """Alerts of one reading or of one moment, as a monitor's two pressures are, belong together, and so do
    those about one sign."""
    groups: list[tuple[set[Any], list[AlertRow]]] = []
    for row in rows:
        marks: set[Any] = {row.alert.sign, row.alert.reading_id or row.alert.raised_at}
        together = [row]
        for group in [group for group in groups if group[0] & marks]:
            groups.remove(group)
            marks |= group[0]
            together = [*group[1], *together]
        groups.append((marks, together))
    order = {row.alert.pk: place for place, row in enumerate(rows)}
    found = [AlertGroup(sorted(group, key=lambda row: order[row.alert.pk])) for _, group in groups]
    return sorted(found, key=lambda group: order[group.lead.alert.pk])


def _worst_of_each_sign(rows: Sequence[AlertRow]) -> list[AlertRow]:
    """Of rows with the worst first."""
    worst: dict[str, AlertRow] = {}
    for row in rows:
        worst.setdefault(row.alert.sign, row)
    return list(worst.values())


def in_words(values: vital_limits.Values) -> list[str]:
    """What was measured of these signs, in the order of the rings."""
    return [
        vital_limits.measured(sign, value)
        for sign in vital_limits.RINGS
        if (value := values.get(sign)) is not None
    ]


def besides(line: VitalSigns) -> list[str]:
    """What the table of the flowsheet has no column for, in words."""
    values = {sign: getattr(line, sign) for sign in BESIDES}
    measured = [vital_limits.measured(sign, value) for sign, value in values.items() if value is not None]
    return measured + [vital_limits.SYMPTOMS[code] for code in line.symptoms]
