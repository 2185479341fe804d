"""One frozen content read for people: its zone, who is named in it, what stands, and which readings were
missed. Nothing here comes from today's tables; the rows of the printed sheet are in `sheet_parts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sessions_app.infusing import pump
from sessions_app.observing import alerts, due_times, flowsheet
from sessions_app.observing.due_times import Step

NOTHING: Final = "-"
# Entered within a minute or so is entered when it was measured.
SAME_TIME: Final = timedelta(seconds=90)
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Missed:
    """A reading that fell due and was not measured, and what was said about it at the time."""

    at: datetime
    why: str


class Frozen:
    """One frozen content with its zone and its people."""

    def __init__(self, content: Line) -> None:
        self.content = content
        self.zone = ZoneInfo(content["clinic"]["time_zone"])
        parts = [part for part in content.values() if isinstance(part, list)]
        self.corrected = {line["corrects"] for part in parts for line in part if line.get("corrects")}

    def lines(self, part: str) -> list[Line]:
        """All lines of a part, corrected ones too; a form that didn't know the part has none."""
        found: list[Line] = self.content.get(part, [])
        return found

    def standing(self, part: str) -> list[Line]:
        return [line for line in self.lines(part) if line["id"] not in self.corrected]

    def by(self, line: Line) -> str:
        """Who entered the line, and, where it corrects another or is corrected, that it does."""
        said = [self.person(line["recorded_by"])]
        if line["id"] in self.corrected:
            said.append("corrected by a later line")
        if line.get("corrects"):
            said.append(f"corrects an earlier line: {line['correction_reason']}")
        elif line["amendment"]:
            said.append("late entry")
        return "; ".join(said)

    def person(self, user_id: str | None) -> str:
        if user_id is None:
            return "the system"
        person = self.content["people"][user_id]
        return ", ".join(filter(None, [person["name"], person["credentials"]]))

    def moment(self, value: str | None) -> str:
        return f"{self._local(value):%Y-%m-%d %H:%M %Z}" if value else NOTHING

    def day(self, value: str) -> str:
        return f"{self._local(value):%Y-%m-%d}"

    def time(self, value: str | None) -> str:
        return f"{self._local(value):%H:%M}" if value else NOTHING

    def time_and_entry(self, value: str, line: Line) -> str:
        """When it was, and when it was entered where that was not the same minute or so."""
        at, entered = self._local(value), self._local(line["recorded_at"])
        if abs(entered - at) < SAME_TIME:
            return f"{at:%H:%M}"
        when = f"{entered:%H:%M}" if entered.date() == at.date() else f"{entered:%Y-%m-%d %H:%M}"
        return f"{at:%H:%M}, entered {when}"

    def given(self) -> str:
        """What was given, reckoned from the frozen steps of the pump as it was while they were taken."""
        worksheet = next(iter(self.standing("dose")), None)
        stopped_at = self.content["session"]["stopped_at"]
        if worksheet is None or stopped_at is None:
            return ""
        steps = sorted(
            self.lines("infusion"), key=lambda line: (line.get("revision", 0), line["recorded_at"])
        )
        course = pump.Course(
            bag_mg=Decimal(worksheet["dose_mg"]),
            bag_volume_ml=Decimal(worksheet["bag_volume_ml"]),
            dead_space_ml=Decimal(worksheet.get("dead_space_ml", 0)),
            rate_ml_per_h=Decimal(worksheet["rate_ml_per_h"]),
            steps=tuple(_pump_step(line) for line in steps),
        )
        found = pump.given(course, datetime.fromisoformat(stopped_at))
        return f"{found.mg} mg in {found.volume_ml} mL, of {worksheet['dose_mg']} mg in the bag"

    def missed(self) -> list[Missed]:
        """The readings that fell due between start and discharge and were not measured."""
        session = self.content["session"]
        if session["started_at"] is None:
            return []
        until = datetime.fromisoformat(session["discharged_at"] or self.content["signature"]["signed_at"])
        readings = [
            datetime.fromisoformat(line["measured_at"])
            for line in self.standing("vital_signs")
            if flowsheet.answers_for_due(line, line["absent_reason"])
        ]
        dues = due_times.due(self.content["protocol"]["vitals_schedule"], self._course(), readings, until)
        return [
            Missed(due.at, self._said_about(due.at))
            for due in dues
            if due.phase != "baseline" and due.standing in ("missed", "overdue")
        ]

    def _course(self) -> list[Step]:
        """What bore on the due times, as `flowsheet.course_of` has it of the tables."""
        steps = [
            Step(flowsheet.STEPS[line["kind"]], datetime.fromisoformat(happened_at(line)))
            for line in self.lines("infusion")
            if line["kind"] in flowsheet.STEPS
        ]
        steps += [
            Step("alert", datetime.fromisoformat(line["raised_at"]))
            for line in self.lines("alerts")
            if line["kind"] not in flowsheet.OF_THE_WATCH
        ]
        discharged_at = self.content["session"]["discharged_at"]
        if discharged_at:
            steps.append(Step("end", datetime.fromisoformat(discharged_at)))
        return sorted(steps, key=lambda step: step.at)

    def _said_about(self, due_at: datetime) -> str:
        """What people answered to the alert about this reading."""
        about = {
            line["id"]
            for line in self.lines("alerts")
            if line["due_at"] and datetime.fromisoformat(line["due_at"]) == due_at
        }
        said = [
            line["words"]
            for line in self.lines("alert_steps")
            if line["alert"] in about and line["words"] not in ("", alerts.TAKEN)
        ]
        return "; ".join(said)

    def _local(self, value: str) -> datetime:
        return datetime.fromisoformat(value).astimezone(self.zone)


def happened_at(line: Line) -> str:
    """The moment of a step of the infusion; the first form knows that of its entry only."""
    moment: str = line.get("happened_at") or line["recorded_at"]
    return moment


def _pump_step(line: Line) -> pump.Step:
    """A step as `pump` reckons with it; the first form has neither rates nor volumes of its own."""
    rate, volume = line.get("rate_ml_per_h"), line.get("volume_ml")
    return pump.Step(
        line["kind"],
        datetime.fromisoformat(happened_at(line)),
        rate and Decimal(rate),
        volume and Decimal(volume),
    )
