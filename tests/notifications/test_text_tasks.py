"""A patient's text and its tasks: whoever closes one has dealt with the other, and no due call is lost."""

import pytest

from clinic.models import WorkItem
from notifications.models import InboundMessage
from notifications.talking import conversations, inbound, text_tasks, threads
from tests.cast import NOW, House, client_of, new_id
from tests.notifications.test_threads import HOUR, MINUTE, reply
from tests.notifications.texts import alone_on_the_number, give_number, text
from tests.web.pages import browser_of

CRISIS = "I want to end my life"


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)


def task_of(kind: str, row: InboundMessage) -> WorkItem:
    return WorkItem.objects.get(cause=f"{kind}:{row.pk}")


def open_tasks() -> set[str]:
    return set(WorkItem.objects.filter(closed_at=None).values_list("title", flat=True))


def waiting(house: House) -> list[str]:
    return [each.body for thread in conversations.waiting_threads(house.clinic) for each in thread.texts]


def test_a_nurse_who_has_called_has_dealt_with_the_text_too(house: House) -> None:
    row = text(CRISIS)
    called = task_of(inbound.CRISIS_CAUSE, row)
    page = browser_of(house.nils).post(f"/tasks/{called.pk}/close/", {"outcome": "Called: safe"})
    assert page.status_code == 302
    assert waiting(house) == []
    assert open_tasks() == set(), "nobody reads again what a nurse has called about"
    (line,) = [each for each in conversations.thread_of(house.rosa) if each.id == row.pk]
    assert line.by == house.nils.full_name


def test_the_api_closes_a_text_with_its_task(house: House) -> None:
    row = text("Is the parking free?")
    item = task_of(inbound.TEXT_CAUSE, row)
    answer = client_of(house.ana).post(f"/api/v1/tasks/{item.pk}/close/", {"outcome": "Called her: yes"})
    assert answer.status_code == 200
    assert waiting(house) == []


def test_a_reply_ends_no_alarming_text_and_the_desk_still_sees_it(house: House) -> None:
    row = text(CRISIS)
    reply(house, "Please call us.")
    assert waiting(house) == [CRISIS]
    assert open_tasks() == {inbound.CALL_NOW, inbound.READ_AND_ANSWER}
    text_tasks.close(
        actor=house.actor(house.nils),
        item=task_of(inbound.CRISIS_CAUSE, row),
        outcome="Called, safe",
        now=NOW + HOUR,
    )
    assert waiting(house) == []
    assert open_tasks() == set()


def test_dealing_with_a_text_otherwise_doesnt_end_the_call_that_is_due(house: House) -> None:
    text(CRISIS)
    ana = house.actor(house.ana)
    texts = threads.texts_of(house.rosa)
    threads.deal_with(
        actor=ana, clinic_id=house.clinic.pk, texts=texts, outcome="Told a nurse", now=NOW + HOUR
    )
    assert waiting(house) == [CRISIS]
    assert inbound.CALL_NOW in open_tasks()


def test_the_desk_closes_its_task_and_the_alarming_text_waits_for_the_nurse(house: House) -> None:
    row = text(CRISIS)
    ana = house.actor(house.ana)
    item = task_of(inbound.TEXT_CAUSE, row)
    text_tasks.close(actor=ana, item=item, outcome="Told the nurse", now=NOW + MINUTE)
    assert waiting(house) == [CRISIS]
    assert open_tasks() == {inbound.CALL_NOW}


def test_texts_that_came_since_are_still_to_be_read_by_their_own_clock(house: House) -> None:
    first = text("Is the parking free?")
    text("And is there a bus?", now=NOW + HOUR, received_at=NOW + HOUR)
    item = task_of(inbound.TEXT_CAUSE, first)
    ana = house.actor(house.ana)
    text_tasks.close(actor=ana, item=item, outcome="Called her: yes", now=NOW + HOUR)
    assert waiting(house) == ["And is there a bus?"]
    (left,) = WorkItem.objects.filter(closed_at=None)
    assert (left.title, left.due_at) == (inbound.READ_AND_ANSWER, NOW + HOUR + inbound.READ_WITHIN)


def test_what_came_since_an_alarming_text_is_still_to_be_read_when_the_desk_has_told_a_nurse(
    house: House,
) -> None:
    row = text(CRISIS)
    text("And is there a bus?", now=NOW + MINUTE, received_at=NOW + MINUTE)
    ana, nils = house.actor(house.ana), house.actor(house.nils)
    told, called = task_of(inbound.TEXT_CAUSE, row), task_of(inbound.CRISIS_CAUSE, row)
    text_tasks.close(actor=ana, item=told, outcome="Told the nurse", now=NOW + HOUR)
    assert open_tasks() == {inbound.CALL_NOW, inbound.READ_AND_ANSWER}
    text_tasks.close(actor=nils, item=called, outcome="Called, safe", now=NOW + HOUR)
    assert waiting(house) == ["And is there a bus?"]
    assert open_tasks() == {inbound.READ_AND_ANSWER}


def test_what_came_while_an_answer_was_written_has_a_task_of_its_own(house: House) -> None:
    seen = text("Is the parking free?")
    text("And is there a bus?", now=NOW + MINUTE, received_at=NOW + MINUTE)
    reply(house, seen=seen.pk)
    (left,) = WorkItem.objects.filter(closed_at=None)
    assert (left.title, left.due_at) == (inbound.READ_AND_ANSWER, NOW + MINUTE + inbound.READ_WITHIN)


def test_a_call_about_one_text_leaves_the_others_to_be_read(house: House) -> None:
    row = text(CRISIS)
    text("And is there a bus?", now=NOW + MINUTE, received_at=NOW + MINUTE)
    nils = house.actor(house.nils)
    item = task_of(inbound.CRISIS_CAUSE, row)
    text_tasks.close(actor=nils, item=item, outcome="Called, safe", now=NOW + HOUR)
    assert waiting(house) == ["And is there a bus?"]
    assert open_tasks() == {inbound.READ_AND_ANSWER}


def test_a_task_about_something_else_closes_as_ever(house: House) -> None:
    from_desk = WorkItem.objects.create(
        id=new_id(),
        clinic=house.clinic,
        cause=f"other:{new_id()}",
        title="Order masks",
        role="front_desk",
        urgency="routine",
        due_at=NOW,
    )
    closed = text_tasks.close(
        actor=house.actor(house.ana), item=from_desk, outcome="Ordered", now=NOW + MINUTE
    )
    assert closed.outcome == "Ordered"


def test_what_a_task_of_a_text_that_a_nurse_dealt_with_stood_for_is_still_to_be_read(house: House) -> None:
    row = text(CRISIS)
    text("And is there a bus?", now=NOW + MINUTE, received_at=NOW + MINUTE)
    ana, nils = house.actor(house.ana), house.actor(house.nils)
    called, read = task_of(inbound.CRISIS_CAUSE, row), task_of(inbound.TEXT_CAUSE, row)
    text_tasks.close(actor=nils, item=called, outcome="Called, safe", now=NOW + HOUR)
    text_tasks.close(actor=ana, item=read, outcome="The nurse has called", now=NOW + HOUR)
    assert waiting(house) == ["And is there a bus?"]
    assert open_tasks() == {inbound.READ_AND_ANSWER}
