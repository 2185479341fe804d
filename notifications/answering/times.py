"""A patient for whom a visit's time doesn't suit, or who missed it: what they are offered and choose, and who
moves the visit, or books another one.

Where the clinic lets them (`ClinicMessaging.moves_itself_hours`) the tap moves it; elsewhere, and of a visit
that was missed, it is a wish that the desk carries out. Either way the task that the request opened closes
with what became of it. Free times come from the scheduler, which alone decides what can be booked.
"""

from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from clinic import clock, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Missing
from clinic.transactions import in_transaction
from notifications.answering.links import DOOR
from notifications.models import (
    ClinicMessaging,
    LinkPurpose,
    Message,
    MessageKind,
    PatientLink,
    TimeRequest,
)
from notifications.tokens import NO_LINK
from scheduler.finding import free_times
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.free_times import Found
from scheduler.models import BOOKED_OR_BEYOND, Appointment, AppointmentStatus, TreatmentPlan
from scheduler.visits import attendance, booking, moving
from scheduler.visits.decision import against_any_time
from scheduler.vocabulary import spoken_time

CAUSE: Final = "time_request"
TITLE: Final = "Find another time for this patient's visit"
# How soon somebody looks at it, and how far from the first time others are sought. [D]
LOOK_WITHIN: Final = timedelta(hours=4)
DAYS_BEFORE, DAYS_AFTER = timedelta(days=7), timedelta(days=21)
# Sooner than this nobody has fasted, or found a ride. [D]
LEAST_NOTICE: Final = timedelta(hours=24)
MOST_DAYS: Final = 4
MOST_A_DAY: Final = 2
APART: Final = 60  # minutes: nearer to another choice, or to what doesn't suit, it would be no other time
TAKEN: Final = "Somebody else has just taken this time. Please choose another."
OVER: Final = "This visit has changed since. Please go by the newest message, or call the clinic."
HINDERED: Final = "We can't move this visit just now. Please call the clinic."


def ask(*, appointment: Appointment, now: datetime) -> TimeRequest:
    """The patient wants another time than the visit's present one; the desk has a task until there is one.

    Asking again changes nothing while that task is open. Once it was closed it is a new wish, with a task of
    its own. Inside the caller's transaction.
    """
    request, fresh = TimeRequest.objects.select_for_update(of=("self",), no_key=True).get_or_create(
        appointment=appointment,
        visit_starts_at=appointment.starts_at,
        defaults={"clinic_id": appointment.clinic_id, "asked_at": now},
    )
    if not fresh and not _tasks(request).filter(closed_at=None).exists():
        request.asked_at, request.chosen_at, request.chosen_start = now, None, None
        request.save(update_fields=["asked_at", "chosen_at", "chosen_start"])
    _open_task(request, now)
    return request


def _open_task(request: TimeRequest, now: datetime) -> None:
    """The desk's, unless one is open: a task that was closed calls nobody about what is asked after it."""
    tasks, visit = _tasks(request), request.appointment
    if tasks.filter(closed_at=None).exists():
        return
    number, due_at = tasks.count() + 1, now + LOOK_WITHIN
    work.open_item(
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        cause=_cause(request.pk) + (f":{number}" if number > 1 else ""),
        title=TITLE,
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=min(due_at, visit.starts_at) if now < visit.starts_at else due_at,
    )


def request_of(link: PatientLink) -> TimeRequest:
    """What this link lets its patient choose; of a missed visit, of which nobody has asked for anything yet,
    one that isn't written. Raises `Missing` for a link of another purpose."""
    message = link.message
    if link.purpose != LinkPurpose.TIMES:
        raise Missing(NO_LINK)
    requests = TimeRequest.objects.select_related("clinic", "appointment")
    request = requests.filter(appointment=message.visit, visit_starts_at=message.visit_start).first()
    if request is None and _follows_a_missed_visit(message):
        return TimeRequest(
            clinic=message.clinic,
            appointment=message.visit,
            visit_starts_at=message.visit_start,
            asked_at=message.due_at,
        )
    if request is None:
        raise Missing(NO_LINK)
    if _follows_a_missed_visit(message) and request.chosen_at and request.chosen_at < message.visit_start:
        # What was wished for instead of the visit, before it was missed.
        request.chosen_at = request.chosen_start = None
    return request


def _follows_a_missed_visit(message: Message) -> bool:
    """By itself, or in words of staff's in its place."""
    first = message.again_of
    return message.kind == MessageKind.MISSED or (first is not None and first.kind == MessageKind.MISSED)


def is_missed(request: TimeRequest) -> bool:
    """Another visit is asked for in place of one that the patient missed. Reads the loaded appointment."""
    return request.appointment.status == AppointmentStatus.NOSHOW


