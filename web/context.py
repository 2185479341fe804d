"""What every page's frame shows: whose clinic, who is signed in, where they can go.

Read only when a template asks for it, so that a part of a page costs nothing here.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from clinic.access import VIEW_PATIENTS, VIEW_WORK, Actor, Permission
from clinic.models import Clinic, Role
from notifications.access import VIEW_INBOX, VIEW_MESSAGES
from scheduler.access import RECORD_ABSENCE, VIEW_REPORTS, VIEW_SCHEDULE
from sessions_app.access import READ_SESSIONS
from web.queries import open_task_count


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: its route's name, words, icon, and who sees it."""

    route: str
    label: str
    icon: str
    permission: Permission
    more: str = ""  # words that a phone leaves out
    demo_only: bool = False


PLACES = (
    Place("day", "Day", "calendar", VIEW_SCHEDULE),
    Place("patients", "Patients", "people", VIEW_PATIENTS),
    Place("nurse_station", "Nurse", "chair", READ_SESSIONS, more="station"),
    Place("tasks", "Tasks", "tasks", VIEW_WORK),
    Place("messages", "Messages", "message", VIEW_MESSAGES),
    Place("hours", "Hours", "clock", RECORD_ABSENCE),
    Place("reports", "Reports", "chart", VIEW_REPORTS),
    Place("inbox", "Inbox", "inbox", VIEW_INBOX, demo_only=True),
)


class Frame:
    """The frame of one page. Without a staff door there is a clinic neither to name nor to go to."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.actor: Actor | None = getattr(request, "actor", None)
        self.clinic: Clinic | None = getattr(request, "clinic", None)
        self.clinics: list[Clinic] = getattr(request, "clinics", [])
        self.demo = settings.MODE == "demo"

    @property
    def roles(self) -> list[str]:
        """The person's roles in this clinic, in words."""
        if self.actor is None or self.clinic is None:
            return []
        held = self.actor.roles.get(self.clinic.pk, frozenset())
        return [str(role.label) for role in Role if role in held]

    @cached_property
    def navigation(self) -> list[dict[str, Any]]:
        """Where this person can go from here; `here` marks the part of the house they are in."""
        if self.actor is None or self.clinic is None:
            return []
        entries = []
        for place in PLACES:
            if not self.actor.may(place.permission, self.clinic.pk) or (place.demo_only and not self.demo):
                continue
            address = reverse(place.route)
            count = self.open_tasks if place.route == "tasks" else 0
            here = self.request.path.startswith(address)
            entries.append({"place": place, "address": address, "count": count, "here": here})
        return entries

    @cached_property
    def open_tasks(self) -> int:
        if self.actor is None or self.clinic is None:
            return 0
        return open_task_count(actor=self.actor, clinic=self.clinic)


def house(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(request)}
