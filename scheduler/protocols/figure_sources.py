"""Where each figure of a default protocol comes from: its tag in the section of docs/domain.md. Data.

A figure that a clinic has changed has no source here: its prescriber names one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS

# What a tag of docs/domain.md means, for whoever signs the figure.
_FOUNDED: Final[Mapping[str, str]] = {
    "D": "Chairside's own choice",
    "G": "general knowledge",
    "C": "reckoned from other figures",
    "V:20,21": "of the PADSS scale as published",
}


@dataclass(frozen=True)
class Source:
    """The default that the house ships, and the tag that says how sure it is."""

    default: Any
    tag: str

    @property
    def founded(self) -> str:
        """How well it is founded, in words."""
        return _FOUNDED[self.tag]


_TAGS: Final[Mapping[str, str]] = {
    **dict.fromkeys(  # 2.2
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
        "D",
    ),
    **dict.fromkeys(("preparation_units", "infusion_units", "observation_units"), "C"),  # 8.2
    **dict.fromkeys(("fasting_clear_hours", "fasting_light_meal_hours"), "G"),  # 1.3
    "near_baseline_percent": "V:20,21",  # 1.5
    "near_baseline_sets": "D",  # 1.5
    "vitals_schedule": "D",  # 3.4
    "limits": "D",  # 3.3
}
_EVERYWHERE: Final = {"near_baseline_percent": 20, "near_baseline_sets": 2}
_RECORDS: Final = {record["code"]: {**_EVERYWHERE, **record} for record in DEFAULT_PROTOCOLS}


def source_of(code: str, column: str) -> Source | None:
    """What the default of this figure is and where it comes from; None where the house has none."""
    record = _RECORDS.get(code, {})
    if column not in _TAGS or record.get(column) is None:
        return None
    return Source(record[column], _TAGS[column])


def default_of(code: str) -> Mapping[str, Any]:
    """What the house's default says in every column that has a source, and in what its doses are; empty where
    the house has no such protocol."""
    record = _RECORDS.get(code, {})
    return {column: value for column, value in record.items() if column in _TAGS or column == "dose_basis"}
