"""Two signed versions side by side: which lines the later one added, changed or withdrew. Pure.

A line that corrects another changes it; the record has no other way. Only what was frozen is compared, never
today's tables.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

What = Literal["added", "changed", "withdrawn"]

# What is different in every new line, and says nothing about what changed.
OF_THE_LINE: Final = frozenset(
    {"id", "recorded_by", "recorded_at", "revision", "corrects", "correction_reason", "amendment"}
)


@dataclass(frozen=True)
class Change:
    """One line: added (`after`), changed (both, with the columns that differ), or withdrawn (`before`)."""

    what: What
    part: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    fields_changed: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Such as "Vital signs: changed"."""
        return f"{self.part.replace('_', ' ').capitalize()}: {self.what}"

    @property
    def rows(self) -> list[tuple[str, Any, Any]]:
        """(column, before, after): of a change what differs, of a line all that it says. In words they are
        `compared_words`."""
        before, after = self.before or {}, self.after or {}
        names = self.fields_changed or [name for name in {**before, **after} if name not in OF_THE_LINE]
        return [
            (name, before.get(name), after.get(name))
            for name in names
            if before.get(name) not in (None, "", []) or after.get(name) not in (None, "", [])
        ]


def compare(first: str, second: str) -> list[Change]:
    """The changes from one canonical content to another, part by part, in the order of the later one's lines.

    Asked the wrong way round it answers so: what the later one added is withdrawn.
    """
    old, new = json.loads(first), json.loads(second)
    parts = [part for part in {**new, **old} if isinstance({**old, **new}[part], list)]
    return [change for part in parts for change in _changes(part, old.get(part, []), new.get(part, []))]


def _changes(part: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Change]:
    before, after = _by_id(old), _by_id(new)
    changes = []
    for id, line in after.items():
        if id in before:
            continue
        ancestor = _known_ancestor(line, before, after)
        if _corrected_again(id, after):
            continue
        if ancestor is None:
            changes.append(Change("added", part, None, line))
        else:
            changes.append(
                Change("changed", part, before[ancestor], line, _differing(before[ancestor], line))
            )
    for id, line in before.items():
        if id in after or _corrected_again(id, before):
            continue
        # Looked at backwards: the line that this one corrected stands again.
        standing = _known_ancestor(line, after, before)
        if standing is None:
            changes.append(Change("withdrawn", part, line, None))
        else:
            changes.append(Change("changed", part, line, after[standing], _differing(line, after[standing])))
    return changes


def _by_id(lines: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {line["id"]: line for line in lines}


def _known_ancestor(
    line: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> str | None:
    """The line of the earlier version that this one corrects, perhaps by way of others that are new."""
    corrected = line.get("corrects")
    while corrected is not None and corrected not in before:
        corrected = after[corrected].get("corrects")
    return corrected


def _corrected_again(id: str, lines: Mapping[str, Mapping[str, Any]]) -> bool:
    return any(line.get("corrects") == id for line in lines.values())


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    names = [name for name in {**before, **after} if name not in OF_THE_LINE]
    return tuple(name for name in names if before.get(name) != after.get(name))
