"""The live chart of a session: its lines put into words and handed to the picture (`web.plots.live_chart`).

It shows what stands: a corrected set as corrected, a refused one not at all, as the flowsheet beside it does.
What a monitor showed is drawn behind the sets and is no part of the record.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import access, clock
from scheduler.vocabulary import spoken_unit
from sessions_app import queries, recording, states
from sessions_app.access import READ_SESSIONS
from sessions_app.infusing import progress
from sessions_app.models import InfusionEvent, InfusionEventKind, Session, VitalSigns
from sessions_app.observing import effect_courses, flowsheet, vital_limits
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import dosing
from web.doors import StaffRequest, staff_page
from web.plots import live_chart as picture
from web.plots.live_chart import (
    Course,
    Event,
    Limit,
    LiveChart,
    Pause,
    Reading,
    Severity,
    Sign,
    Span,
    Watched,
)

# Less time than this would stretch two readings over the whole picture.
LEAST: Final = timedelta(minutes=30)
SHOWN: Final[dict[str, tuple[Sign, str]]] = {
    "systolic_mmhg": ("pressure", "SBP"),
    "diastolic_mmhg": ("pressure", "DBP"),
    "heart_rate_per_min": ("heart_rate", ""),
    "oxygen_saturation_percent": ("saturation", ""),
}
SIGNS: Final[tuple[Sign, ...]] = ("pressure", "heart_rate", "saturation")
BOUNDS: Final = {"below": "<", "at_least": "≥", "above": ">"}
PAST: Final = {"caution": "past caution", "stop": "past stop limit"}
STEPS: Final = {
    InfusionEventKind.START: "start",
    InfusionEventKind.PAUSE: "pause",
    InfusionEventKind.RESUME: "start",
    InfusionEventKind.RATE: "rate",
    InfusionEventKind.BOLUS: "bolus",
    InfusionEventKind.STOP: "stop",
}


@staff_page(READ_SESSIONS, methods=["GET"])
def live_chart(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The chart by itself, as the session's page asks for it again and again."""
    mine = Session.objects.filter(clinic=request.clinic)
    session = queries.session_charted(access.fetch(request.actor, mine, READ_SESSIONS, pk=pk).pk)
    access.log_long_look(request.actor, session.patient, what="session")
    context = {"session": session, "chart": chart_of(session, clock.now())}
    return render(request, "web/nurse/live_chart.html", context)


def chart_of(session: Session, now: datetime) -> LiveChart | None:
    """The picture of a session whose lines are loaded; none before anything was measured. One query."""
    lines = [line for line in flowsheet.standing(session.vital_signs.all()) if _values(line)]
    if not lines:
        return None
    goes_on = session.state in states.IN_THE_CHAIR
    events = list(_events(session))
    moments = [*(line.measured_at for line in lines), *(event.at for event in events)]
    first, last = min(moments), max([*moments, *([now] if goes_on else [])])
    return picture.live_chart(
        Course(
            first=timezone.localtime(first),
            last=timezone.localtime(max(last, first + LEAST)),
            readings=[_reading(line, session) for line in lines],
            events=events,
            pauses=list(_pauses(session, last)),
            limits=list(_limits(session.protocol.limits)),
            watched=list(_watched(session, first, last)),
            now=now if goes_on else None,
        )
    )


def _values(line: VitalSigns) -> dict[Sign, Span]:
    found: dict[Sign, Span] = {}
    if line.systolic_mmhg is not None and line.diastolic_mmhg is not None:
        found["pressure"] = (line.diastolic_mmhg, line.systolic_mmhg)
    if line.heart_rate_per_min is not None:
        found["heart_rate"] = (line.heart_rate_per_min, line.heart_rate_per_min)
    if line.oxygen_saturation_percent is not None:
        found["saturation"] = (line.oxygen_saturation_percent, line.oxygen_saturation_percent)
    return found


