"""Visits as iCalendar files (RFC 5545): for a nurse's or a chair's calendar program, and for the patient.

Times are UTC, so that every program shows them right on the days when the clocks change. Nothing in a file
says what a visit is for. Who may open a feed is `feeds`' business; files are sent to patients from upstairs.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import groupby, pairwise
from typing import Final
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from icalendar import Calendar, Event, vCalAddress, vText

from clinic.models import Clinic, Patient
from scheduler.models import Appointment, AppointmentStatus, CalendarFeed, Claim, Resource, ResourceKind

PRODUCT: Final = "-//Chairside//Visits//EN"
DAYS_BACK: Final = 30
# How soon a subscribed calendar asks again, if it heeds this.
REFRESH_AFTER: Final = timedelta(minutes=15)
NEUTRAL: Final = "Visit"
SHOWN: Final = (
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
)
NOT_TAKING_PLACE: Final = (
    AppointmentStatus.CANCELLED,
    AppointmentStatus.NOSHOW,
    AppointmentStatus.ENTERED_IN_ERROR,
)


@dataclass(frozen=True)
class Revision:
    """How often what is said of something has changed, and when it last did. Only ever rises."""

    sequence: int
    changed_at: datetime

    def and_of(self, others: Iterable["Revision"]) -> "Revision":
        """Of all together: whatever changes, it rises."""
        every = [self, *others]
        return Revision(sum(one.sequence for one in every), max(one.changed_at for one in every))


@dataclass(frozen=True)
class Stretch:
    """One event of a feed: a time in which the resource is taken by a visit."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    location: str
    revision: Revision


