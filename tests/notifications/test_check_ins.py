"""Answers after a visit: graded as they are given, alarming whether or not the check-in is finished."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from clinic import work
from clinic.models import WorkItem, WorkItemStep
from clinic.problems import Invalid, Missing
from notifications.answering import check_ins, links, question_sets
from notifications.escalating.clocks import run_clocks
from notifications.models import CheckIn, CheckInAnswer, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.cast import House, local
from tests.notifications.visits import VISIT, book, discharge

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
MORNING = local(date(2027, 1, 22), "9:00")


@pytest.fixture
def check_in(house: House) -> CheckIn:
    discharge(book(house, house.rosa), VISIT + 9 * HOUR)
    plan(now=MORNING)
    return CheckIn.objects.get()


def say(check_in: CheckIn, question: str, value: str, now: object = MORNING) -> CheckInAnswer:
    return check_ins.answer(id=uuid4(), check_in=check_in, question=question, value=value, now=now)  # type: ignore[arg-type]


def test_a_red_answer_calls_the_nurse_within_fifteen_minutes(check_in: CheckIn) -> None:
    given = say(check_in, "safety", "yes")
    task = WorkItem.objects.get()
    assert (task.urgency, task.role, task.due_at) == ("red", "nurse", MORNING + 15 * MINUTE)
    assert task.patient == check_in.patient
    assert task.cause == f"check_in_answer:{given.pk}"


def test_an_amber_answer_calls_the_nurse_within_two_hours(check_in: CheckIn) -> None:
    say(check_in, "fall", "yes")
    task = WorkItem.objects.get()
    assert (task.urgency, task.due_at) == ("amber", MORNING + 2 * HOUR)


def test_a_green_answer_calls_nobody(check_in: CheckIn) -> None:
    assert say(check_in, "sleep", "badly").level == "green"
    assert not WorkItem.objects.exists()


def test_a_check_in_broken_off_after_one_red_answer_has_alarmed(check_in: CheckIn) -> None:
    say(check_in, "urgent_symptom", "chest_pain")
    check_in.refresh_from_db()
    assert (check_in.level, check_in.completed_at) == ("red", None)
    assert WorkItem.objects.filter(urgency="red").count() == 1


def test_saying_the_same_again_opens_no_second_task_but_another_symptom_does(check_in: CheckIn) -> None:
    say(check_in, "urgent_symptom", "chest_pain")
    say(check_in, "urgent_symptom", "chest_pain", MORNING + MINUTE)
    assert WorkItem.objects.count() == 1
    say(check_in, "urgent_symptom", "fainted", MORNING + 2 * MINUTE)
    assert WorkItem.objects.count() == 2


def test_saying_the_same_again_after_the_task_was_closed_calls_again(house: House, check_in: CheckIn) -> None:
    say(check_in, "safety", "yes")
    first = WorkItem.objects.get()
    work.close(
        actor=house.actor(house.nils), item=first, outcome="Called: she is with her sister.", now=MORNING
    )
    again = say(check_in, "safety", "yes", MORNING + HOUR)
    second = WorkItem.objects.get(closed_at=None)
    assert (second.cause, second.urgency) == (f"check_in_answer:{again.pk}", "red")
    assert second.due_at == MORNING + HOUR + 15 * MINUTE
    say(check_in, "safety", "yes", MORNING + 2 * HOUR)
    assert WorkItem.objects.filter(closed_at=None).count() == 1


def test_a_changed_answer_is_a_new_row_and_the_newest_counts(check_in: CheckIn) -> None:
    say(check_in, "fall", "yes")
    say(check_in, "fall", "no", MORNING + MINUTE)
    check_in.refresh_from_db()
    assert check_in.level == "green"
    assert CheckInAnswer.objects.count() == 2
    assert WorkItem.objects.count() == 1  # what was said was said: the nurse still looks
    say(check_in, "fall", "yes", MORNING + 2 * MINUTE)
    assert WorkItem.objects.count() == 2


def test_the_last_answer_finishes_the_check_in(check_in: CheckIn) -> None:
    for number, question in enumerate(question_sets.QUESTION_SETS["next_morning"]):
        check_in.refresh_from_db()
        assert check_in.completed_at is None
        say(check_in, question.code, question.choices[0].value, MORNING + number * MINUTE)
    check_in.refresh_from_db()
    assert check_in.completed_at == MORNING + (len(question_sets.QUESTION_SETS["next_morning"]) - 1) * MINUTE
    assert check_in.level == "green"


def test_a_question_or_an_answer_that_is_not_offered_is_refused_with_what_is(check_in: CheckIn) -> None:
    with pytest.raises(Invalid, match="safety, urgent_symptom"):
        say(check_in, "weather", "fine")
    with pytest.raises(Invalid, match="Choose one of: no, yes"):
        say(check_in, "safety", "perhaps")
    assert not CheckInAnswer.objects.exists()


def test_a_visits_link_answers_no_check_in_and_a_check_ins_link_confirms_no_visit(
    house: House, check_in: CheckIn
) -> None:
    with pytest.raises(Missing):
        links.confirm_visit(
            link=links.open_link(token=token_for(check_in.message.link.pk), now=MORNING), now=MORNING
        )
    book(house, house.omar, VISIT + timedelta(days=30))
    plan(now=MORNING)
    confirmation = Message.objects.get(stage="confirmation", patient=house.omar)
    with pytest.raises(Missing):
        links.check_in_of(links.open_link(token=token_for(confirmation.link.pk), now=MORNING), MORNING)


def test_a_task_that_nobody_takes_by_its_due_time_is_raised_once(check_in: CheckIn) -> None:
    say(check_in, "safety", "yes")
    due = MORNING + 15 * MINUTE
    run_clocks(now=due - timedelta(seconds=1))
    assert WorkItem.objects.get().escalated_at is None
    run_clocks(now=due)
    run_clocks(now=due + MINUTE)
    assert WorkItem.objects.get().escalated_at == due


def test_a_task_that_was_taken_or_closed_is_not_raised(house: House, check_in: CheckIn) -> None:
    say(check_in, "safety", "yes")
    say(check_in, "fall", "yes")
    WorkItem.objects.filter(urgency="red").update(acknowledged_at=MORNING, acknowledged_by=house.nils)
    WorkItem.objects.filter(urgency="amber").update(closed_at=MORNING, outcome="Called, is well.")
    assert run_clocks(now=MORNING + 10 * MINUTE) == 0
    # The red one by now, because it was taken and forgotten.
    assert run_clocks(now=MORNING + 3 * HOUR) == 1
    assert WorkItemStep.objects.get(kind="escalated").work_item.urgency == "red"
