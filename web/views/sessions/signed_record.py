"""Reading signed versions for the page that shows them beside each other: the frozen text, nothing else.

What is shown comes from the signed content alone, never from today's tables.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sessions_app.models import SignedRecord
from sessions_app.observing.vocabulary import TERMS
from sessions_app.preparing.checklist import LABELS

MOMENTS = ("_at", "planned_start", "planned_end")


@dataclass(frozen=True)
class Version:
    """One signed version: its row, its content with moments read, and the ids of its new lines."""

    signed: SignedRecord
    content: dict[str, Any]
    new_lines: frozenset[str]

    @property
    def signer(self) -> str:
        return self.who(self.content["signature"]["signed_by"])

    def who(self, user_id: str) -> str:
        person = self.content["people"][user_id]
        return ", ".join(filter(None, [person["name"], person["credentials"]]))


def read_versions(records: Iterable[SignedRecord]) -> list[Version]:
    """The versions in order; each knows which lines the one before it did not have."""
    versions: list[Version] = []
    known: frozenset[str] = frozenset()
    for signed in records:
        content = _read(json.loads(signed.content))
        _add_words(content)
        ids = frozenset(line["id"] for part in content.values() if isinstance(part, list) for line in part)
        versions.append(Version(signed, content, ids - known if versions else frozenset()))
        known = ids
    return versions


def _read(value: Any, name: str = "") -> Any:
    """The content with its moments as moments again, so that the page can show them in the clinic's zone."""
    if isinstance(value, dict):
        return {key: _read(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [_read(inner) for inner in value]
    if isinstance(value, str) and name.endswith(MOMENTS):
        return datetime.fromisoformat(value)
    return value


def _add_words(content: dict[str, Any]) -> None:
    """Names beside ids and codes, and the checklist in the order in which it is asked.

    A code that is no longer in the vocabulary shows itself.
    """
    people = content["people"]
    for part in content.values():
        if isinstance(part, list):
            for line in part:
                line["who"] = people[line["recorded_by"]]["name"]
    asked = list(LABELS)
    content["checklist"].sort(key=lambda line: asked.index(line["item"]) if line["item"] in asked else -1)
    for line in content["checklist"]:
        line["label"] = LABELS.get(line["item"], line["item"])
    for line in content["side_effects"]:
        line["label"] = TERMS[line["term"]].label if line["term"] in TERMS else line["term"]
