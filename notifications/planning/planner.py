"""The planner: what should be said, compared with what is planned or said, and the difference written.

A reminder is wanted once for a start. A notice (booked, moved, cancelled) is wanted as long as what the
patient was told last isn't what is true, and its key names the message that it follows
(docs/decisions/0011-what-the-patient-was-told.md).

Level-triggered: it may run at any time, any number of times, several at once; nothing tells it about a
booking, a move or a cancellation. A row's id is made from its key, so that planners at once write the same
rows and the second one's are dropped. Sending is `delivery`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from django.db.models import Exists, OuterRef, Q

from clinic.transactions import in_transaction
from notifications import tokens
from notifications.models import (
    CheckIn,
    LinkPurpose,
    Message,
    MessageKind,
    MessageStatus,
    PatientLink,
)
from notifications.planning import rules, said, standing
from notifications.planning.rules import Visit, Wanted
from notifications.planning.said import Told
from scheduler.models import Appointment, AppointmentStatus, OfferStatus, WaitlistOffer
from sessions_app.models import Session

NAMESPACE = UUID("b5f5a3a2-4f0c-5d0e-9a3b-6f0f7a1c2d11")
# A check-in falls due on the morning after the discharge and is stale that evening.
DISCHARGES_LOOKED_BACK = timedelta(days=2)
COMING = (
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
)
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Planned:
    """What one run did. `due` says whether there is something to send now."""

    written: int
    skipped: int
    changed: int
    due: bool


@dataclass(frozen=True)
class Entry:
    """Something wanted, and for whom."""

    key: str
    clinic_id: UUID
    patient_id: UUID
    appointment_id: UUID
    wanted: Wanted
    purpose: LinkPurpose = LinkPurpose.VISIT
    session_id: UUID | None = None


def plan(*, now: datetime) -> Planned:
    """Bring messages in line with the schedule: a fixed number of queries for any number of visits."""
    return in_transaction(lambda: _reconcile(now))


def key_of(
    appointment_id: UUID, stage: str, visit_starts_at: datetime, *, follows: Told | None = None
) -> str:
    key = f"{appointment_id}:{stage}:{visit_starts_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return key if follows is None else f"{key}:{follows.message_id}"


def _reconcile(now: datetime) -> Planned:
    standing_rows = _rows(now)
    wanted = [*_for_visits(now, standing_rows), *_for_offers(now), *_for_discharges(now)]
    entries = {entry.key: entry for entry in wanted}
    missing = [entry for key, entry in entries.items() if key not in standing_rows]
    _write(missing, now)
    skipped = _skip_unwanted([row for key, row in standing_rows.items() if key not in entries], now)
    changed = _move(standing_rows, entries, now)
    due = Message.objects.filter(status=MessageStatus.PLANNED, due_at__lte=now).exists()
    return Planned(written=len(missing), skipped=skipped, changed=changed, due=due)


def _rows(now: datetime) -> dict[str, Message]:
    """Every message still to be sent, and all that was planned for what lies ahead or was just discharged."""
    rows = Message.objects.filter(
        Q(status=MessageStatus.PLANNED)
        | Q(appointment__during__startswith__gt=now)
        | Q(
            kind=MessageKind.CHECK_IN,
            appointment__session__discharged_at__gt=now - DISCHARGES_LOOKED_BACK,
        )
    ).select_related("appointment__waitlist_offer", "patient")
    return {row.key: row for row in said.with_tries(rows)}


def _for_visits(now: datetime, rows: Mapping[str, Message]) -> Iterator[Entry]:
    """Notices and reminders of booked visits; notices of cancelled ones that the patient had heard of."""
    last_told = said.last_told(rows.values())
    earlier = Appointment.objects.filter(
        patient=OuterRef("patient"), status__in=COMING, during__startswith__lt=OuterRef("during__startswith")
    )
    announced = Message.objects.filter(
        appointment=OuterRef("pk"), kind__in=said.TELLING, status__in=[*said.SAID, MessageStatus.CLAIMED]
    )
    appointments = (
        Appointment.objects.filter(
            during__startswith__gt=now,
            status__in=[AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED],
            patient__deceased=False,
        )
        .annotate(has_earlier=Exists(earlier), announced=Exists(announced))
        .exclude(status=AppointmentStatus.CANCELLED, announced=False)
        .select_related("patient", "clinic")
        .order_by("pk")
    )
    for appointment in appointments:
        last = last_told.get(appointment.pk)
        for one in _for_visit(appointment, last, rows, now):
            follows = last if one.kind in said.NOTICES else None
            yield Entry(
                key=key_of(appointment.pk, one.stage, one.visit_starts_at, follows=follows),
                clinic_id=appointment.clinic_id,
                patient_id=appointment.patient_id,
                appointment_id=appointment.pk,
                wanted=one,
            )


def _for_visit(
    appointment: Appointment, last: Told | None, rows: Mapping[str, Message], now: datetime
) -> list[Wanted]:
    """What one visit asks for, given what its patient was told last."""
    zone = appointment.patient.time_zone or appointment.clinic.time_zone
    told = last.starts_at if last else None
    if appointment.status != AppointmentStatus.CANCELLED:
        noticed_at = _noticed_at(appointment, appointment.starts_at, last, rows, now)
        first = not appointment.has_earlier  # type: ignore[attr-defined]
        visit = Visit(appointment.starts_at, appointment.ends_at, zone, first)
        return rules.for_booked(visit, told, noticed_at)
    if told is not None:
        return [rules.for_cancelled(told, zone, _noticed_at(appointment, None, last, rows, now))]
    return []


def _noticed_at(
    appointment: Appointment,
    true: datetime | None,
    last: Told | None,
    rows: Mapping[str, Message],
    now: datetime,
) -> datetime:
    """Since when what is true of a visit was to be said: now, where it wasn't yet or had fallen through."""
    told = last.starts_at if last else None
    stage, spoken_of = rules.notice(true=true, told=told), true or told
    if stage is None or spoken_of is None:
        return last.planned_at if last else now
    row = rows.get(key_of(appointment.pk, stage, spoken_of, follows=last))
    return now if row is None or _fell_through(row) else row.created_at


