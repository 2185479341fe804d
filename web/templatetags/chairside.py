"""How the pages say times and states: always the clinic's clock, always colour *and* icon *and* word."""

from datetime import date, datetime
from typing import Any

from django import template
from django.forms import BoundField
from django.utils import timezone

from notifications.planning.stage_words import title_of
from notifications.wording.filling import LINK
from scheduler.vocabulary import spoken_day

register = template.Library()

# (tone, icon) of a status, whichever table it stands in; the word is the table's own label.
LOOKS = {
    "pending": ("waiting", "clock"),
    "booked": ("planned", "calendar"),
    "arrived": ("here", "door-in"),
    "checked-in": ("running", "chair"),
    "fulfilled": ("done", "check-circle"),
    "cancelled": ("gone", "cross"),
    "moved": ("gone", "arrow-right"),
    "noshow": ("bad", "question"),
    "entered-in-error": ("gone", "cross"),
    "needs-action": ("waiting", "clock"),
    "accepted": ("done", "check"),
    "declined": ("bad", "cross"),
    "preparing": ("here", "clock"),
    "infusing": ("running", "drop"),
    "paused": ("warn", "pause"),
    "recovering": ("recovering", "moon"),
    "discharged": ("done", "sign-out"),
    "not_given": ("gone", "minus"),
    "signed": ("done", "lock"),
    "planned": ("planned", "calendar"),
    "claimed": ("here", "arrow-right"),
    "sent": ("done", "check"),
    "failed": ("bad", "alert"),
    "skipped": ("gone", "minus"),
    "delivered": ("done", "check-circle"),
    "carried": ("gone", "arrow-right"),
    "not_coming": ("gone", "minus"),
    "switched_off": ("gone", "pause"),
    "unknown": ("warn", "question"),
    "draft": ("waiting", "pen"),
    "active": ("done", "check"),
    "on-hold": ("warn", "pause"),
    "revoked": ("gone", "cross"),
    "completed": ("done", "check-circle"),
    "retired": ("gone", "minus"),
    "present": ("bad", "alert"),
    "absent": ("done", "check"),
    "pass": ("done", "check"),
    "fail": ("bad", "cross"),
    "not_applicable": ("gone", "minus"),
    "red": ("bad", "alert"),
    "amber": ("warn", "clock"),
    "green": ("done", "check"),
    "routine": ("planned", "circle"),
    "caution": ("warn", "alert"),
    "stop": ("bad", "alert"),
    "emergency": ("bad", "alert"),
    "coming": ("planned", "clock"),
    "due": ("warn", "clock"),
    "overdue": ("bad", "alert"),
    "missed": ("bad", "minus"),
    "waiting": ("waiting", "clock"),
    "open": ("waiting", "clock"),
    "expired": ("gone", "clock"),
    "withdrawn": ("gone", "cross"),
    "eligible": ("done", "check-circle"),
    "eligible-with-conditions": ("warn", "check"),
    "deferred": ("waiting", "clock"),
}
PLAIN = ("planned", "circle")


@register.inclusion_tag("web/components/badge.html")
def badge(status: str, label: str = "") -> dict[str, Any]:
    """`{% badge visit.status visit.get_status_display %}`: the status in colour, with its icon and word."""
    tone, icon = LOOKS.get(str(status), PLAIN)
    return {"tone": tone, "icon": icon, "label": label or str(status).replace("_", " ").capitalize()}


@register.filter
def tone(status: str) -> str:
    """The tone of a status by itself, for a row's or a block's own class: `tone-running`."""
    return f"tone-{LOOKS.get(str(status), PLAIN)[0]}"


@register.filter
def stage_title(stage: str) -> str:
    """What a message's stage is called."""
    return title_of(stage)


@register.filter
def unit_beside(field: BoundField) -> str:
    """What a box counts or measures in; empty for a box of words."""
    return getattr(field.field, "unit", "")


@register.filter
def with_their_link(words: str) -> str:
    """What was said, with a word for the patient's own link, whose address is never kept."""
    return words.replace(LINK, "(their link)")


@register.filter
def local_time(moment: datetime | None) -> str:
    """09:30 on the clinic's wall."""
    return f"{timezone.localtime(moment):%H:%M}" if moment else ""


@register.filter
def short_day(day: date | None) -> str:
    """Mon, Jan 11, of a day; with the year when it isn't this one."""
    return spoken_day(day, today=timezone.localdate()) if day else ""


@register.filter
def plain_day(day: date | None) -> str:
    """May 17, 1980: a date of birth, whose weekday tells nothing."""
    return f"{day:%b} {day.day}, {day.year}" if day else ""


@register.filter
def zone_name(moment: datetime) -> str:
    """CST: how the clock is called by which this moment is told."""
    return timezone.localtime(moment).tzname() or ""


@register.filter
def local_day(moment: datetime | None) -> str:
    """Mon, Jan 11: the clinic's day that this moment falls on; with the year when it isn't this one."""
    if not moment:
        return ""
    return short_day(timezone.localtime(moment).date())


@register.filter
def local_moment(moment: datetime | None) -> str:
    """Mon, Jan 11, 09:30 in the clinic."""
    return f"{local_day(moment)}, {local_time(moment)}" if moment else ""
