"""Where each figure of a default protocol comes from: a section of domain.md and its tag. Data.

[D] is a design default, [G] general knowledge not checked against a source, [V] checked against the source
that is named, [C] reckoned. A figure that a clinic has changed has no source here: its prescriber names one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS


@dataclass(frozen=True)
class Source:
    """The default that the house ships, where it stands in domain.md, and how sure that is."""

    default: Any
    section: str
    tag: str


_OF_PROTOCOLS: Final = ("2.2", "D")
_SECTIONS: Final[Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys(
        (
            "dose_start",
            "dose_soft_min",
            "dose_soft_max",
            "dose_hard_max",
            "total_soft_min_mg",
            "preparation_minutes",
            "infusion_minutes",
            "infusion_least_minutes",
            "infusion_most_minutes",
            "observation_minutes",
            "turnover_minutes",
            "series_min",
            "series_typical",
            "series_max",
            "spacing_min_days",
            "spacing_max_days",
            "maintenance_min_days",
            "maintenance_max_days",
        ),
        _OF_PROTOCOLS,
    ),
    **dict.fromkeys(("preparation_units", "infusion_units", "observation_units"), ("8.2", "C")),
    **dict.fromkeys(("fasting_clear_hours", "fasting_light_meal_hours"), ("1.3", "G")),
    "near_baseline_percent": ("1.5", "V:20,21"),
    "near_baseline_sets": ("1.5", "D"),
    "vitals_schedule": ("3.4", "D"),
    "limits": ("3.3", "D"),
}
_EVERYWHERE: Final = {"near_baseline_percent": 20, "near_baseline_sets": 2}
_RECORDS: Final = {record["code"]: {**_EVERYWHERE, **record} for record in DEFAULT_PROTOCOLS}


def source_of(code: str, column: str) -> Source | None:
    """What the default of this figure is and where it comes from; None where the house has none."""
    record = _RECORDS.get(code, {})
    if column not in _SECTIONS or record.get(column) is None:
        return None
    return Source(record[column], *_SECTIONS[column])


def default_of(code: str) -> Mapping[str, Any]:
    """What the house's default says in every column that has a source, and in what its doses are; empty where
    the house has no such protocol."""
    record = _RECORDS.get(code, {})
    return {
        column: value for column, value in record.items() if column in _SECTIONS or column == "dose_basis"
    }
