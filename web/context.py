"""What every page's frame shows: whose clinic, who is signed in, where they can go.

Read only when a template asks for it, so that a part of a page costs nothing here.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from clinic import clock
from clinic.access import MANAGE_STAFF, VIEW_PATIENTS, VIEW_WORK, Actor, Permission
from clinic.models import Clinic, Role, User
from clinic.queries import open_task_counts
from notifications.access import (
    CHANGE_MESSAGE_RULES,
    PAUSE_SENDING,
    READ_TEXTS,
    VIEW_INBOX,
    VIEW_MESSAGES,
    WATCH,
)
from notifications.watching.health import late_now
from scheduler.access import (
    CHANGE_BOOKING_SETTINGS,
    CHANGE_RESOURCES,
    DRAFT_PROTOCOL,
    RECORD_ABSENCE,
    VIEW_REPORTS,
    VIEW_SCHEDULE,
)
from sessions_app.access import MAY, PLACE_MONITORS, READ_SESSIONS


@dataclass(frozen=True)
class Place:
    """One entry of the navigation: its route's name, words, icon, and who sees it."""

    route: str
    label: str
    icon: str
    permission: Permission
    more: str = ""  # words that a phone leaves out
    demo_only: bool = False
    group: str = ""  # places of one group stand together behind its name
    folds: str = ""  # "tablet" or "phone": from there on it stands behind "More", the bar has no room for it


CLINIC = "Clinic"
PLACES = (
    Place("day", "Day", "calendar", VIEW_SCHEDULE),
    Place("patients", "Patients", "people", VIEW_PATIENTS),
    Place("nurse_station", "Nurse", "chair", READ_SESSIONS, more="station"),
    Place("decisions", "Decisions", "pen", MAY["override"]),
    Place("tasks", "Tasks", "tasks", VIEW_WORK),
    Place("messages", "Messages", "message", VIEW_MESSAGES, folds="phone"),
    Place("threads", "Texts", "message", READ_TEXTS, folds="tablet"),
    Place("clinic_settings", "Settings", "clinic", MANAGE_STAFF, group=CLINIC),
    Place("staff", "Staff", "people", MANAGE_STAFF, group=CLINIC),
    Place("hours", "Hours", "clock", RECORD_ABSENCE, group=CLINIC),
    # Everybody may read them, and comes to one from a plan; here are those who work on them.
    Place("protocols", "Protocols", "drop", DRAFT_PROTOCOL, group=CLINIC),
    Place("resources", "Chairs and nurses", "chair", CHANGE_RESOURCES, group=CLINIC),
    Place("monitors", "Monitors", "chair", PLACE_MONITORS, group=CLINIC, folds="tablet"),
    Place("booking_settings", "Booking settings", "calendar", CHANGE_BOOKING_SETTINGS, group=CLINIC),
    Place("message_rules", "Message rules", "message", CHANGE_MESSAGE_RULES, group=CLINIC),
    Place("sending", "Sending", "message", PAUSE_SENDING, group=CLINIC),
    Place("reports", "Reports", "chart", VIEW_REPORTS, group=CLINIC),
    Place("inbox", "Inbox", "inbox", VIEW_INBOX, demo_only=True, folds="tablet"),
)


# What the desk does with visits, plans, series and the waitlist it comes to from the day.
PARTS = dict.fromkeys(
    ("book", "week", "visits", "plans", "waitlist", "repair", "repairs", "time-requests"), "day"
) | {"texts": "threads", "setup": "clinic_settings"}


@dataclass(frozen=True)
class Entry:
    """A place as one person sees it: `here` marks the part of the house they are in."""

    place: Place
    address: str
    count: int
    here: bool
    entries: tuple["Entry", ...] = ()  # a group's alone

    @property
    def label(self) -> str:
        return self.place.label

    @property
    def folds(self) -> str:
        return self.place.folds


