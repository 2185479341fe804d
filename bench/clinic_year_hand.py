"""First come, first served by hand: what a desk does with a paper grid, and does well. Pure.

Each chair is a column, each half hour (or hour) a row. A visit is written into one column, in as many rows
as its block touches, at the earliest day and row where it fits; the next session of a series at the earliest
that keeps the shortest spacing. Nobody adds up nursing loads by the minute, so the desk counts heads in each
row:

* `heads`: at most two patients for each nurse are in chairs, and no more visits begin in a row than there
  are nurses (domain.md 8.3: one to two while infusing, hands-on one to one for the start).
* `double`: at most two for each nurse, and a patient who is just starting counts for two. A careful charge
  nurse's rule: six units at the start are two times three. It can't go past what the nurses together can
  give, at the price of what recovering patients leave free.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from math import ceil
from typing import Final, Literal

from bench.clinic_year_bounds import next_working_day
from bench.clinic_year_demand import CHAIRS, CLOSES, NURSES, OPENS, SHAPES, Request
from bench.clinic_year_life import Slot

HEADS_PER_NURSE: Final = 2

Rule = Literal["heads", "double"]


@dataclass
class Sheet:
    """One day's page: the rows taken in each chair's column, and the heads and starts in each row."""

    chairs: list[set[int]] = field(default_factory=lambda: [set() for _ in range(CHAIRS)])
    heads: dict[int, int] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class PaperBook:
    """A desk (`clinic_year_life.Desk`) whose book has rows of so many minutes and one rule for counting."""

    def __init__(self, *, rows: int, rule: Rule) -> None:
        self.rows = rows
        self.rule = rule
        self.sheets: dict[int, Sheet] = {}
        self.now = (0, 0)

    def clock(self, day: int, minute: int) -> None:
        self.now = day, minute

    def book(self, request: Request, *, first: int, last: int) -> list[Slot] | None:
        shortest, _ = request.spacing
        slots: list[Slot] = []
        for _ in range(request.sessions):
            slot = self._earliest(request.code, first, last)
            if slot is None:
                for written in slots:
                    self._write(request.code, written, -1)
                return None
            self._write(request.code, slot, +1)
            slots.append(slot)
            first = slot.day + shortest
        return slots

    def book_again(self, request: Request, *, first: int, last: int, others: Collection[int]) -> Slot | None:
        shortest, _ = request.spacing
        slot = self._earliest(request.code, first, last, apart=shortest, others=others)
        if slot:
            self._write(request.code, slot, +1)
        return slot

    def cancel(self, request: Request, slot: Slot, *, day: int, minute: int) -> None:
        self._write(request.code, slot, -1)

    def missed(self, request: Request, slot: Slot, *, day: int, minute: int) -> None:
        """The rows stay taken: nobody comes at such short notice."""

    def done(self, request: Request, slot: Slot) -> None: ...

    def _earliest(
        self, code: str, first: int, last: int, *, apart: int = 0, others: Collection[int] = ()
    ) -> Slot | None:
        day = next_working_day(first)
        while day <= last:
            if all(abs(day - other) >= apart for other in others):
                slot = self._place(code, day)
                if slot:
                    return slot
            day = next_working_day(day + 1)
        return None

    def _place(self, code: str, day: int) -> Slot | None:
        shape = SHAPES[code]
        sheet = self.sheets.setdefault(day, Sheet())
        today, minute = self.now
        earliest = ceil(max(0, minute - OPENS) / self.rows) if day == today else 0
        for row in range(earliest, (CLOSES - OPENS - shape.minutes - shape.turnover) // self.rows + 1):
            if not self._nurses_allow(sheet, code, row):
                continue
            column = self._rows(row, shape.minutes + shape.turnover)
            for chair, taken in enumerate(sheet.chairs):
                if taken.isdisjoint(column):
                    return Slot(day, OPENS + row * self.rows, chair)
        return None

    def _nurses_allow(self, sheet: Sheet, code: str, row: int) -> bool:
        if sheet.starts.get(row, 0) >= NURSES:
            return False
        for at in self._rows(row, SHAPES[code].minutes):
            heads = sheet.heads.get(at, 0) + 1
            if self.rule == "double":
                heads += sheet.starts.get(at, 0) + (at == row)
            if heads > HEADS_PER_NURSE * NURSES:
                return False
        return True

    def _write(self, code: str, slot: Slot, change: int) -> None:
        shape = SHAPES[code]
        sheet = self.sheets[slot.day]
        row = (slot.minute - OPENS) // self.rows
        column = self._rows(row, shape.minutes + shape.turnover)
        if change > 0:
            sheet.chairs[slot.chair].update(column)
        else:
            sheet.chairs[slot.chair].difference_update(column)
        sheet.starts[row] = sheet.starts.get(row, 0) + change
        for at in self._rows(row, shape.minutes):
            sheet.heads[at] = sheet.heads.get(at, 0) + change

    def _rows(self, row: int, minutes: int) -> range:
        return range(row, row + ceil(minutes / self.rows))
