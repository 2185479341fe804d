"""The changes between two versions in words: the fields as they are spoken, with units, and the values as
they stand on the sheet. Which lines changed is `comparing`; nothing here comes from today's tables.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sessions_app.observing.vital_limits import RINGS, SYMPTOMS
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing.checklist import LABELS
from sessions_app.signing.comparing import Change
from sessions_app.signing.frozen import NOTHING, Frozen
from sessions_app.signing.sheet_parts import OUTCOMES, RELATED, SOURCES

FIELDS: Final[Mapping[str, str]] = {
    "absent_reason": "Why something was not measured",
    "action": "What was done",
    "action_at": "Done at",
    "activity_score": "Activity, points",
    "allergy_reason": "Why in spite of an allergy",
    "as_of": "So since",
    "confirmed": "Measured again",
    "device": "Off a monitor",
    "drawn_mg": "Drawn",
    "ended_at": "Ended at",
    "escort_name": "Adult who took the patient home",
    "escort_phone": "Their phone",
    "escort_seen": "This adult was seen",
    "given_at": "Given at",
    "grade": "Grade (CTCAE)",
    "instructions_given": "Written instructions given",
    "intake_score": "Intake and output, points",
    "iv_removed": "IV removed",
    "iv_site_score": "IV site, points",
    "measured_at": "Measured at",
    "nausea_pain_score": "Pain, nausea, vomiting, points",
    "onset_at": "Began at",
    "ordered_by": "Ordered by",
    "outcome": "How it stands",
    "peak_grade": "At its worst",
    "relatedness": "Related to the infusion",
    "result": "Answer",
    "source": "Told by",
    "suicidality_asked_again": "Suicidality asked again, no concern",
    "term": "What",
    "text": "Note",
    "vital_signs_computed": "Vital signs, points worked out",
    "vital_signs_score": "Vital signs, points",
    "wasted_mg": "Wasted",
}
UNITS: Final[Mapping[str, str]] = {"drawn_mg": "mg", "wasted_mg": "mg"}
CODED: Final[Mapping[str, Mapping[str, str]]] = {
    "item": LABELS,
    "outcome": OUTCOMES,
    "relatedness": RELATED,
    "result": {},
    "source": SOURCES,
}
MOMENTS: Final = ("_at", "as_of")
# Ids of other lines: what they say stands beside them on the sheet.
OF_OTHERS: Final = ("course_of", "waste", "device", "medicine")


def rows(change: Change, frozen: Frozen) -> list[tuple[str, str, str]]:
    """(field, before, after) of what differs, in words; `frozen` is the later version, for names and zone."""
    part = change.part
    return [
        (_field(part, name), _value(part, name, before, frozen), _value(part, name, after, frozen))
        for name, before, after in change.rows
        if name not in OF_OTHERS or part == "medicines"
    ]


def _field(part: str, name: str) -> str:
    if part == "vital_signs" and name in RINGS:
        return RINGS[name].label
    return FIELDS.get(name, name.replace("_", " ").capitalize())


def _value(part: str, name: str, value: Any, frozen: Frozen) -> str:
    if value is None or value == "" or value == []:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith(MOMENTS):
        return f"{datetime.fromisoformat(value).astimezone(frozen.zone):%Y-%m-%d %H:%M}"
    if name == "symptoms":
        return ", ".join(SYMPTOMS.get(code, code) for code in value)
    if name == "ordered_by":
        return frozen.person(value)
    if name == "term":
        return label_of(value)
    if name in CODED:
        return CODED[name].get(value, value.replace("_", " "))
    unit = RINGS[name].unit if part == "vital_signs" and name in RINGS else UNITS.get(name, "")
    return f"{value} {unit}".rstrip()