def feed_file(feed: CalendarFeed, *, now: datetime) -> bytes:
    """The visits of the feed's nurse or chair, from 30 days back through the clinic's horizon: five queries
    for a chair, seven for a nurse.

    The same visits give the same bytes, so that a program that has them already need not be sent them again.
    Patients are named where the clinic wants it so, by name alone.
    """
    calendar = _calendar()
    name = f"{feed.resource.name}, {feed.clinic.sender_name}"
    calendar.add("name", _plain(name))
    calendar.add("x-wr-calname", _plain(name))
    calendar.add("refresh-interval", REFRESH_AFTER, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for stretch in stretches(feed, now=now):
        calendar.add_component(
            _event(
                uid=stretch.uid,
                start=stretch.start,
                end=stretch.end,
                summary=stretch.summary,
                location=stretch.location,
                sequence=stretch.revision.sequence,
                # Without a METHOD, DTSTAMP says when the event was last revised (RFC 5545 3.8.7.2).
                written_at=stretch.revision.changed_at,
                changed_at=stretch.revision.changed_at,
            )
        )
    return calendar.to_ical()


def stretches(feed: CalendarFeed, *, now: datetime) -> list[Stretch]:
    """When the feed's resource is taken, by visit: a chair through its turnover, a nurse for her turns."""
    window = DateTimeTZRange(
        now - timedelta(days=DAYS_BACK), now + timedelta(days=feed.clinic.opening_horizon_days + 1)
    )
    claims = list(
        Claim.objects.filter(
            resource_id=feed.resource_id, during__overlap=window, appointment__status__in=SHOWN
        )
        .select_related("appointment__patient")
        .order_by("appointment_id", "during")
    )
    visits = {claim.appointment_id for claim in claims}
    nursing = feed.resource.kind == ResourceKind.NURSE
    chairs = _chairs(visits) if nursing else {}
    revisions = revisions_of(visits)
    patients = _revisions(
        Patient, {claim.appointment.patient_id for claim in claims}, "given_names", "family_name"
    )
    # Whatever an event says beside its time: whether patients are named, and what the chairs are called.
    shared = [
        *_revisions(Clinic, [feed.clinic_id], "feeds_show_names").values(),
        *(_revisions(Resource, _chairs_of(feed.clinic_id), "name").values() if nursing else ()),
    ]
    found = []
    for appointment, of_visit in groupby(claims, key=lambda claim: claim.appointment):
        patient = appointment.patient
        for number, (start, end) in enumerate(_turns(list(of_visit)), start=1):
            found.append(
                Stretch(
                    # The second turn of the same nurse in one visit is an event of its own.
                    uid=f"{appointment.pk}-{feed.resource_id}" + (f"-{number}" if number > 1 else ""),
                    start=start,
                    end=end,
                    summary=patient.full_name if feed.clinic.feeds_show_names else NEUTRAL,
                    location=chairs.get(appointment.pk, ""),
                    revision=revisions[appointment.pk].and_of([*shared, patients[patient.pk]]),
                )
            )
    return sorted(found, key=lambda stretch: (stretch.start, stretch.uid))


@dataclass(frozen=True)
class Entry:
    """A visit in its patient's own calendar. `starts_at` is the start that the message speaks of, `sequence`
    that of the visit's `revisions_of`."""

    appointment: Appointment
    starts_at: datetime
    sequence: int
    cancelled: bool = False


def patient_file(
    entries: Sequence[Entry], *, sender: str, organizer: str, phone: str, written_at: datetime
) -> str:
    """These visits for the patient's own calendar: the sender's neutral name, the time, a number to call.

    The same visit has the same UID for ever, and a higher SEQUENCE once it was moved or cancelled, so that
    the entry is changed and no second one made. `organizer` is the clinic's e-mail address, which RFC 5546
    asks for.
    """
    written, events = _stamp(written_at), []
    for entry in entries:
        ends_at = entry.starts_at + (entry.appointment.ends_at - entry.appointment.starts_at)
        # All of these are short and ASCII, so that none is escaped or folded.
        lines = (
            f"UID:{entry.appointment.pk}",
            f"DTSTAMP:{written}",
            f"LAST-MODIFIED:{written}",
            f"SEQUENCE:{entry.sequence}",
            f"DTSTART:{_stamp(entry.starts_at)}",
            f"DTEND:{_stamp(ends_at)}",
        )
        opening, before, after, closing = _around_a_visit(sender, organizer, phone, entry.cancelled)
        events.append("".join((before, *(f"{line}\r\n" for line in lines), after)))
    return "".join((opening, *events, closing))


@lru_cache(maxsize=256)
def _around_a_visit(sender: str, organizer: str, phone: str, cancelled: bool) -> tuple[str, str, str, str]:
    """What a clinic's files for patients have in common: before all visits, before and after the lines of
    each, and after all.

    Written by the library once: line by line it takes longer than all the rest of a message.
    """
    calendar = _calendar()
    calendar.add("method", "PUBLISH")
    event = Event()
    event.add("summary", _plain(sender))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("description", f"Questions? Call {_plain(phone)}.")
    event.add("class", "PRIVATE")
    address = vCalAddress(f"mailto:{organizer}")
    address.params["CN"] = vText(_plain(sender))
    event.add("organizer", address, encode=False)
    calendar.add_component(event)
    opening, begin, rest = calendar.to_ical().decode().partition("BEGIN:VEVENT\r\n")
    before, end, closing = rest.rpartition("END:VEVENT\r\n")
    return opening, begin + before, end, closing


def revisions_of(appointment_ids: Collection[UUID]) -> dict[UUID, Revision]:
    """How often each visit was moved, called off, taken up again or served by others: one query."""
    off = Q(status__in=NOT_TAKING_PLACE)
    # As text: whether it differs is all that is asked of it.
    during = Cast("during", TextField())
    return _revisions(Appointment, appointment_ids, during, "claims_changed", off)


def _revisions(model: type[Model], keys: Iterable[UUID], *said: str | Q | Cast) -> dict[UUID, Revision]:
    """Of each row, how often one of these fields or conditions has changed in its history: one query."""
    history = model.pgh_event_model.objects  # type: ignore[attr-defined]
    versions = (
        history.filter(pgh_obj_id__in=list(keys))
        .order_by("pgh_obj_id", "pgh_id")
        .values_list("pgh_obj_id", "pgh_created_at", *said)
    )
    revisions = {}
    for key, of_row in groupby(versions, key=lambda version: version[0]):
        seen = list(of_row)
        changes = [after[1] for before, after in pairwise(seen) if before[2:] != after[2:]]
        revisions[key] = Revision(len(changes), changes[-1] if changes else seen[0][1])
    return revisions


def _chairs_of(clinic_id: UUID) -> QuerySet[Resource, UUID]:
    """All of them: a visit may have had any."""
    return Resource.objects.filter(clinic_id=clinic_id, kind=ResourceKind.CHAIR).values_list("pk", flat=True)


def _turns(claims: Sequence[Claim]) -> list[tuple[datetime, datetime]]:
    """Claims of one visit and resource as stretches without a gap; `claims` by start."""
    turns: list[tuple[datetime, datetime]] = []
    for claim in claims:
        start, end = claim.during.lower, claim.during.upper
        if turns and start <= turns[-1][1]:
            turns[-1] = (turns[-1][0], max(end, turns[-1][1]))
        else:
            turns.append((start, end))
    return turns


def _chairs(appointment_ids: Collection[UUID]) -> dict[UUID, str]:
    """The name of each visit's chair: one query."""
    chairs = Resource.objects.filter(kind=ResourceKind.CHAIR, claims__appointment_id__in=appointment_ids)
    return dict(chairs.values_list("claims__appointment_id", "name"))


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    return calendar


def _event(
    *,
    uid: str,
    start: datetime,
    end: datetime,
    summary: str,
    location: str,
    sequence: int,
    written_at: datetime,
    changed_at: datetime,
) -> Event:
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", _whole(written_at))
    event.add("last-modified", _whole(changed_at))
    event.add("sequence", sequence)
    event.add("dtstart", _whole(start))
    event.add("dtend", _whole(end))
    event.add("summary", _plain(summary))
    if location:
        event.add("location", _plain(location))
    return event


def _whole(moment: datetime) -> datetime:
    """UTC in whole seconds: iCalendar has no parts of one."""
    return moment.astimezone(UTC).replace(microsecond=0)


def _stamp(moment: datetime) -> str:
    """As a file has it, in UTC."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _plain(text: str) -> str:
    """One line without control characters, which a calendar file must not hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