def _reading(line: VitalSigns, session: Session) -> Reading:
    past = dict(_past(line, session.protocol.limits))
    mean: float | None = None
    said = []
    if line.systolic_mmhg is not None and line.diastolic_mmhg is not None:
        reckoned = line.diastolic_mmhg + (line.systolic_mmhg - line.diastolic_mmhg) / 3  # domain.md 3.2
        mean = line.mean_mmhg or reckoned
        said.append(f"{line.systolic_mmhg}/{line.diastolic_mmhg} mmHg, mean {mean:.0f}")
    if line.heart_rate_per_min is not None:
        said.append(f"heart rate {line.heart_rate_per_min} /min")
    if line.oxygen_saturation_percent is not None:
        said.append(f"SpO₂ {line.oxygen_saturation_percent} %")
    # The whole set's, as the flowsheet marks its row: also for a sign that has no lane here.
    if severity := vital_limits.worst(flowsheet.values_of(line), session.protocol.limits):
        said.append(PAST[severity])
    if line.corrects_id:
        said.append("corrected")
    words = f"{_time(line.measured_at)}: {', '.join(said)}"
    return Reading(line.measured_at, words, _values(line), mean=mean, past=past)


def _past(line: VitalSigns, limits: dict[str, Any]) -> Iterator[tuple[Sign, Severity]]:
    for drawn in SIGNS:
        measured = {name: getattr(line, name) for name, (sign, _) in SHOWN.items() if sign == drawn}
        if severity := vital_limits.worst(measured, limits):
            yield drawn, severity


def _events(session: Session) -> Iterator[Event]:
    for step in progress.in_order(session.infusion_events.all()):
        kind = STEPS.get(InfusionEventKind(step.kind))
        if kind:
            yield Event(progress.moment_of(step), kind, _step_in_words(step))
    for given in recording.uncorrected(session.medicines_given.all()):
        amount = f"{dosing.plain(given.amount)} {spoken_unit(given.unit)}"
        words = f"{_time(given.given_at)}: {given.medicine} {amount}, {given.route}"
        yield Event(given.given_at, "medicine", words)
    for course in effect_courses.courses(session.side_effects.all()).values():
        began = effect_courses.began(course)
        for state in course:
            at = effect_courses.stands_since(state)
            label, outcome = label_of(began.term), state.get_outcome_display().lower()
            words = f"{_time(at)}: {label}, grade {state.grade}, {outcome}"
            yield Event(at, "ended" if state.outcome in effect_courses.ENDED else "effect", words, "patient")
    if session.discharged_at:
        yield Event(session.discharged_at, "home", f"{_time(session.discharged_at)}: went home", "patient")


def _step_in_words(step: InfusionEvent) -> str:
    said = [step.get_kind_display().lower()]
    if step.rate_ml_per_h is not None:
        said.append(f"{dosing.plain(step.rate_ml_per_h)} mL/h")
    if step.volume_ml is not None:
        said.append(f"{dosing.plain(step.volume_ml)} mL")
    if step.reason:
        said.append(step.reason)
    return f"{_time(progress.moment_of(step))}: {', '.join(said)}"


def _pauses(session: Session, last: datetime) -> Iterator[Pause]:
    since: datetime | None = None
    for step in progress.in_order(session.infusion_events.all()):
        at = progress.moment_of(step)
        if step.kind == InfusionEventKind.PAUSE:
            since = at
        elif since is not None and step.kind in (InfusionEventKind.RESUME, InfusionEventKind.STOP):
            yield Pause(since, at, f"Paused from {_time(since)} to {_time(at)}")
            since = None
    if since is not None:
        yield Pause(since, max(since, last), f"Paused since {_time(since)}")


def _limits(limits: dict[str, Any]) -> Iterator[Limit]:
    for measured, (sign, short) in SHOWN.items():
        for severity in ("caution", "stop"):
            for bound, value in limits.get(measured, {}).get(severity, {}).items():
                words = " ".join(filter(None, [severity, short, BOUNDS[bound], f"{value:g}"]))
                yield Limit(sign, severity, float(value), words)


def _watched(session: Session, first: datetime, last: datetime) -> Iterator[Watched]:
    for minute in queries.monitored_minutes(session):
        values: dict[Sign, Span] = {}
        for sign in SIGNS:
            low, high = minute[f"{sign}_low"], minute[f"{sign}_high"]
            if low is not None and high is not None:
                values[sign] = (low, high)
        if values and first <= minute["at"] <= last:
            yield Watched(minute["at"], values)


def _time(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"
