"""A patient's answers to a check-in: each is stored and graded the moment it is given, and an alarming one
opens a task at once, whether or not the check-in is ever finished.

What is asked is in `question_sets`; questionnaires with a score are in `questionnaires`.
"""

from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from clinic import work as staff_work
from clinic.history import acting
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from notifications.answering import comparing, due_times, grading
from notifications.answering.grading import AMBER, GREEN, RED, Choice, Question
from notifications.answering.links import DOOR
from notifications.answering.question_sets import HEADACHE, QUESTION_SETS, question_of
from notifications.models import CheckIn, CheckInAnswer
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import QuestionnaireResponse, Readiness, ResponseStatus, Session
from sessions_app.outcomes.instruments import PAIN_NRS
from sessions_app.preparing import readiness

# ICD-10-CM: migraine, other headache syndromes, headache.
HEADACHES: Final = ("G43", "G44", "R51")
# Read over shoulders: what to do, nothing about health.
CALL_NOW: Final = "Call the patient now: alarming answer to a check-in"
CALL_TODAY: Final = "Call the patient today: worrying answer to a check-in"
CALL_SOON: Final = "Call the patient within a working day: an answer to a check-in"
JUDGE: Final = "Look at the patient's answer before the next visit: it holds the visit"


def answer(*, id: UUID, check_in: CheckIn, question: str, value: str, now: datetime) -> CheckInAnswer:
    """Store one answer with its level. A changed answer is a new row, and the newest counts.

    Red opens a nurse's task due in 15 minutes, amber one due in 2 hours while the house is staffed
    (domain.md 6.2 [D]), once for as long as the answer stays the same and that task is open. An answer that
    holds the next visit opens a prescriber's task due before it, and stands on that visit's readiness. One
    that is worse than before (`comparing`) opens a nurse's task due within a working day. A check-in that was
    closed without an answer is open again. Raises `Invalid` for a question that isn't asked or a value that
    isn't offered.
    """
    asked = question_of(check_in.kind, question)
    if asked is None:
        codes = ", ".join(each.code for each in QUESTION_SETS[check_in.kind])
        raise Invalid({"question": f"This check-in asks: {codes}."})
    choice = asked.choice(value)
    if choice is None:
        offered = ", ".join(each.value for each in asked.choices)
        raise Invalid({"value": f"Choose one of: {offered}."})

    def work() -> CheckInAnswer:
        row = CheckIn.objects.select_for_update(no_key=True).get(pk=check_in.pk)
        before = newest_answers(row)
        worse = _worse_than_before(row, asked, value)
        with acting(None, door=DOOR):
            given = CheckInAnswer.objects.create(
                id=id,
                check_in=row,
                question=question,
                value=value,
                level=AMBER if worse and choice.level == GREEN else choice.level,
                answered_at=now,
            )
            if given.level != GREEN and not _is_called_about(before.get(question), value):
                _alarm(row, given, choice, now)
            counting = {**before, question: given}
            row.level = grading.worst(each.level for each in counting.values())
            row.ended_at, row.end = None, ""
            if row.completed_at is None and next_question(row, counting) is None:
                row.completed_at = now
            row.save(update_fields=["level", "completed_at", "ended_at", "end"])
        return given

    return in_transaction(work)


def newest_answers(check_in: CheckIn) -> dict[str, CheckInAnswer]:
    """The answer that counts for each question answered so far."""
    given = CheckInAnswer.objects.filter(check_in=check_in).order_by("answered_at", "created_at")
    return {each.question: each for each in given}


def next_question(check_in: CheckIn, answered: dict[str, CheckInAnswer]) -> Question | None:
    """The first question without an answer, or None when all have one."""
    return next((each for each in QUESTION_SETS[check_in.kind] if each.code not in answered), None)


def task_of(given: CheckInAnswer) -> WorkItem | None:
    """The task that an answer opened, by itself or when the same was said before it."""
    same = CheckInAnswer.objects.filter(
        check_in=given.check_in_id, question=given.question, value=given.value
    ).values_list("pk", flat=True)
    causes = [_cause(pk) for pk in same]
    rows = WorkItem.objects.filter(clinic_id=given.check_in.clinic_id, cause__in=causes)
    return rows.order_by("-created_at").first()


