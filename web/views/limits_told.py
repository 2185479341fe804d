"""Where a version's limits alarm later than others do, in words: at each box, and where it is signed.

`scheduler.prescribing.protocols.looser_limits` finds them; here they are told.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from scheduler.models import Protocol
from scheduler.prescribing.figure_sources import source_of
from scheduler.prescribing.protocols import Looser, looser_limits
from sessions_app.observing.vital_limits import RINGS
from web.views.protocols_words import LEVEL_WORDS, bounds_words

BESIDES_WORDS: Final = {
    "caution_rise_percent": "caution at a rise",
    "stop_readings": "readings in a row that stop",
}


def looser_words(code: str, limits: Mapping[str, Any], before: Protocol | None) -> dict[str, str]:
    """By the limit's path: `Looser than version 1 and the default (domain.md 3.3 [D]): < 94.`"""
    by_field: dict[str, list[Looser]] = {}
    for looser in looser_limits(code, limits, before):
        by_field.setdefault(looser.field, []).append(looser)
    return {field: _sentence(code, each, before) for field, each in by_field.items()}


def looser_sentences(becomes: Protocol, before: Protocol | None) -> Iterator[str]:
    """The same with the limit's name before it: `Oxygen saturation, stop: looser than ...`"""
    for path, words in looser_words(becomes.code, becomes.limits, before).items():
        _, sign, level = path.split(".")
        now = _limit_words(level, becomes.limits.get(sign, {}).get(level))
        yield f"{place_words(path)}: {now}. {words}"


def place_words(path: str) -> str:
    """Where a limit stands, `Oxygen saturation, stop`; any other place as it is called, with spaces."""
    column, _, rest = path.partition(".")
    sign, _, level = rest.partition(".")
    name = LEVEL_WORDS.get(level) or BESIDES_WORDS.get(level)
    if column == "limits" and sign in RINGS and name:
        return f"{RINGS[sign].label}, {name.lower()}"
    return path.replace(".", " ").replace("_", " ").capitalize()


def _sentence(code: str, found: list[Looser], before: Protocol | None) -> str:
    whose = {"version": f"version {before.version}" if before else "", "default": _default(code)}
    was = [_limit_words(each.field.rpartition(".")[2], each.found.was) for each in found]
    if len(set(was)) == 1:
        return f"Looser than {' and '.join(whose[each.than] for each in found)}: {was[0]}."
    told = [f"{whose[each.than]}: {words}" for each, words in zip(found, was, strict=True)]
    return f"Looser than {' and '.join(told)}."


def _default(code: str) -> str:
    source = source_of(code, "limits")
    return f"the default (domain.md {source.section} [{source.tag}])" if source else ""


def _limit_words(level: str, limit: Any) -> str:
    if limit is None:
        return "no limit"
    if isinstance(limit, Mapping):
        return bounds_words(limit)
    return f"{limit} %" if level == "caution_rise_percent" else str(limit)
