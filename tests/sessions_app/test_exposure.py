"""Liver tests are asked for after as many mg in all as the protocol says, once, and again after as many more.
Rosa gets 35 mg in each session of these stories.
"""

from datetime import datetime, timedelta

import pytest

from clinic import work
from clinic.models import WorkItem
from scheduler.models import Protocol
from sessions_app.infusing import exposure
from sessions_app.preparing import liver_tests, on_record
from tests.cast import NOW, House
from tests.sessions_app import stories

DAY = timedelta(days=1)
DUE = "Liver tests are due: 70 mg were given in all by then."


def asking(house: House, mg: int | None) -> Protocol:
    return stories.active_protocol(house, liver_test_after_mg=mg)


def infused(house: House, *ahead: int) -> datetime:
    """Home after an infusion on each of these days, the last of them looked at."""
    for days in ahead:
        stories.discharged(house, at=NOW + days * DAY)
        exposure.look(now=NOW + days * DAY + timedelta(hours=3))
    return NOW + ahead[-1] * DAY + timedelta(hours=3)


def asked(house: House) -> list[int]:
    return [liver_tests.mg_of(item) for item in liver_tests.asked_of([house.rosa.pk])]


@pytest.mark.parametrize(("mg", "sessions"), [(35, [35]), (36, []), (70, [])])
def test_they_are_due_with_as_many_mg_and_not_before(house: House, mg: int, sessions: list[int]) -> None:
    asking(house, mg)
    infused(house, 0)
    assert asked(house) == sessions


def test_they_are_due_in_all_and_again_after_as_many_more_once_they_are_noted(house: House) -> None:
    asking(house, 70)
    at = infused(house, 0, 3)
    assert asked(house) == [70]
    item = WorkItem.objects.get(title=liver_tests.TITLE)
    assert (item.role, item.patient) == ("prescriber", house.rosa)
    infused(house, 6, 9)
    assert asked(house) == [70], "they are asked for already"

    work.close(actor=house.actor(house.priya), item=item, outcome="ALT 22, as before", now=at + DAY)
    exposure.look(now=NOW + 9 * DAY + timedelta(hours=4))
    assert asked(house) == [140, 70]


def test_the_checklist_says_so_and_afterwards_what_was_noted(house: House) -> None:
    asking(house, 70)
    at = infused(house, 0, 3)
    session = stories.arrived(house, at=NOW + 6 * DAY)
    later = NOW + 6 * DAY
    assert on_record.to_look_at(session, later)["last_side_effects"][1:] == [DUE]

    item = WorkItem.objects.get(title=liver_tests.TITLE)
    work.close(actor=house.actor(house.priya), item=item, outcome="ALT 22, as before", now=at)
    assert on_record.to_look_at(session, later)["last_side_effects"][1:] == [
        "Liver tests after 70 mg in all, noted on Thu, Jan 14: ALT 22, as before"
    ]


def test_a_protocol_that_does_not_say_asks_for_none(house: House) -> None:
    asking(house, None)
    infused(house, 0, 3)
    assert asked(house) == []


def test_what_was_given_counts_and_not_what_was_ordered(house: House) -> None:
    asking(house, 35)
    session = stories.infusing(house)
    half_way = stories.STARTED_AT + timedelta(minutes=20)
    assert exposure.given_mg([house.rosa.pk], now=half_way)[house.rosa.pk] == 17.5
    assert session.started_at is not None
    exposure.look(now=half_way)
    assert asked(house) == []