def next_visit(check_in: CheckIn, now: datetime) -> Appointment | None:
    """The visit that an answer can hold: the patient's next one that is booked."""
    ahead = Appointment.objects.filter(
        patient=check_in.patient_id, status=AppointmentStatus.BOOKED, during__startswith__gte=now
    )
    return ahead.order_by("during").first()


def stand_beside(visit: Appointment, given: CheckInAnswer, holds: str, now: datetime) -> Readiness | None:
    """Keep the doubt that this answer raises beside the visit: once, whoever notices it."""
    return readiness.raise_doubts(
        id=uuid5(given.pk, str(visit.pk)), appointment=visit, questions=[holds], now=now
    )


def _alarm(check_in: CheckIn, given: CheckInAnswer, choice: Choice, now: datetime) -> None:
    clinic, role = check_in.clinic, Role.NURSE
    if choice.holds:
        visit = next_visit(check_in, now)
        title, role = JUDGE, Role.PRESCRIBER
        due_at = (
            readiness.due_before(visit, now=now)
            if visit
            else due_times.within_a_working_day(clinic=clinic, now=now)
        )
        if visit:
            stand_beside(visit, given, choice.holds, now)
    elif choice.level == GREEN:
        title, due_at = CALL_SOON, due_times.within_a_working_day(clinic=clinic, now=now)
    else:
        title = CALL_NOW if choice.level == RED else CALL_TODAY
        due_at = due_times.for_level(choice.level, clinic=clinic, now=now)
    staff_work.open_item(
        clinic_id=check_in.clinic_id,
        patient_id=check_in.patient_id,
        cause=_cause(given.pk),
        title=title,
        urgency=Urgency(given.level),
        role=role,
        due_at=due_at,
    )


def _is_called_about(before: CheckInAnswer | None, value: str) -> bool:
    """Whether somebody is still at the same answer: a task that was closed calls nobody about what is said
    after it."""
    if before is None or before.value != value:
        return False
    task = task_of(before)
    return task is not None and task.closed_at is None


def _cause(answer_id: UUID) -> str:
    return f"check_in_answer:{answer_id}"


def _worse_than_before(check_in: CheckIn, asked: Question, value: str) -> bool:
    if not asked.compares:
        return False
    earlier = _earlier_answers(check_in, asked)
    baseline = _baseline(check_in, asked, earlier) if asked.compares == comparing.PAIN else None
    return comparing.worries(asked.compares, value, baseline=baseline, earlier=earlier)


def _earlier_answers(check_in: CheckIn, asked: Question) -> list[str]:
    """The answers that count to the same question in the patient's earlier check-ins, the newest first."""
    rows = CheckInAnswer.objects.filter(check_in__patient=check_in.patient_id, question=asked.code).exclude(
        check_in=check_in.pk
    )
    newest = {row.check_in_id: row for row in rows.order_by("answered_at", "created_at")}
    ordered = sorted(newest.values(), key=lambda row: row.answered_at, reverse=True)
    return [row.value for row in ordered]


def _baseline(check_in: CheckIn, asked: Question, earlier: list[str]) -> int | None:
    """What an answer about pain is compared with: the score before the first infusion, without one the first
    answer to the question itself.

    The score is of the pain that is treated. Where that isn't the head's, a headache can be new and far below
    it: it is compared with the lower of the two.
    """
    score, first = _pain_baseline(check_in), int(earlier[-1]) if earlier else None
    if score is None or first is None:
        return first if score is None else score
    of_the_head = check_in.plan is not None and check_in.plan.indication.startswith(HEADACHES)
    return min(score, first) if asked is HEADACHE and not of_the_head else score


def _pain_baseline(check_in: CheckIn) -> int | None:
    """The last pain score before the first infusion, as the outcomes chart has it; None where none was
    taken."""
    first = (
        Session.objects.filter(patient=check_in.patient_id, started_at__isnull=False)
        .order_by("started_at")
        .values_list("started_at", flat=True)
        .first()
    )
    scores = QuestionnaireResponse.objects.filter(
        patient=check_in.patient_id,
        instrument=PAIN_NRS.code,
        status=ResponseStatus.COMPLETED,
        score__isnull=False,
    )
    if first is not None:
        scores = scores.filter(completed_at__lt=first)
    return scores.order_by("-completed_at").values_list("score", flat=True).first()
