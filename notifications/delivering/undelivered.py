"""What has changed and no message can tell: somebody at the desk calls instead.

A reminder that reaches nobody is lost and no more. A visit that was moved or cancelled is another matter: the
patient would come at the old time, or not come at the new one. Whether a message can be delivered is
`delivery`'s, which asks here for the task; what the night keeps back until it is of no use, and what a pause
or a provider that is down holds up before the visit, is looked for.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import work
from clinic.models import Role, Urgency, WorkItem
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import reasons, rule_settings, said, standing, timing
from notifications.planning.said import Told
from scheduler.models import Appointment, AppointmentStatus

MOVED: Final = "Call: this patient's visit has moved, and no message could tell them"
CHANGED: Final = (
    "Call: this patient's visit takes another time or preparation than before, and no message could tell them"
)
CANCELLED: Final = "Call: this patient's visit is cancelled, and no message could tell them"
COMES_IN_VAIN: Final = (
    "Call: this patient's visit has moved, and no message tells them before the time that they go by"
)
WENT_OUT: Final = "The message went out after all."
# No night is longer, whatever a clinic has settled.
NIGHT: Final = timedelta(days=1)
# By day a notice leaves within minutes: what waits for so long is held up. Then somebody calls about the
# visits of the next day. [D]
HELD_UP_FOR: Final = timedelta(hours=1)
CALLED_AHEAD: Final = timedelta(days=1)
TITLES: Final = {MessageKind.CHANGE: CHANGED, MessageKind.CANCELLATION: CANCELLED}


def cause_of(message: Message) -> str:
    """Names the one task that there may be about the message's last try, or about the next where a person has
    found that the last did not arrive: what they found of one says nothing of another, which may be lost or
    refused again, or can't be made. The first goes by the message alone."""
    last = message.attempts.order_by("number").values_list("number", "error").last()
    number, error = last or (1, "")
    number += error == said.NOT_ARRIVED
    return f"{said.CAUSE}:{message.pk}" + (f":{number}" if number > 1 else "")


def look(*, now: datetime) -> int:
    """Call about each change that the night lets no message tell in time, or that is held up, while there is
    time to: once for a change, and only where it still stands; a call that a message has made needless ends.
    Any number may run at once. Returns how many tasks were opened."""
    _settle(now)
    late = _still_to_call(_too_late(now) | _held_up(now))
    for message in late:
        call_instead(message)
    in_vain = _unknown(_come_in_vain(now))
    work.open_items(in_vain)
    return len(late) + len(in_vain)


def _too_late(now: datetime) -> QuerySet[Message]:
    """Notices that came too late for a start which is still ahead."""
    return Message.objects.filter(
        kind__in=said.NOTICES, status=MessageStatus.SKIPPED, reason=reasons.TOO_LATE, stale_at__gt=now
    )


def _held_up(now: datetime) -> QuerySet[Message]:
    """Notices that should have left an hour ago, of visits of the next day."""
    waiting = Message.objects.filter(
        kind__in=said.NOTICES,
        status=MessageStatus.PLANNED,
        created_at__lte=now - HELD_UP_FOR,
        stale_at__gt=now,
        stale_at__lte=now + CALLED_AHEAD,
    ).select_related("patient", "clinic")
    settings = rule_settings.settings_of({message.clinic_id for message in waiting})
    held_up = []
    for message in waiting:
        patient, since = message.addressee, now - HELD_UP_FOR
        zone = patient.time_zone or message.clinic.time_zone
        daytime = settings[message.clinic_id].daytime(patient.state)
        # Nobody was waiting for the morning.
        if timing.out_of_quiet_hours(since, zone, daytime) == since:
            held_up.append(message.pk)
    return Message.objects.filter(pk__in=held_up)


def _still_to_call(notices: QuerySet[Message]) -> list[Message]:
    """Those about which nobody is called yet. Of a visit of which nothing has been told the task is
    `untold_visits`'."""
    by_cause = {cause_of(message): message for message in notices.select_related("appointment", "patient")}
    known = _causes_among(by_cause)
    new = [message for cause, message in sorted(by_cause.items()) if cause not in known]
    told = said.told_of_each({message.visit.pk for message in new}) if new else {}
    return [message for message in new if _still_changes(message, told.get(message.visit.pk))]