def stands(request: TimeRequest, now: datetime) -> bool:
    """The visit is still to come, and at the time that doesn't suit; or it was missed, and another one isn't
    booked yet. Reads the loaded appointment; of a missed one, one query."""
    visit = request.appointment
    if visit.starts_at != request.visit_starts_at:
        return False
    if is_missed(request):
        return now < visit.starts_at + DAYS_AFTER and booked_instead(request) is None
    return visit.status == AppointmentStatus.BOOKED and now < visit.starts_at


def is_moved(request: TimeRequest) -> bool:
    """The visit is at the time that the patient chose; or another one is booked in place of a missed one.
    Reads the loaded appointment; of a missed one, one query."""
    visit = request.appointment
    if is_missed(request):
        return booked_instead(request) is not None
    return visit.live and visit.starts_at == request.chosen_start


def booked_instead(request: TimeRequest) -> Appointment | None:
    """The visit of the same plan that was booked since this one was missed, by whoever."""
    missed = request.appointment
    since = Q(created_at__gte=missed.starts_at)
    if request.chosen_start is not None:
        since |= Q(during__startswith=request.chosen_start)
    visits = Appointment.objects.filter(since, plan=missed.plan_id, status__in=BOOKED_OR_BEYOND)
    return visits.order_by("during").first()


def moves_itself(request: TimeRequest, now: datetime) -> bool:
    """Whether the patient's tap moves the visit, this long before it."""
    settled = ClinicMessaging.objects.filter(clinic=request.clinic_id).first()
    hours = settled.moves_itself_hours if settled else None
    return hours is not None and now + timedelta(hours=hours) <= request.visit_starts_at


def offered(request: TimeRequest, *, now: datetime) -> list[datetime]:
    """The starts to choose from, in order of time: on the days nearest to the visit's that have any, those
    nearest to its time of day. None for a request that no longer stands, and none while something stands
    against any time: the clinic has to look at that first."""
    if not stands(request, now) or _hindered(request, now):
        return []
    return _near(request, _found(request, now))


def choose(*, link: PatientLink, start: datetime, now: datetime) -> TimeRequest:
    """The patient takes this time: the visit is moved, or the wish is written down for the desk.

    Choosing the same time again changes nothing, but that the desk has a task again where it closed the last;
    until it has moved the visit another may be chosen.
    Raises `Missing` for a link of another purpose, `Conflict` `visit_moved` when the visit is no longer where
    it was, `time_taken` when the time has gone meanwhile or is no start at all, and `times_hindered` when
    the clinic has to look at something first: what, is not for this page to say.
    """
    request = request_of(link)

    def work_() -> TimeRequest:
        if is_missed(request) and stands(request, now):
            request.pk = ask(appointment=request.appointment, now=now).pk
        row = TimeRequest.objects.select_for_update(of=("self",), no_key=True).filter(pk=request.pk).first()
        if row is None or not stands(row, now):
            if row is not None and row.chosen_start == start:
                return row
            raise Conflict(OVER, code="visit_moved")
        direct = moves_itself(row, now)
        if not direct:
            _open_task(row, now)
            if row.chosen_start == start:
                return row
        # To the second: the desk could carry out no other.
        if start not in _starts(_found(row, now)):
            raise Conflict(TAKEN, code="time_taken")
        with acting(None, door=DOOR):
            row.chosen_at, row.chosen_start = now, start
            row.save(update_fields=["chosen_at", "chosen_start"])
            if direct:
                _move(None, row, "The patient moved the visit to", now)
        return row

    try:
        return in_transaction(work_)
    except Conflict as conflict:
        if conflict.code != "not_bookable":
            raise
        # Other times near it: only this one has gone.
        if conflict.data["alternatives"]:
            raise Conflict(TAKEN, code="time_taken") from conflict
        raise Conflict(HINDERED, code="times_hindered") from conflict


def carry_out(*, actor: Actor, request: TimeRequest, now: datetime) -> TimeRequest:
    """The desk moves the visit to the time that the patient chose, or books another one there in place of a
    missed one; carried out already, nothing changes.

    Raises `Conflict` `nothing_chosen`, `visit_moved`, and as `moving.reschedule` or `booking.book` does.
    """

    def work_() -> TimeRequest:
        row = TimeRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
        if row.chosen_start is None:
            raise Conflict(
                "The patient has not chosen a time yet. Call, or move the visit from its page.",
                code="nothing_chosen",
            )
        if is_moved(row):
            return row
        if not stands(row, now):
            raise Conflict("This visit is no longer at the time that didn't suit.", code="visit_moved")
        if is_missed(row):
            _book(actor, row, row.chosen_start, now)
        else:
            _move(actor, row, "Moved to the time that the patient chose,", now)
        return row

    return in_transaction(work_)


