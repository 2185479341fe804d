"""What patients did not answer, by the rule table of domain.md 6.2 [D], and doubts that a visit booked later
must know of. Run again and again; each look finds only what has come due since.

* A first infusion's same-day check-in without an answer: a nurse calls the next morning.
* Any other check-in: the planner reminds once (`check_in_again`); when no link asks any more, it is closed.
* A visit within a day whose questions are open: a nurse's task, until they are answered.
"""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from clinic import clock, work
from clinic.models import Role, Urgency, WorkItem
from clinic.transactions import in_transaction
from notifications.answering import check_ins, nurse_calls
from notifications.answering.grading import AMBER
from notifications.answering.question_sets import QUESTION_SETS, SAME_DAY, question_of
from notifications.models import (
    CheckIn,
    CheckInAnswer,
    CheckInEnd,
    Message,
    MessageKind,
    MessageStatus,
    PatientLink,
)
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Session
from sessions_app.preparing import readiness

AT_ONCE: Final = 200
MORNING: Final = time(9)
# An older answer is a matter of the chart, not of the next visit's readiness. [D]
DOUBTS_LAST: Final = timedelta(days=60)
# Read over shoulders: what to do, nothing about health.
CALL: Final = "Call the patient this morning: no answer after the first visit"
CALL_BEFORE: Final = "Ask the patient what is open before the visit"
OPEN_CAUSE: Final = "readiness_open"
ANSWERED: Final = "The patient has answered."
NOT_AHEAD: Final = "The visit isn't ahead any more, or not at that time."


def look(*, now: datetime) -> int:
    """Do what is due by now. Any number may run at once. Returns how many tasks and closings there were."""
    return sum(
        in_transaction(partial(step, now))
        for step in (_call_after_first, _close, _ask_before, _settle_asked, _stand_on_new_visits)
    )


def _open_check_ins() -> QuerySet[CheckIn]:
    return CheckIn.objects.filter(completed_at=None, ended_at=None, level="")


def _call_after_first(now: datetime) -> int:
    earlier = Session.objects.filter(
        patient=OuterRef("patient"), started_at__lt=OuterRef("session__started_at")
    )
    rows = _open_check_ins().filter(~Exists(earlier), kind=SAME_DAY, session__isnull=False)
    count = 0
    for row in rows.select_related("patient", "clinic", "session").select_for_update(
        of=("self",), skip_locked=True, no_key=True
    )[:AT_ONCE]:
        zone = row.patient.time_zone or row.clinic.time_zone
        morning = clock.at_local(clock.local_date(row.created_at, zone) + timedelta(days=1), MORNING, zone)
        if now < morning:
            continue
        nurse_calls.open_call(
            clinic=row.clinic,
            patient_id=row.patient_id,
            level=AMBER,
            cause=f"check_in_missing:{row.pk}",
            title=CALL,
            now=now,
        )
        row.ended_at, row.end = now, CheckInEnd.NO_RESPONSE
        row.save(update_fields=["ended_at", "end"])
        count += 1
    return count


def _close(now: datetime) -> int:
    """Close what no link asks any more: neither the first message nor the reminder, alone or carried."""
    still_open = PatientLink.objects.filter(expires_at__gt=now)
    asked_again = Message.objects.filter(again_of=OuterRef(OuterRef("message")))
    ways = (
        still_open.filter(message=OuterRef("message")),
        still_open.filter(message=OuterRef("message__carried_by")),
        still_open.filter(message__in=asked_again.values("pk")),
        still_open.filter(message__in=asked_again.values("carried_by")),
    )
    rows = _open_check_ins().filter(*(~Exists(way) for way in ways))
    found = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk")[:AT_ONCE]
    return CheckIn.objects.filter(pk__in=[row.pk for row in found]).update(
        ended_at=now, end=CheckInEnd.NO_RESPONSE
    )