def _fell_through(row: Message) -> bool:
    """Skipped for a reason that can pass."""
    return row.status == MessageStatus.SKIPPED and row.reason in standing.RECOVERABLE


def _for_offers(now: datetime) -> Iterator[Entry]:
    """Every time that is held for somebody on the waitlist and waits for their answer."""
    offers = (
        WaitlistOffer.objects.filter(
            status=OfferStatus.OPEN, expires_at__gt=now, entry__patient__deceased=False
        )
        .select_related("appointment__patient", "appointment__clinic")
        .order_by("pk")
    )
    for offer in offers:
        held = offer.appointment
        visit = Visit(
            starts_at=offer.starts_at,
            ends_at=offer.ends_at,
            zone=held.patient.time_zone or held.clinic.time_zone,
            first=False,
        )
        yield Entry(
            key=key_of(held.pk, rules.OFFER, offer.starts_at),
            clinic_id=held.clinic_id,
            patient_id=held.patient_id,
            appointment_id=held.pk,
            wanted=rules.for_offered(visit, offer.offered_at, offer.expires_at),
            purpose=LinkPurpose.OFFER,
        )


def _for_discharges(now: datetime) -> Iterator[Entry]:
    """The next-morning check-in of everybody who was given an infusion and has gone home."""
    sessions = (
        Session.objects.filter(
            discharged_at__gt=now - DISCHARGES_LOOKED_BACK,
            discharged_at__lte=now,
            started_at__isnull=False,
            patient__deceased=False,
        )
        .select_related("appointment", "patient", "clinic")
        .order_by("pk")
    )
    for session in sessions:
        starts_at = session.appointment.starts_at
        zone = session.patient.time_zone or session.clinic.time_zone
        yield Entry(
            key=key_of(session.appointment_id, rules.NEXT_MORNING, starts_at),
            clinic_id=session.clinic_id,
            patient_id=session.patient_id,
            appointment_id=session.appointment_id,
            # Never None: the filter above asks for it.
            wanted=rules.for_discharged(starts_at, session.discharged_at, zone),  # type: ignore[arg-type]
            purpose=LinkPurpose.CHECK_IN,
            session_id=session.pk,
        )


