"""What the station and the session's page show of the watch over a patient: alerts, and the next reading.

Put together from loaded rows; when a reading is due and what raises an alert is decided in
`sessions_app.observing`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms

from scheduler.models import ResourceKind
from sessions_app.models import Alert, AlertStep, AlertStepKind, Rung, Session, VitalSigns
from sessions_app.observing import due_times, flowsheet, vital_limits
from sessions_app.observing.due_times import Due
from web.forms import ClinicForm
from web.views.sessions.form import REASON_LENGTH

MINUTE: Final = timedelta(minutes=1)
BESIDES: Final = ("mean_mmhg", "end_tidal_co2_mmhg", "oxygen_l_per_min", "rass", "dissociation", "distress")


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
    """One alert as its reader needs it; `id` is for the acknowledgement that one tap may send."""

    alert: Alert
    now: datetime
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
        told = [step for step in self.steps if step.kind == AlertStepKind.TOLD]
        return sorted(told, key=lambda step: Rung.values.index(step.rung))

    @property
    def minutes(self) -> int:
        return int((self.now - self.alert.raised_at) // MINUTE)

    def _first(self, kind: str) -> AlertStep | None:
        return next((step for step in self.steps if step.kind == kind), None)


@dataclass(frozen=True)
class NextReading:
    """When the next set is to be taken, counted from now: to come, due, or overdue by so many minutes."""

    due: Due
    now: datetime

    @property
    def standing(self) -> str:
        return self.due.standing

    @property
    def words(self) -> str:
        if self.due.standing == "coming":
            return f"in {-((self.now - self.due.at) // MINUTE)} min"
        if self.due.standing == "due":
            return "now"
        return f"overdue by {(self.now - self.due.at) // MINUTE} min"


class Watch:
    """The watch over one session; needs its steps, vital signs and alerts loaded."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now

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
        order = ["emergency", "stop", "caution"]
        rows = [AlertRow(alert, self.now) for alert in self.session.alerts.all()]
        return sorted((row for row in rows if row.open), key=lambda row: order.index(row.alert.level))

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


def in_words(values: vital_limits.Values) -> list[str]:
    """What was measured of these signs, in the order of the rings."""
    return [_spoken(sign, values[sign]) for sign in vital_limits.RINGS if values.get(sign) is not None]


def besides(line: VitalSigns) -> list[str]:
    """What the table of the flowsheet has no column for, in words."""
    measured = [_spoken(sign, getattr(line, sign)) for sign in BESIDES if getattr(line, sign) is not None]
    return measured + [vital_limits.SYMPTOMS[code] for code in line.symptoms]


def _spoken(sign: str, value: Any) -> str:
    ring = vital_limits.RINGS[sign]
    return f"{ring.label} {value} {ring.unit}".rstrip()
