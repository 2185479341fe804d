"""A text comes while what the same number sent before is closed: none is left without a task.

Each meeting is made to happen, and the same meeting with the lock taken out shows what it is there for.
"""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from clinic.models import Patient, WorkItem
from notifications.models import InboundMessage
from notifications.talking import inbound, text_tasks, threads
from tests.at_once import at_once
from tests.cast import NOW, House, make_house, new_id
from tests.notifications.texts import alone_on_the_number, give_number, text
from tests.races.meetings import A_MOMENT

FIRST, SECOND = "Is the parking free?", "And is there a bus?"


@pytest.fixture
def house(transactional_db: None) -> House:
    house = make_house()
    give_number(house.clinic)
    alone_on_the_number(house)
    return house


@pytest.fixture
def row(house: House) -> InboundMessage:
    """From a number that she has no more, so that her own row's lock keeps nothing apart."""
    row = text(FIRST)
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13125550149")
    return row


def close(house: House, row: InboundMessage) -> Any:
    item = WorkItem.objects.get(cause=f"{inbound.TEXT_CAUSE}:{row.pk}")
    return text_tasks.close(actor=house.actor(house.ana), item=item, outcome="Called her: yes", now=NOW)


def deal_with(house: House, row: InboundMessage) -> Any:
    texts = threads.up_to(threads.texts_of(house.rosa), row.pk)
    ana = house.actor(house.ana)
    return threads.deal_with(
        actor=ana, clinic_id=house.clinic.pk, texts=texts, outcome="Called her: yes", now=NOW
    )


def reply(house: House, row: InboundMessage) -> Any:
    ana, rosa = house.actor(house.ana), Patient.objects.get(pk=house.rosa.pk)
    return threads.reply(actor=ana, id=new_id(), patient=rosa, text="Yes, it is.", seen=row.pk, now=NOW)


def meet(
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    when: tuple[Any, str],
) -> None:
    """Both at once; `first` has done `when` as `second` begins, and waits a moment for it to end."""
    there, done = Event(), Event()
    do = getattr(*when)

    def do_and_wait(*asked: Any) -> None:
        do(*asked)
        if not there.is_set():
            there.set()
            done.wait(A_MOMENT)

    def come_second() -> Any:
        there.wait(10)
        try:
            return second()
        finally:
            done.set()

    monkeypatch.setattr(*when, do_and_wait)
    outcomes = at_once(first, come_second)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]


def taken_first(monkeypatch: pytest.MonkeyPatch, closing: Callable[[], Any]) -> None:
    """The second text has found a task that stands for it; that one is closed."""
    meet(monkeypatch, lambda: text(SECOND), closing, when=(inbound, "_follow"))


def closed_first(monkeypatch: pytest.MonkeyPatch, closing: Callable[[], Any]) -> None:
    """Nothing was left that the first text's task stood for; the second text comes."""
    meet(monkeypatch, closing, lambda: text(SECOND), when=(text_tasks, "still_to_be_read"))


def left_without_a_task() -> bool:
    assert list(InboundMessage.objects.filter(read_at=None).values_list("body", flat=True)) == [SECOND]
    return not WorkItem.objects.filter(closed_at=None).exists()


@pytest.mark.parametrize("order", [taken_first, closed_first])
@pytest.mark.parametrize("closing", [close, deal_with, reply])
def test_a_text_that_comes_while_the_one_before_is_closed_has_a_task(
    row: InboundMessage,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    order: Callable[..., None],
    closing: Callable[[House, InboundMessage], Any],
) -> None:
    order(monkeypatch, lambda: closing(house, row))
    assert not left_without_a_task()


@pytest.mark.parametrize("order", [taken_first, closed_first])
def test_without_the_numbers_lock_nobody_would_read_it(
    row: InboundMessage, house: House, monkeypatch: pytest.MonkeyPatch, order: Callable[..., None]
) -> None:
    monkeypatch.setattr(inbound, "one_at_a_time", lambda name: None)
    order(monkeypatch, lambda: close(house, row))
    assert left_without_a_task()
