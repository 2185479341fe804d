"""One frozen content read for people: its zone, who is named in it, and what stands.

Nothing here comes from today's tables. What is reckoned from the lines is in `reckoned`, the rows of the
printed sheet in `sheet_parts`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

NOTHING: Final = "-"
# Entered within a minute or so is entered when it was measured.
SAME_TIME: Final = timedelta(seconds=90)
Line = Mapping[str, Any]


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
        return f"{self.at(value):%Y-%m-%d %H:%M %Z}" if value else NOTHING

    def day(self, value: str) -> str:
        return f"{self.at(value):%Y-%m-%d}"

    def time(self, value: str | None) -> str:
        return f"{self.at(value):%H:%M}" if value else NOTHING

    def time_and_entry(self, value: str, line: Line) -> str:
        """When it was, and when it was entered where that was not the same minute or so."""
        at, entered = self.at(value), self.at(line["recorded_at"])
        if abs(entered - at) < SAME_TIME:
            return f"{at:%H:%M}"
        when = f"{entered:%H:%M}" if entered.date() == at.date() else f"{entered:%Y-%m-%d %H:%M}"
        return f"{at:%H:%M}, entered {when}"

    def at(self, value: str) -> datetime:
        """The moment by the clinic's clocks."""
        return datetime.fromisoformat(value).astimezone(self.zone)


def happened_at(line: Line) -> str:
    """The moment of a step of the infusion; the first form knows that of its entry only."""
    moment: str = line.get("happened_at") or line["recorded_at"]
    return moment
