"""What somebody saw of settings before they change them, compared under the lock of whoever writes.

Whoever changes settings locks their row, reads what stands and calls `refuse_unseen` before anything is
written: so of two who save at one moment the second is told (412), whichever door each came through. A page's
form brings the values that it showed (`SeenValues`); over the API what was seen is the ETag of an answer,
sent back as If-Match (`SeenTag`, `clinic.api.seen`). A session's record counts its revisions instead:
`sessions_app.recording`.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any, Final

from django.db import models

from clinic.problems import Stale
from clinic.queries import who_changed

Settings = Mapping[str, Any]  # what can be set of a row, by name
MARK_BYTES: Final = 4
TAG: Final = re.compile(r'"([0-9a-f]{8}(?:\.[0-9a-f]{8})*)"')


class ChangedMeanwhile(Stale):
    """Some of what is to be changed stands otherwise than it was seen. `stands`: all of it as it is now."""

    def __init__(self, stands: Settings, changes: list[dict[str, Any]]) -> None:
        told = " ".join(
            f"{change['field']} is now {json.dumps(change['now'], ensure_ascii=False)}"
            f" ({change['by'] or 'by nobody of the clinic'})."
            for change in changes
        )
        super().__init__(
            f"This was changed since you looked at it. {told} Nothing of yours is kept: look again first.",
            changes=changes,
        )
        self.stands = stands


@dataclass(frozen=True)
class SeenValues:
    """The values that a form showed, as JSON has them. A form sends all of its boxes, touched or not: what it
    would leave as it stands by now is in nobody's way."""

    values: Settings

    whole = False

    def changed_since(self, stands: Settings) -> list[str]:
        return [
            name
            for name, value in stands.items()
            if name in self.values and _mark(self.values[name]) != _mark(value)
        ]


@dataclass(frozen=True)
class SeenTag:
    """The ETag of what was seen: a mark for each setting, so that it can be told which of them has changed.
    Any that has makes the whole another one, as RFC 9110 has it of If-Match."""

    tag: str

    whole = True

    def changed_since(self, stands: Settings) -> list[str]:
        marks, names = self.tag.split("."), sorted(stands)
        if len(marks) != len(names):  # of an older version, which had other settings
            return names
        return [name for name, mark in zip(names, marks, strict=True) if mark != _mark(stands[name])]


Seen = SeenValues | SeenTag


def tag_of(stands: Settings) -> str:
    """The ETag of these settings, in its quotes. It says no value to whoever can't read them anyway."""
    return f'"{".".join(_mark(stands[name]) for name in sorted(stands))}"'


def refuse_unseen(
    seen: Seen | None,
    row: models.Model,
    *,
    stands: Settings,
    wanted: Settings,
    who: Callable[[Collection[str]], Mapping[str, str]] | None = None,
) -> None:
    """Raise `ChangedMeanwhile` where a setting isn't what was seen of it: call it with the row locked.

    `stands` is what is set now, `wanted` what is to be changed, in the same shapes. `who` finds whoever made
    the latest change of settings by their names where `row`'s own columns of these names don't tell it.
    Nothing is refused to somebody who doesn't say what they saw (`None`).
    """
    if seen is None:
        return
    changed = seen.changed_since(stands)
    if not seen.whole:
        changed = [name for name in changed if name in wanted and _mark(wanted[name]) != _mark(stands[name])]
    if changed:
        by = (who or (lambda names: _by_columns(row, names)))(changed)
        raise ChangedMeanwhile(
            stands,
            [{"field": name, "now": as_json(stands[name]), "by": by.get(name, "")} for name in changed],
        )


def as_json(value: Any) -> Any:
    """The value as JSON has it: a time, a number that is dialled or an id as its text."""
    return json.loads(json.dumps(value, default=str))


def _mark(value: Any) -> str:
    written = json.dumps(value, default=str, sort_keys=True)
    return blake2s(written.encode(), digest_size=MARK_BYTES).hexdigest()


def _by_columns(row: models.Model, names: Collection[str]) -> dict[str, str]:
    columns = {name: row._meta.get_field(name).attname for name in names}  # type: ignore[union-attr]
    who = who_changed(row, columns.values())
    return {name: who.get(column, "") for name, column in columns.items()}
