"""Where a version's limits alarm later than others do, and where it takes entries that others refuse or ask
about, in words: at each box, and where it is signed.

`scheduler.prescribing.protocols.looser` finds them; here they are told.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scheduler.models import Protocol
from scheduler.prescribing.figure_sources import source_of
from scheduler.prescribing.protocols import Looser, looser
from sessions_app.observing.vital_limits import RINGS
from web.views.protocols.words import LEVEL_WORDS, bounds_words

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
RINGS_DEFAULT: Final = "the default (domain.md 3.2 [D])"


def looser_words(code: str, content: Mapping[str, Any], before: Protocol | None) -> dict[str, str]:
    """By the path of a limit or ring: `Looser than version 1 and the default (domain.md 3.3 [D]): < 94.`"""
    by_field: dict[str, list[Looser]] = {}
    found = looser(code, limits=content["limits"], rings=content["rings"], before=before)
    for each in found:
        by_field.setdefault(each.field, []).append(each)
    return {field: _sentence(code, of_field, before) for field, of_field in by_field.items()}


def looser_sentences(becomes: Protocol, before: Protocol | None) -> Iterator[str]:
    """The same with the limit's name before it: `Oxygen saturation, stop: looser than ...`"""
    content = {"limits": becomes.limits, "rings": becomes.rings}
    for path, words in looser_words(becomes.code, content, before).items():
        column, sign, level = path.split(".")
        now = content[column].get(sign, {}).get(level)
        said = _said(level, now) if now is not None else MISSING[column]
        yield f"{place_words(path)}: {said}. {words}"


def place_words(path: str) -> str:
    """Where a limit or a ring stands, `Oxygen saturation, stop`; any other place as it is called, with
    spaces."""
    column, _, rest = path.partition(".")
    sign, _, level = rest.partition(".")
    name = NAMES.get(column, {}).get(level)
    if sign in RINGS and name:
        return f"{RINGS[sign].label}, {name.lower()}"
    return path.replace(".", " ").replace("_", " ").capitalize()


def _sentence(code: str, found: list[Looser], before: Protocol | None) -> str:
    wide = found[0].found.column == "rings"
    default = RINGS_DEFAULT if wide else _default(code)
    whose = {"version": f"version {before.version}" if before else "", "default": default}
    was = [_said(each.found.level, each.found.was) for each in found]
    more = "Wider" if wide else "Looser"
    if len(set(was)) == 1:
        return f"{more} than {' and '.join(whose[each.than] for each in found)}: {was[0]}."
    told = [f"{whose[each.than]}: {words}" for each, words in zip(found, was, strict=True)]
    return f"{more} than {' and '.join(told)}."


def _default(code: str) -> str:
    source = source_of(code, "limits")
    return f"the default (domain.md {source.section} [{source.tag}])" if source else ""


def _said(level: str, limit: Any) -> str:
    if isinstance(limit, Mapping):
        return bounds_words(limit)
    if isinstance(limit, Sequence):
        return f"{limit[0]} to {limit[1]}"
    return f"{limit} %" if level == "caution_rise_percent" else str(limit)