def close_overtaken(*, now: datetime) -> int:
    """Close the tasks of requests whose visit was moved, cancelled or has begun at another door. Returns how
    many. Level-triggered: whoever moved the visit knew nothing of the request."""
    open_ones = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:", closed_at=None)
    asked = {UUID(cause.split(":")[1]) for cause in open_ones.values_list("cause", flat=True)}
    requests = TimeRequest.objects.filter(pk__in=asked).select_related("appointment", "clinic")
    over = [request for request in requests if not stands(request, now)]
    for request in over:
        in_transaction(partial(_settle, None, request, _became_of(request, now), now))
    return len(over)


def _move(actor: Actor | None, request: TimeRequest, words: str, now: datetime) -> None:
    start = request.chosen_start
    assert start is not None  # noqa: S101  chosen by both callers
    moved = moving.reschedule(actor=actor, appointment=request.appointment, start=start, now=now)
    # Who chose a time has confirmed it, whoever moves the visit there.
    attendance.confirm(appointment=moved, now=now)
    when = spoken_time(start, request.clinic.time_zone, now=now)
    _settle(actor, request, f"{words} {when}.", now)


def _book(actor: Actor, request: TimeRequest, start: datetime, now: datetime) -> None:
    """A missed visit stays what it was: another one of its plan."""
    plan = TreatmentPlan.objects.get(pk=request.appointment.plan_id)
    booked = booking.book(actor=actor, id=uuid4(), plan=plan, start=start, now=now)
    attendance.confirm(appointment=booked, now=now)
    when = spoken_time(start, request.clinic.time_zone, now=now)
    _settle(actor, request, f"Booked for the time that the patient chose, {when}.", now)


def _settle(actor: Actor | None, request: TimeRequest, outcome: str, now: datetime) -> None:
    causes = list(_tasks(request).values_list("cause", flat=True))
    work.settle(actor=actor, clinic_id=request.clinic_id, causes=causes, outcome=outcome, now=now)


def _became_of(request: TimeRequest, now: datetime) -> str:
    visit = request.appointment
    if is_missed(request) and (instead := booked_instead(request)):
        return f"Booked for {spoken_time(instead.starts_at, request.clinic.time_zone, now=now)}."
    if visit.live and visit.starts_at != request.visit_starts_at:
        when = spoken_time(visit.starts_at, request.clinic.time_zone, now=now)
        return f"The visit was moved to {when}."
    return "The visit took place, or does so now." if visit.live else "The visit was cancelled or missed."


def _hindered(request: TimeRequest, now: datetime) -> bool:
    visit = request.appointment
    return bool(against_any_time(plan=visit.plan, now=now, without=[visit.pk]))


def _found(request: TimeRequest, now: datetime) -> Found:
    """Every time that the visit could be moved to."""
    visit = request.appointment
    plan = TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=visit.plan_id)
    lead = free_times.fasting_of(plan.protocol).lead
    return free_times.search(
        plan=plan,
        first=max(visit.starts_at - DAYS_BEFORE, now + max(LEAST_NOTICE, lead)),
        until=visit.starts_at + DAYS_AFTER,
        now=now,
        without=[visit.pk],
        extra_recovery=visit.extra_recovery_minutes,
    )


def _starts(found: Found) -> list[datetime]:
    return [moment_of(minute) for minute in found.minutes.tolist()]


def _near(request: TimeRequest, found: Found) -> list[datetime]:
    zone = request.clinic.time_zone
    unsuited = request.visit_starts_at
    starts = _starts(found)
    by_day = {
        day: list(of_day) for day, of_day in groupby(starts, key=lambda start: clock.local_date(start, zone))
    }
    own_day = clock.local_date(unsuited, zone)
    chosen: list[datetime] = []
    days = 0
    for day in sorted(by_day, key=lambda day: (abs(day - own_day), day)):
        wished = datetime.combine(day, unsuited.astimezone(ZoneInfo(zone)).time(), ZoneInfo(zone))
        of_day: list[datetime] = []
        for start in sorted(by_day[day], key=lambda start: (abs(start - wished), start)):
            apart = all(abs(minute_of(start) - minute_of(other)) >= APART for other in (*of_day, unsuited))
            if apart and len(of_day) < MOST_A_DAY:
                of_day.append(start)
        chosen += of_day
        days += bool(of_day)
        if days == MOST_DAYS:
            break
    return sorted(chosen)


def _tasks(request: TimeRequest) -> QuerySet[WorkItem]:
    """One for each time that it was asked for."""
    return WorkItem.objects.filter(clinic=request.clinic_id, cause__startswith=_cause(request.pk))


def _cause(request_id: UUID) -> str:
    return f"{CAUSE}:{request_id}"
