"""A patient's answers after a visit: each is stored and graded the moment it is given, and an alarming one
opens a task at once, whether or not the check-in is ever finished.
"""

from datetime import datetime
from uuid import UUID

from clinic import work as staff_work
from clinic.history import acting
from clinic.models import Role, Urgency
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from notifications.answering import grading
from notifications.answering.grading import Question
from notifications.models import CheckIn, CheckInAnswer

TASK_TITLES = {
    grading.RED: "Call the patient now: alarming answer to a check-in",
    grading.AMBER: "Call the patient today: worrying answer to a check-in",
}


def answer(*, id: UUID, check_in: CheckIn, question: str, value: str, now: datetime) -> CheckInAnswer:
    """Store one answer with its level. A changed answer is a new row, and the newest counts.

    Red opens a nurse's task due in 15 minutes, amber one due in 2 hours (domain.md 6.2 [D]), once for as
    long as the answer stays the same. Raises `Invalid` for a question that isn't asked or a value that
    isn't offered.
    """
    asked = grading.question_of(check_in.kind, question)
    if asked is None:
        codes = ", ".join(each.code for each in grading.QUESTION_SETS[check_in.kind])
        raise Invalid({"question": f"This check-in asks: {codes}."})
    choice = asked.choice(value)
    if choice is None:
        offered = ", ".join(each.value for each in asked.choices)
        raise Invalid({"value": f"Choose one of: {offered}."})

    def work() -> CheckInAnswer:
        row = CheckIn.objects.select_for_update(no_key=True).get(pk=check_in.pk)
        before = newest_answers(row)
        with acting(None, door="patient link"):
            given = CheckInAnswer.objects.create(
                id=id,
                check_in=row,
                question=question,
                value=value,
                level=choice.level,
                answered_at=now,
            )
            if choice.level in grading.CLOCKS and (question not in before or before[question].value != value):
                _alarm(row, given, now)
            counting = {**before, question: given}
            row.level = grading.worst([each.level for each in counting.values()])
            if row.completed_at is None and next_question(row, counting) is None:
                row.completed_at = now
            row.save(update_fields=["level", "completed_at"])
        return given

    return in_transaction(work)


def newest_answers(check_in: CheckIn) -> dict[str, CheckInAnswer]:
    """The answer that counts for each question answered so far."""
    given = CheckInAnswer.objects.filter(check_in=check_in).order_by("answered_at", "created_at")
    return {each.question: each for each in given}


def next_question(check_in: CheckIn, answered: dict[str, CheckInAnswer]) -> Question | None:
    """The first question without an answer, or None when all have one."""
    return next(
        (each for each in grading.QUESTION_SETS[check_in.kind] if each.code not in answered),
        None,
    )


def _alarm(check_in: CheckIn, given: CheckInAnswer, now: datetime) -> None:
    staff_work.open_item(
        clinic_id=check_in.clinic_id,
        patient_id=check_in.patient_id,
        cause=f"check_in_answer:{given.pk}",
        title=TASK_TITLES[given.level],
        urgency=Urgency(given.level),
        role=Role.NURSE,
        due_at=now + grading.CLOCKS[given.level],
    )
