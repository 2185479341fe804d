"""A cohort report as a table to take away: small cells suppressed. Pure: no Django.

A cell below 11 is not told (domain.md 5.1, 7 [G]); nor is one from which such a cell could be worked out by
subtracting: the rest of a set, or the only hidden cell of a column.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

FEWEST_TOLD: Final = 11
HIDDEN: Final = "<11"
HELD_BACK: Final = "held back"

# Each column with the path to its number and, for a part of a set, the column of the set.
COUNTS: Final[tuple[tuple[str, tuple[str, ...], str], ...]] = (
    ("treated", ("treated",), ""),
    ("induction_complete", ("induction_complete",), "treated"),
    ("evaluable", ("evaluable",), "treated"),
    ("responders", ("response", "observed", "count"), "evaluable"),
    ("remission_of", ("remission", "observed", "of"), "evaluable"),
    ("remission", ("remission", "observed", "count"), "remission_of"),
    ("worse", ("harm", "worse", "count"), "evaluable"),
    ("safety_item_of", ("harm", "safety_item_up", "of"), "evaluable"),
    ("safety_item_up", ("harm", "safety_item_up", "count"), "safety_item_of"),
    ("sessions", ("harm", "sessions"), ""),
    ("adverse_events", ("harm", "adverse_events"), ""),
    ("serious_adverse_events", ("harm", "serious_adverse_events"), ""),
    ("window_open", ("in_window",), "treated"),
)
# Each share with the path to its rate and the columns that must be told for it to be told.
RATES: Final = (
    ("response_observed", ("response", "observed"), ("responders", "evaluable")),
    ("response_imputed", ("response", "imputed"), ("responders", "treated")),
    ("remission_observed", ("remission", "observed"), ("remission", "remission_of")),
    ("worse_share", ("harm", "worse"), ("worse", "evaluable")),
    ("safety_item_up_share", ("harm", "safety_item_up"), ("safety_item_up", "safety_item_of")),
)
BREAKDOWNS: Final = ("by_protocol", "by_indication", "by_dose_band")
HEADER: Final = (
    "breakdown",
    "name",
    *(name for name, _, _ in COUNTS),
    *(f"{name}{part}" for name, _, _ in RATES for part in ("", "_low", "_high")),
)
Cell = str | None


def table(figures: Mapping[str, Any]) -> list[list[Cell]]:
    """A row for everybody and one for each group, under `HEADER`."""
    whole = _row(figures["all"])
    rows = [_written("all", "", figures["all"], whole)]
    for breakdown in BREAKDOWNS:
        groups: Sequence[Mapping[str, Any]] = figures[breakdown]
        shown = [_row(group) for group in groups]
        _hide_second(shown, [{name: _at(group, path) for name, path, _ in COUNTS} for group in groups])
        rows += [
            _written(breakdown.removeprefix("by_"), group["name"], group, cells)
            for group, cells in zip(groups, shown, strict=True)
        ]
    return rows


def _row(group: Mapping[str, Any]) -> dict[str, Cell]:
    numbers = {name: _at(group, path) for name, path, _ in COUNTS}
    cells: dict[str, Cell] = {}
    for name, _, of in COUNTS:
        number = numbers[name]
        if number is None:
            cells[name] = None
            continue
        rest = numbers[of] - number if of else 0
        if number < FEWEST_TOLD:
            cells[name] = HIDDEN
        elif 0 < rest < FEWEST_TOLD or (of and cells[of] in (HIDDEN, HELD_BACK)):
            cells[name] = HELD_BACK
        else:
            cells[name] = str(number)
    return cells


def _hide_second(rows: list[dict[str, Cell]], numbers: list[dict[str, Any]]) -> None:
    """Where one cell of a column is hidden, hide the smallest other one as well: a single gap is what the row
    of everybody has more than the rest."""
    for name, _, _ in COUNTS:
        hidden = [row for row in rows if row[name] in (HIDDEN, HELD_BACK)]
        told = [place for place, row in enumerate(rows) if row[name] not in (HIDDEN, HELD_BACK, None)]
        if len(hidden) == 1 and told:
            smallest = min(told, key=lambda place: (numbers[place][name], place))
            rows[smallest][name] = HELD_BACK


def _written(breakdown: str, name: str, group: Mapping[str, Any], cells: Mapping[str, Cell]) -> list[Cell]:
    row: list[Cell] = [breakdown, name, *(cells[column] for column, _, _ in COUNTS)]
    for _, path, needs in RATES:
        rate = _at(group, path)
        told = rate is not None and all(cells[column] not in (HIDDEN, HELD_BACK, None) for column in needs)
        row += [_text(rate[part]) if told else None for part in ("share", "low", "high")]
    return row


def _text(value: Any) -> Cell:
    return None if value is None else str(value)


def _at(group: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = group
    for step in path:
        if value is None:
            return None
        value = value[step]
    return value