def _settle(now: datetime) -> None:
    """End the calls about what has gone out since."""
    tasks = WorkItem.objects.filter(
        cause__startswith=f"{said.CAUSE}:", title__in=[MOVED, *TITLES.values()], closed_at=None
    )
    of_message = {
        UUID(cause.split(":")[1]): (clinic, cause) for clinic, cause in tasks.values_list("clinic", "cause")
    }
    sent = Message.objects.filter(pk__in=of_message, status=MessageStatus.SENT) if of_message else ()
    for message in sent:
        clinic_id, cause = of_message[message.pk]
        work.settle(actor=None, clinic_id=clinic_id, causes=[cause], outcome=WENT_OUT, now=now)


def _still_changes(message: Message, told: Told | None) -> bool:
    if told is None or standing.fallen_through(message, ()) or standing.overtaken(message, told):
        return False
    return _tells_of_a_change(message)


def _come_in_vain(now: datetime) -> Iterable[WorkItem]:
    """Visits that have moved to a later time, of whose patients none can be told before the earlier one: the
    notice goes in the morning, when they are on their way."""
    named = Message.objects.filter(
        appointment=OuterRef("pk"),
        kind__in=said.BEFORE_A_VISIT,
        visit_starts_at__gt=now,
        visit_starts_at__lte=now + NIGHT,
        visit_starts_at__lt=OuterRef("during__startswith"),
    )
    coming = Appointment.objects.filter(
        Exists(named), status=AppointmentStatus.BOOKED, during__startswith__gt=now
    )
    visits = {visit.pk: visit for visit in coming.select_related("patient__clinic")}
    told = said.told_of_each(visits) if visits else {}
    settings = rule_settings.settings_of({visit.clinic_id for visit in visits.values()}) if visits else {}
    for key, last in sorted(told.items()):
        visit, goes_by = visits[key], last.starts_at
        if goes_by is None or not now < goes_by < visit.starts_at:
            continue
        daytime = settings[visit.clinic_id].daytime(visit.patient.state)
        if timing.out_of_quiet_hours(now, visit.patient.zone, daytime) < goes_by:
            continue
        yield WorkItem(
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            cause=f"{said.CAUSE}:{last.message_id}:{visit.starts_at:%Y%m%dT%H%M}Z",
            title=COMES_IN_VAIN,
            urgency=Urgency.AMBER,
            role=Role.FRONT_DESK,
            due_at=goes_by,
        )


def _unknown(items: Iterable[WorkItem]) -> list[WorkItem]:
    by_cause = {item.cause: item for item in items}
    known = _causes_among(by_cause)
    return [item for cause, item in by_cause.items() if cause not in known]


def _causes_among(causes: Iterable[str]) -> set[str]:
    """Those of these causes that have a task, open or closed. One query, where there are any."""
    wanted = list(causes)
    rows = WorkItem.objects.filter(cause__in=wanted) if wanted else WorkItem.objects.none()
    return set(rows.values_list("cause", flat=True))


def call_instead(message: Message) -> None:
    """A task for the desk where this message, which will not arrive, was to tell of a change.

    One for a notice, however often it is noticed, and due before the notice would have lost its use.
    """
    if not _tells_of_a_change(message):
        return
    work.open_item(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=cause_of(message),
        title=TITLES.get(MessageKind(message.kind), MOVED),
        urgency=Urgency.AMBER,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,
    )


def _tells_of_a_change(message: Message) -> bool:
    if message.kind in (MessageKind.MOVE, MessageKind.CHANGE, MessageKind.CANCELLATION):
        return True
    if message.kind != MessageKind.CONFIRMATION:
        return False
    # Of whom nothing has reached yet, a visit that moved is still to be told as a new one; and so is one that
    # takes place after all.
    earlier = Message.objects.filter(appointment=message.appointment_id, kind__in=said.NOTICES)
    moved = ~Q(visit_starts_at=message.visit_starts_at)
    called_off = Q(kind=MessageKind.CANCELLATION) & ~Q(reason__in=reasons.CAN_PASS)
    return earlier.filter(moved | called_off).exists()
