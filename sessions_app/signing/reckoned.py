"""What is reckoned from the lines of a record: what was given, and which readings were not measured.

It is frozen with them at the signature, and read back: rules of reckoning may change later, what was signed
does not. A form before the fifth holds the lines only. There it is reckoned from these, what was given by the
formula version of their worksheet.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sessions_app.infusing import pump
from sessions_app.observing import alerts, due_times, flowsheet
from sessions_app.observing.due_times import Step
from sessions_app.signing.frozen import Frozen, Line, happened_at


@dataclass(frozen=True)
class Missed:
    """A reading that fell due and was not measured, and what was said about it at the time."""

    at: datetime
    why: str


def reckon(content: Line) -> dict[str, Any]:
    """What a form freezes of it, from the rest of this content."""
    frozen = Frozen(content)
    given = _given(frozen)
    return {
        "given": {"volume_ml": given.volume_ml, "mg": given.mg} if given else None,
        "missed": _missed(frozen),
    }


def given(frozen: Frozen) -> str:
    """What was given, in words; empty where nothing was."""
    found = frozen.content.get("reckoned") or reckon(frozen.content)
    if found["given"] is None:
        return ""
    worksheet, figures = frozen.standing("dose")[0], found["given"]
    return f"{figures['mg']} mg in {figures['volume_ml']} mL, of {worksheet['dose_mg']} mg in the bag"


def missed(frozen: Frozen) -> list[Missed]:
    """The readings that fell due between start and discharge and were not measured."""
    told = frozen.content.get("reckoned")
    moments = [datetime.fromisoformat(each) for each in told["missed"]] if told else _missed(frozen)
    return [Missed(at, _said_about(frozen, at)) for at in moments]


def _given(frozen: Frozen) -> pump.Given | None:
    """Reckoned from the steps of the pump as it was while they were taken."""
    worksheet = next(iter(frozen.standing("dose")), None)
    stopped_at = frozen.content["session"]["stopped_at"]
    if worksheet is None or stopped_at is None:
        return None
    steps = sorted(frozen.lines("infusion"), key=lambda line: (line.get("revision", 0), line["recorded_at"]))
    course = pump.Course(
        bag_mg=Decimal(worksheet["dose_mg"]),
        bag_volume_ml=Decimal(worksheet["bag_volume_ml"]),
        dead_space_ml=Decimal(worksheet.get("dead_space_ml", 0)),
        rate_ml_per_h=Decimal(worksheet["rate_ml_per_h"]),
        steps=tuple(_pump_step(line) for line in steps),
        formula_version=worksheet["formula_version"],
    )
    return pump.given(course, datetime.fromisoformat(stopped_at))


def _pump_step(line: Line) -> pump.Step:
    """A step as `pump` reckons with it; the first form has neither rates nor volumes of its own."""
    rate, volume = line.get("rate_ml_per_h"), line.get("volume_ml")
    return pump.Step(
        line["kind"],
        datetime.fromisoformat(happened_at(line)),
        rate and Decimal(rate),
        volume and Decimal(volume),
    )


def _missed(frozen: Frozen) -> list[datetime]:
    session = frozen.content["session"]
    if session["started_at"] is None:
        return []
    until = datetime.fromisoformat(session["discharged_at"] or frozen.content["signature"]["signed_at"])
    readings = [
        datetime.fromisoformat(line["measured_at"])
        for line in frozen.standing("vital_signs")
        if flowsheet.answers_for_due(line, line["absent_reason"])
    ]
    dues = due_times.due(frozen.content["protocol"]["vitals_schedule"], _course(frozen), readings, until)
    return [due.at for due in dues if due.phase != "baseline" and due.standing in ("missed", "overdue")]


def _course(frozen: Frozen) -> list[Step]:
    """What bore on the due times, as `flowsheet.course_of` has it of the tables."""
    steps = [
        Step(flowsheet.STEPS[line["kind"]], datetime.fromisoformat(happened_at(line)))
        for line in frozen.lines("infusion")
        if line["kind"] in flowsheet.STEPS
    ]
    steps += [
        Step("alert", datetime.fromisoformat(line["raised_at"]))
        for line in frozen.lines("alerts")
        if line["kind"] not in flowsheet.OF_THE_WATCH
    ]
    discharged_at = frozen.content["session"]["discharged_at"]
    if discharged_at:
        steps.append(Step("end", datetime.fromisoformat(discharged_at)))
    return sorted(steps, key=lambda step: step.at)


def _said_about(frozen: Frozen, due_at: datetime) -> str:
    """What people answered to the alert about this reading."""
    about = {
        line["id"]
        for line in frozen.lines("alerts")
        if line["due_at"] and datetime.fromisoformat(line["due_at"]) == due_at
    }
    said = [
        line["words"]
        for line in frozen.lines("alert_steps")
        if line["alert"] in about and line["words"] not in ("", alerts.TAKEN)
    ]
    return "; ".join(said)