def _ask_before(now: datetime) -> int:
    """A task for each visit of the coming day whose patient was asked by a link and left a question open."""
    asked = Message.objects.filter(
        Q(status=MessageStatus.SENT) | Q(carried_by__status=MessageStatus.SENT),
        appointment=OuterRef("pk"),
        visit_starts_at=F("appointment__during__startswith"),
        kind__in=[
            MessageKind.CONFIRMATION,
            MessageKind.MOVE,
            MessageKind.CHANGE,
            MessageKind.REMINDER,
        ],
    )
    visits = Appointment.objects.filter(
        Exists(asked),
        status=AppointmentStatus.BOOKED,
        during__startswith__gt=now,
        during__startswith__lte=now + readiness.CALL_BEFORE,
    )
    causes = {_cause_of_open(visit): visit for visit in visits}
    told = set(WorkItem.objects.filter(cause__in=causes).values_list("cause", flat=True))
    untold = {cause: visit for cause, visit in causes.items() if cause not in told}
    stands = readiness.standing_of(list(untold.values()))
    count = 0
    for cause, visit in untold.items():
        if not readiness.unanswered(stands.get(visit.pk)):
            continue
        work.open_item(
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            cause=cause,
            title=CALL_BEFORE,
            urgency=Urgency.ROUTINE,
            role=Role.NURSE,
            due_at=readiness.due_before(visit, now=now),
        )
        count += 1
    return count


def _settle_asked(now: datetime) -> int:
    """Nobody is asked any more what the patient has answered since, or before a visit that isn't ahead."""
    tasks = WorkItem.objects.filter(cause__startswith=f"{OPEN_CAUSE}:", closed_at=None)
    waiting = {
        cause: (clinic, UUID(cause.split(":")[1])) for clinic, cause in tasks.values_list("clinic", "cause")
    }
    visits = Appointment.objects.in_bulk({visit for _, visit in waiting.values()})
    stands = readiness.standing_of(list(visits.values()))
    count = 0
    for cause, (clinic_id, visit_id) in sorted(waiting.items()):
        visit = visits[visit_id]
        ahead = visit.status == AppointmentStatus.BOOKED and now < visit.starts_at
        if ahead and cause == _cause_of_open(visit):
            if readiness.unanswered(stands.get(visit.pk)):
                continue
            outcome = ANSWERED
        else:
            outcome = NOT_AHEAD
        work.settle(actor=None, clinic_id=clinic_id, causes=[cause], outcome=outcome, now=now)
        count += 1
    return count


def _cause_of_open(visit: Appointment) -> str:
    """One task for each start of a visit."""
    return f"{OPEN_CAUSE}:{visit.pk}:{visit.starts_at:%Y%m%dT%H%M}Z"


def _stand_on_new_visits(now: datetime) -> int:
    """A doubt stands on the next visit, also on one that was booked, or that became the next, afterwards."""
    holding = {
        (asked.code, choice.value)
        for questions in QUESTION_SETS.values()
        for asked in questions
        for choice in asked.choices
        if choice.holds
    }
    codes, values = zip(*holding, strict=True)
    answers = [
        row
        for row in CheckInAnswer.objects.filter(
            answered_at__gt=now - DOUBTS_LAST, question__in=codes, value__in=values
        ).select_related("check_in")
        if (row.question, row.value) in holding
    ]
    patients = {row.check_in.patient_id for row in answers}
    coming: dict[object, Appointment] = {}
    for visit in Appointment.objects.filter(
        patient__in=patients, status=AppointmentStatus.BOOKED, during__startswith__gte=now
    ).order_by("-during"):
        coming[visit.patient_id] = visit
    treated: dict[object, datetime] = {}
    for patient_id, arrived_at in Session.objects.filter(patient__in=patients).values_list(
        "patient_id", "arrived_at"
    ):
        treated[patient_id] = max(arrived_at, treated.get(patient_id, arrived_at))
    count = 0
    for row in answers:
        patient_id = row.check_in.patient_id
        asked = question_of(row.check_in.kind, row.question)
        choice = asked.choice(row.value) if asked else None
        if (
            choice is None
            or patient_id not in coming
            or row.answered_at < treated.get(patient_id, row.answered_at)
        ):
            continue
        visit = coming[patient_id]
        made = check_ins.stand_beside(visit, row, choice.holds, now)
        count += made is not None and made.given_at == now
    return count
