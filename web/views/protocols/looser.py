"""Where a version asks for less care than others do, in words: higher doses, a shorter watch, an easier way
home, limits that alarm later, entries that others refuse or ask about. At each box, and where it is signed.

`scheduler.protocols.protocols.looser` finds them; here they are told.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from scheduler.models import DoseBasis, Protocol
from scheduler.protocols.eased_content import Eased
from scheduler.protocols.protocols import Looser, content_of, looser
from scheduler.vocabulary import plain_amount
from sessions_app.observing.vital_limits import RINGS
from web.views.protocols import labels
from web.views.protocols.words import LEVEL_WORDS, bounds_words, rhythm_words

# By the column in which they stand: what the levels and the rings are called, and what it is to name none.
NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "limits": {
        **LEVEL_WORDS,
        "caution_rise_percent": "caution at a rise",
        "stop_readings": "readings in a row that stop",
    },
    "rings": {"reject": "taken", "confirm": "taken without asking"},
}
MISSING: Final = {"limits": "no limit", "rings": "as everywhere"}
EMPTY: Final = "no such rule"


def looser_words(code: str, content: Mapping[str, Any], before: Protocol | None) -> dict[str, str]:
    """By the path of what is looser: `Looser than version 1 and the default: < 94.`"""
    by_field: dict[str, list[Looser]] = {}
    for each in looser(code, content=content, before=before):
        by_field.setdefault(each.field, []).append(each)
    return {field: _sentence(of_field, before) for field, of_field in by_field.items()}


def looser_sentences(becomes: Protocol, before: Protocol | None) -> Iterator[str]:
    """The same with the box's name before it: `Oxygen saturation, stop: < 70. Looser than ...`"""
    content = content_of(becomes)
    for path, words in looser_words(becomes.code, content, before).items():
        yield f"{place_words(path)}: {_now(path, content)}. {words}"


def place_words(path: str) -> str:
    """Where it stands, `Oxygen saturation, stop`; any other place as it is called, with spaces."""
    column, _, rest = path.partition(".")
    sign, _, level = rest.partition(".")
    name = NAMES.get(column, {}).get(level)
    if sign in RINGS and name:
        return f"{RINGS[sign].label}, {name.lower()}"
    return labels.in_words(path)


def _now(path: str, content: Mapping[str, Any]) -> str:
    column, _, rest = path.partition(".")
    if column in MISSING:
        sign, _, level = rest.partition(".")
        now = content[column].get(sign, {}).get(level)
        return MISSING[column] if now is None else _said(level, now)
    return _figure(content[column][rest] if rest else content[column])


def _sentence(found: list[Looser], before: Protocol | None) -> str:
    column = found[0].field.partition(".")[0]
    whose = {"version": f"version {before.version}" if before else "", "default": "the default"}
    was = [_was(each) for each in found]
    more = {"rings": "Wider", "dose_basis": "Not to be compared with the doses"}.get(column, "Looser")
    than = "of" if column == "dose_basis" else "than"
    if len(set(was)) == 1:
        return f"{more} {than} {' and '.join(whose[each.than] for each in found)}: {was[0]}."
    told = [f"{whose[each.than]}: {words}" for each, words in zip(found, was, strict=True)]
    return f"{more} {than} {' and '.join(told)}."


def _was(told: Looser) -> str:
    """What stands there, and how many times that this is."""
    if not isinstance(told.found, Eased):
        return _said(told.found.level, told.found.was)
    times = told.found.times
    return _figure(told.found.was) + (f" (this is {plain_amount(times)} times that)" if times else "")


def _figure(value: Any) -> str:
    if value is None or value == []:
        return EMPTY
    if value in DoseBasis.values:
        return str(DoseBasis(value).label)
    if isinstance(value, Decimal):
        return plain_amount(value)
    if isinstance(value, str) or not isinstance(value, Sequence):
        return str(value)
    return rhythm_words(value) if isinstance(value[0], Mapping) else ", ".join(map(_figure, value))


def _said(level: str, limit: Any) -> str:
    if isinstance(limit, Mapping):
        return bounds_words(limit)
    if isinstance(limit, Sequence):
        return f"{limit[0]} to {limit[1]}"
    return f"{limit} %" if level == "caution_rise_percent" else str(limit)