def _fate(wanted: Wanted, now: datetime) -> tuple[MessageStatus, str]:
    if wanted.short_notice:
        return MessageStatus.SKIPPED, standing.SHORT_NOTICE
    if wanted.too_late(now):
        return MessageStatus.SKIPPED, standing.TOO_LATE
    return MessageStatus.PLANNED, ""


def _write(entries: Sequence[Entry], now: datetime) -> None:
    """Insert messages with their links and check-ins; rows that another planner wrote first are kept."""
    messages, links, check_ins = [], [], []
    for entry in entries:
        message_id = uuid5(NAMESPACE, entry.key)
        wanted = entry.wanted
        status, reason = _fate(wanted, now)
        messages.append(
            Message(
                id=message_id,
                created_at=now,
                clinic_id=entry.clinic_id,
                patient_id=entry.patient_id,
                appointment_id=entry.appointment_id,
                kind=wanted.kind,
                stage=wanted.stage,
                key=entry.key,
                visit_starts_at=wanted.visit_starts_at,
                instead_of=wanted.instead_of,
                due_at=wanted.due_at,
                stale_at=wanted.stale_at,
                status=status,
                reason=reason,
            )
        )
        if wanted.link_expires_at is not None:
            link_id = uuid5(NAMESPACE, f"link:{entry.key}")
            links.append(
                PatientLink(
                    id=link_id,
                    patient_id=entry.patient_id,
                    message_id=message_id,
                    purpose=entry.purpose,
                    token_sha256=tokens.hash_of(tokens.token_for(link_id)),
                    expires_at=wanted.link_expires_at,
                )
            )
        if entry.session_id is not None:
            check_ins.append(
                CheckIn(
                    id=uuid5(NAMESPACE, f"check-in:{entry.key}"),
                    clinic_id=entry.clinic_id,
                    patient_id=entry.patient_id,
                    session_id=entry.session_id,
                    kind=wanted.stage,
                    message_id=message_id,
                )
            )
    Message.objects.bulk_create(messages, ROWS_AT_ONCE, ignore_conflicts=True)
    PatientLink.objects.bulk_create(links, ROWS_AT_ONCE, ignore_conflicts=True)
    CheckIn.objects.bulk_create(check_ins, ROWS_AT_ONCE, ignore_conflicts=True)


def _skip_unwanted(rows: Sequence[Message], now: datetime) -> int:
    """What was planned and is wanted no longer is closed with the reason; what was said stays as it is."""
    by_reason: dict[str, list[UUID]] = {}
    for row in rows:
        if row.status == MessageStatus.PLANNED:
            unwanted = standing.TOLD_OTHERWISE if row.kind in said.NOTICES else standing.NO_RULE
            late = standing.TOO_LATE if now >= row.stale_at else unwanted
            by_reason.setdefault(standing.fallen_through(row) or late, []).append(row.pk)
    return sum(
        Message.objects.filter(pk__in=ids, status=MessageStatus.PLANNED).update(
            status=MessageStatus.SKIPPED, reason=reason
        )
        for reason, ids in by_reason.items()
    )


def _move(rows: Mapping[str, Message], entries: Mapping[str, Entry], now: datetime) -> int:
    """Times follow the rules and the patient's zone; what had fallen through and is wanted again comes back.

    A reminder comes back while its moment lies ahead, a notice always. A message that was tried keeps its own
    times: delivery's backoff set them.
    """
    moved = []
    for key, entry in entries.items():
        row, wanted = rows.get(key), entry.wanted
        if row is None:
            continue
        ahead = wanted.due_at > now
        waiting = row.status == MessageStatus.PLANNED and ahead and not row.last_try  # type: ignore[attr-defined]
        recovered = _fell_through(row) and (ahead or row.kind in said.NOTICES)
        changed = (wanted.due_at, wanted.stale_at, *_fate(wanted, now))
        if (waiting or recovered) and changed != (row.due_at, row.stale_at, row.status, row.reason):
            row.due_at, row.stale_at, row.status, row.reason = changed
            moved.append(row)
    fields = ["due_at", "stale_at", "status", "reason"]
    changeable = Message.objects.filter(status__in=[MessageStatus.PLANNED, MessageStatus.SKIPPED])
    changeable.bulk_update(moved, fields, ROWS_AT_ONCE)
    return len(moved)