@dataclass(frozen=True)
class Group:
    """Places behind one name, for which a narrow bar has room."""

    label: str
    entries: list[Entry]
    folds: str = ""

    @property
    def here(self) -> bool:
        return any(entry.here for entry in self.entries)


class Frame:
    """The frame of one page. Without a staff door there is a clinic neither to name nor to go to."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        # Refused at the very gate, for its Host, a request has no user yet.
        self.user: User | AnonymousUser | None = getattr(request, "user", None)
        self.actor: Actor | None = getattr(request, "actor", None)
        self.person: Actor | None = getattr(request, "person", None)
        self.clinic: Clinic | None = getattr(request, "clinic", None)
        self.clinics: list[Clinic] = getattr(request, "clinics", [])
        self.invited: bool = getattr(request, "invited", False)
        self.demo = settings.MODE == "demo"

    @property
    def roles(self) -> list[str]:
        """The person's roles in this clinic, in words."""
        if self.actor is None or self.clinic is None:
            return []
        held = self.actor.roles.get(self.clinic.pk, frozenset())
        return [str(role.label) for role in Role if role in held]

    @cached_property
    def navigation(self) -> list[Entry | Group]:
        """Where this person can go from here, in order. A group with one place open to them is that place."""
        if self.actor is None or self.clinic is None:
            return []
        seen = [
            place
            for place in PLACES
            if self.actor.may(place.permission, self.clinic.pk) and (self.demo or not place.demo_only)
        ]
        addresses = {place.route: reverse(place.route) for place in seen}
        # The booking settings' address begins with that of the hours: the longest that fits is where we are.
        around = [route for route, address in addresses.items() if self.request.path.startswith(address)]
        here = max(around, key=lambda route: len(addresses[route]), default=self._part_of_the_house)
        entries: list[Entry | Group] = []
        for name, of_group in groupby(seen, key=lambda place: place.group):
            together = [
                Entry(
                    place,
                    addresses[place.route],
                    count=self.open_tasks if place.route == "tasks" else 0,
                    here=place.route == here,
                )
                for place in of_group
            ]
            entries += [Group(name, together)] if name and len(together) > 1 else together
        return entries

    @property
    def folded(self) -> list[Entry]:
        """The places that a narrow bar keeps behind "More"."""
        return [entry for entry in self.navigation if isinstance(entry, Entry) and entry.folds]

    @property
    def folds(self) -> str:
        """From which width on there is a "More" for a person whom no group is shown to; empty for no need."""
        if any(isinstance(entry, Group) for entry in self.navigation):
            return ""
        widths = {entry.folds for entry in self.folded}
        return "tablet" if "tablet" in widths else "phone" if widths else ""

    @property
    def _part_of_the_house(self) -> str:
        """The place of a page whose address lies below none: by the first word of the address."""
        return PARTS.get(self.request.path.strip("/").partition("/")[0], "")

    @cached_property
    def late(self) -> list[str]:
        """What of the machinery is late, for the manager; kept for a moment, most pages ask nothing."""
        if self.actor is None or self.clinic is None or not self.actor.may(WATCH, self.clinic.pk):
            return []
        return late_now(clock.now())

    @property
    def open_tasks(self) -> int:
        return self._open_tasks.get(self.clinic.pk, 0) if self.clinic else 0

    @property
    def waiting(self) -> list[tuple[Clinic, int]]:
        """Each clinic of this person, with how many open tasks wait there for them."""
        return [(clinic, self._open_tasks.get(clinic.pk, 0)) for clinic in self.clinics]

    @property
    def elsewhere(self) -> int:
        """How many open tasks wait for this person in their clinics that aren't open here."""
        return sum(count for clinic, count in self.waiting if clinic != self.clinic)

    @cached_property
    def _open_tasks(self) -> dict[UUID, int]:
        return open_task_counts(self.person) if self.person and self.clinic else {}


def house(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(request)}
