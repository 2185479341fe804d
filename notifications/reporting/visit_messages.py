"""Every message of one visit: what was wanted, when, what was sent where, what came of it or exactly why
not, and what is still to come. Reads only.

What has a row is told from the row; what hasn't is foreseen by `preview`, as the planner would say it now.
What the clinic has switched off is listed with since when.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch

from clinic import clock
from notifications.models import CheckIn, DeliveryAttempt, Message, MessageStatus, PatientLink
from notifications.planning.rules import Wanted
from notifications.planning.said import BEFORE_A_VISIT
from notifications.planning.stage_words import title_of
from notifications.reporting import preview, settings_history
from notifications.reporting.settings_history import SwitchedOff
from scheduler.models import Appointment, ParticipantStatus
from scheduler.vocabulary import spoken_day

DIGITS_SHOWN: Final = 3
COMING, NOT_COMING, CARRIED, DELIVERED = "coming", "not_coming", "carried", "delivered"
SWITCHED_OFF: Final = "switched_off"
WORDS: Final = {
    COMING: "Still to come",
    NOT_COMING: "Will not be sent",
    CARRIED: "Said with another",
    DELIVERED: "Delivered",
    SWITCHED_OFF: "Switched off",
}


@dataclass(frozen=True)
class Try:
    """One try at handing a message over; `{link}` stands in the body for the patient's own link."""

    at: datetime
    form: str
    to: str  # masked
    subject: str
    body: str
    outcome: str
    error: str


@dataclass(frozen=True)
class Line:
    """One message of a visit; without `message` it is still to come."""

    message: UUID | None
    stage: str
    due_at: datetime
    state: str  # a status, or one of `WORDS`
    words: str
    why_not: str
    said_with: str
    sent_at: datetime | None
    delivered_at: datetime | None
    answered: str
    written_by: str
    presumed: bool
    tries: Sequence[Try]

    @property
    def title(self) -> str:
        return title_of(self.stage)


def messages_of_visit(appointment: Appointment, now: datetime) -> list[Line]:
    """All of them, the earliest first: a fixed number of queries."""
    rows = (
        Message.objects.filter(appointment=appointment)
        .select_related("carried_by", "written_by", "link")
        .prefetch_related(
            Prefetch("attempts", queryset=DeliveryAttempt.objects.order_by("number")),
            Prefetch("check_ins", queryset=CheckIn.objects.order_by("created_at")),
        )
    )
    confirmed_after = _confirmed_after(rows, appointment)
    lines = [_told(row, confirmed=row == confirmed_after) for row in rows]
    lines += [_to_come(line) for line in preview.foreseen(appointment, now)]
    lines += _switched_off(appointment, now)
    return sorted(lines, key=lambda line: (line.due_at, line.stage))


def masked(address: str) -> str:
    """So much of a number or an e-mail address that whoever knows it recognises it."""
    name, at, place = address.partition("@")
    if at:
        return f"{name[:1]}…@{place}"
    return f"…{address[-DIGITS_SHOWN:]}"


def _confirmed_after(rows: Iterable[Message], appointment: Appointment) -> Message | None:
    """The last that had been said of the visit's start when it was confirmed, by itself or with another: as
    the figures by stage count it."""
    confirmed_at = _confirmed_at(appointment)
    if confirmed_at is None:
        return None
    said = []
    for row in rows:
        sent = row.carried_by or row
        about_it = row.kind in BEFORE_A_VISIT and row.visit_starts_at == appointment.starts_at
        if about_it and sent.status == MessageStatus.SENT and sent.sent_at and sent.sent_at <= confirmed_at:
            said.append((sent.sent_at, sent is row, row))
    return max(said, key=lambda each: each[:2])[2] if said else None


def _confirmed_at(appointment: Appointment) -> datetime | None:
    """Since when it has been confirmed at its present start, from its history; None while it isn't: one
    query."""
    history: Any = Appointment.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    since: datetime | None = None
    for version in history.filter(pgh_obj_id=appointment.pk).order_by("pgh_id"):
        accepted = version.patient_status == ParticipantStatus.ACCEPTED
        stands = accepted and version.during.lower == appointment.starts_at
        since = (since or version.pgh_created_at) if stands else None
    return since


def _told(row: Message, *, confirmed: bool) -> Line:
    tries = [
        Try(
            at=attempt.started_at,
            form=attempt.get_form_display(),
            to=masked(attempt.recipient),
            subject=attempt.subject,
            body=attempt.body,
            outcome=attempt.get_outcome_display(),
            error=attempt.error,
        )
        for attempt in row.attempts.all()
    ]
    state = DELIVERED if row.delivered_at else CARRIED if row.carried_by else row.status
    return Line(
        message=row.pk,
        stage=row.stage,
        due_at=row.due_at,
        state=state,
        words=WORDS.get(state, row.get_status_display()),
        why_not="" if row.carried_by else row.reason,
        said_with=title_of(row.carried_by.stage) if row.carried_by else "",
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        answered=_answered(row, confirmed=confirmed),
        written_by=row.written_by.full_name if row.written_by else "",
        presumed=False,
        tries=tries,
    )


def _answered(row: Message, *, confirmed: bool) -> str:
    """What the patient did with it, in words; empty for nothing that is known."""
    said = []
    for check_in in row.check_ins.all():
        if check_in.completed_at:
            said.append(f"Questions answered{f': {check_in.level}' if check_in.level else ''}.")
        elif check_in.level:
            said.append(f"Questions begun: {check_in.level}.")
        elif check_in.ended_at:
            said.append(f"{check_in.get_end_display()}.")
    link: PatientLink | None = getattr(row, "link", None)
    if not said and link is not None and link.opened_at:
        said.append("Link opened.")
    if confirmed:
        said.append("The visit is confirmed.")
    return " ".join(said)


def _to_come(line: preview.Foreseen) -> Line:
    state = NOT_COMING if line.why_not else CARRIED if line.said_with else COMING
    going = [text for text in line.written if text.goes]
    return Line(
        message=None,
        stage=line.stage,
        due_at=line.due_at,
        state=state,
        words=WORDS[state],
        why_not=line.why_not,
        said_with=line.said_with_title,
        sent_at=None,
        delivered_at=None,
        answered="",
        written_by="",
        presumed=line.presumed,
        tries=[
            Try(
                at=line.due_at,
                form=text.form.label,
                to="",
                subject=text.subject,
                body=text.body,
                outcome="",
                error="",
            )
            for text in going
        ],
    )


def _switched_off(appointment: Appointment, now: datetime) -> list[Line]:
    """What the clinic doesn't have said; of what had lost its use before, the switch is not the reason."""
    wanted = preview.switched_off(appointment, now)
    if not wanted:
        return []
    off = settings_history.switched_off(appointment.clinic, {each.stage for each in wanted})
    return [
        _off(each, off[each.stage], appointment.clinic.time_zone, now)
        for each in wanted
        if each.stage in off and off[each.stage].since < each.stale_at
    ]


def _off(wanted: Wanted, off: SwitchedOff, zone: str, now: datetime) -> Line:
    since = spoken_day(clock.local_date(off.since, zone), today=clock.local_date(now, zone))
    who = f" by {off.who}" if off.who else ""
    return Line(
        message=None,
        stage=wanted.stage,
        due_at=wanted.due_at,
        state=SWITCHED_OFF,
        words=WORDS[SWITCHED_OFF],
        why_not=f"The clinic has switched this message off: since {since}{who}.",
        said_with="",
        sent_at=None,
        delivered_at=None,
        answered="",
        written_by="",
        presumed=wanted.presumed,
        tries=[],
    )
