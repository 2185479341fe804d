"""What became of a visit, step by step in plain words: when, by whom, why. Reads its history, writes none.

The rows are written by triggers in the transaction of each change (`clinic.history`); what a change means is
told from the row before it and the row after.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from clinic.models import User
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    ParticipantStatus,
    Resource,
)
from scheduler.vocabulary import spoken_time, wall_time

Spoken = Callable[[datetime], str]

# (status before, status after): (code, words). Moves of time and people are told beside these.
STEPS: Final = {
    ("pending", "booked"): ("booked", "The held time was booked"),
    ("booked", "cancelled"): ("cancelled", "Cancelled"),
    ("booked", "noshow"): ("no-show", "Marked as missed"),
    ("booked", "arrived"): ("arrived", "Checked in"),
    ("arrived", "checked-in"): ("checked-in", "In the chair"),
    ("arrived", "fulfilled"): ("fulfilled", "Done"),
    ("checked-in", "fulfilled"): ("fulfilled", "Done"),
    ("cancelled", "booked"): ("undone", "Cancellation taken back: booked again"),
    ("noshow", "booked"): ("undone", "Missed taken back: booked again"),
    ("arrived", "booked"): ("undone", "Check-in taken back"),
}


@dataclass(frozen=True)
class HistoryLine:
    """One change: a stable code, a sentence, when it was written, by whom or at which door, and why."""

    what: str
    words: str
    at: datetime
    by: str
    why: str


def appointment_history(appointment: Appointment, *, now: datetime) -> list[HistoryLine]:
    """Every change of the visit, the first one first: three queries."""
    events: Any = appointment.events  # type: ignore[attr-defined]  # pghistory adds it
    rows = list(events.select_related("pgh_context").order_by("pgh_id"))
    names = _names(rows)
    zone = appointment.clinic.time_zone

    def spoken(moment: datetime) -> str:
        return spoken_time(moment, zone, now=now)

    lines = []
    for before, after in pairwise([None, *rows]):
        told = list(
            _first(after, zone, spoken) if before is None else _changes(before, after, zone, names, spoken)
        )
        context = after.pgh_context.metadata if after.pgh_context else {}
        acted = context.get("user") or (str(after.booked_by_id) if before is None else "")
        lines += [
            HistoryLine(
                what,
                words,
                after.pgh_created_at,
                by=names.get(acted) or context.get("door", ""),
                why=_why(what, after, context),
            )
            for what, words in told
        ]
    return lines


def _names(rows: Sequence[Any]) -> Mapping[str, str]:
    """People by whom, chairs and nurses with whom: names by id."""
    users = {row.pgh_context.metadata.get("user") for row in rows if row.pgh_context}
    users |= {str(row.booked_by_id) for row in rows if row.booked_by_id}
    held = {key for row in rows for key in _keys(row.held_before)}
    people = User.objects.filter(pk__in=users - {None}).values_list("pk", "full_name")
    resources = Resource.objects.filter(pk__in=held).values_list("pk", "name")
    return {str(pk): name for pk, name in [*people, *resources]}


def _first(row: Any, zone: str, spoken: Spoken) -> Iterator[tuple[str, str]]:
    starts = spoken(row.during.lower)
    if row.status == AppointmentStatus.PENDING:
        yield "held", f"Held for {starts}, until {wall_time(row.held_until, zone)}"
    else:
        yield "booked", f"Booked for {starts}"


def _changes(
    before: Any, after: Any, zone: str, names: Mapping[str, str], spoken: Spoken
) -> Iterator[tuple[str, str]]:
    if before.status != after.status:
        yield _step(before, after)
    if before.during.lower != after.during.lower:
        was, then = spoken(before.during.lower), spoken(after.during.lower)
        yield "moved", f"Moved from {was} to {then}"
    elif before.during.upper != after.during.upper:
        yield "moved", f"Now until {wall_time(after.during.upper, zone)}"
    elif _same_but(before, after, "held_before"):
        were = ", ".join(dict.fromkeys(names[key] for key in _keys(after.held_before) if key in names))
        yield "served-by-others", f"Another chair or other nurses; before: {were}"
    if before.protocol_id != after.protocol_id:
        yield "taken-over", "Under the protocol version that its plan stands under"
    if before.record_opened_at is None and after.record_opened_at is not None:
        yield "record-opened", "Session opened"
    if before.patient_status != after.patient_status and after.patient_status == ParticipantStatus.ACCEPTED:
        yield "confirmed", "Confirmed"


def _same_but(before: Any, after: Any, column: str) -> bool:
    """This has changed, and it is no consequence of another status or another version."""
    stands = (before.status, before.protocol_id) == (after.status, after.protocol_id)
    return stands and getattr(before, column) != getattr(after, column)


def _step(before: Any, after: Any) -> tuple[str, str]:
    if (before.status, after.status) == ("pending", "cancelled"):
        if after.cancelled_at >= before.held_until:
            return "hold-ran-out", "The hold ran out"
        return "hold-given-up", "The hold was given up"
    what, words = STEPS.get(
        (before.status, after.status), (after.status, AppointmentStatus(after.status).label)
    )
    return what, f"{words}, late" if what == "cancelled" and after.cancelled_late else words


def _why(what: str, row: Any, context: Mapping[str, str]) -> str:
    if what == "cancelled":
        return CancellationReason(row.cancelation_reason).label
    return context.get("reason", "") if what in ("moved", "served-by-others", "hold-given-up") else ""


def _keys(held: dict[str, Any] | None) -> list[str]:
    """The ids in `held_before`."""
    if held is None:
        return []
    return [*([held["chair"]] if held["chair"] else []), *(key for _, key in held["nurses"])]
