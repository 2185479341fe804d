"""Who changed which rule, words, quiet hours or caps of a clinic, and when; from the tables' own histories.
Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from clinic.models import Clinic, User
from notifications.models import ClinicMessaging, MessageRule, MessageText, QuietHours
from notifications.planning.stage_words import title_of
from notifications.wording.writing import LANGUAGES

MOST_SHOWN: Final = 50
DONE: Final = {"insert": "set", "update": "changed", "delete": "taken back"}


@dataclass(frozen=True)
class SettingsChange:
    """One change: what of, what was done, by whom ("" where nobody was named)."""

    at: datetime
    subject: str
    done: str
    who: str
    stage: str  # of a rule or of words, else ""


def changes_of(clinic: Clinic) -> list[SettingsChange]:
    """The latest 50 changes, the newest first: five queries."""
    versions = [version for model in TRACKED for version in _versions(model, clinic)]
    versions.sort(key=attrgetter("pgh_created_at", "pgh_id"), reverse=True)
    users = {user for version in versions if (user := _user_of(version))}
    names = dict(User.objects.filter(pk__in=users).values_list("pk", "full_name"))
    return [
        SettingsChange(
            at=version.pgh_created_at,
            subject=_subject(version),
            done=DONE[version.pgh_label],
            who=names.get(user, "") if (user := _user_of(version)) else "",
            stage=getattr(version, "stage", ""),
        )
        for version in versions[:MOST_SHOWN]
    ]


TRACKED: Final[tuple[Any, ...]] = (MessageRule, MessageText, QuietHours, ClinicMessaging)


@dataclass(frozen=True)
class SwitchedOff:
    """Since when a stage isn't said, and by whom ("" where nobody was named)."""

    since: datetime
    who: str


def switched_off(clinic: Clinic, stages: Collection[str]) -> dict[str, SwitchedOff]:
    """Of stages that are switched off now, when and by whom they were: two queries."""
    events: Any = MessageRule.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    versions = events.filter(clinic=clinic, stage__in=stages).select_related("pgh_context").order_by("pgh_id")
    first: dict[str, Any] = {}
    for version in versions:
        if version.enabled or version.pgh_label == "delete":
            first.pop(version.stage, None)
        else:
            first.setdefault(version.stage, version)
    named = {user for version in first.values() if (user := _user_of(version))}
    names = dict(User.objects.filter(pk__in=named).values_list("pk", "full_name"))
    return {
        stage: SwitchedOff(version.pgh_created_at, names.get(user, "") if (user := _user_of(version)) else "")
        for stage, version in first.items()
    }


def _versions(model: Any, clinic: Clinic) -> list[Any]:
    events = model.pgh_event_model.objects.filter(clinic=clinic)
    return list(events.select_related("pgh_context").order_by("-pgh_id")[:MOST_SHOWN])


def _user_of(version: Any) -> UUID | None:
    named = version.pgh_context.metadata.get("user") if version.pgh_context else None
    return UUID(named) if named else None


def _subject(version: Any) -> str:
    match version.pgh_tracked_model:
        case m if m is MessageRule:
            return f"Rule: {title_of(version.stage)}"
        case m if m is MessageText:
            tongue = LANGUAGES.get(version.language)
            return f"Words in {tongue.name if tongue else version.language}: {title_of(version.stage)}"
        case m if m is QuietHours:
            return f"Quiet hours of {version.state}"
    return "Caps, number and moving"
