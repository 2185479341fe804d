"""Tasks: one for each cause, taken by one person, closed with words."""

from datetime import timedelta
from functools import partial

import pytest

from clinic import queries, work
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Forbidden, Invalid
from tests.at_once import at_once
from tests.cast import NOW, House, client_of, make_house, make_user

TASKS = "/api/v1/tasks/"


def open_item(
    house: House, cause: str = "check_in_answer:1", role: Role = Role.NURSE, minutes: int = 0
) -> WorkItem:
    return work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause=cause,
        title="Call back",
        urgency=Urgency.RED,
        role=role,
        due_at=NOW + timedelta(minutes=minutes),
    )


def test_one_cause_opens_one_task_also_after_it_was_closed(house: House) -> None:
    item = open_item(house)
    work.close(actor=house.actor(house.nils), item=item, outcome="Spoke with her.", now=NOW)
    assert open_item(house) == item
    assert WorkItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_noticed_by_four_workers_at_once_it_is_still_one_task() -> None:
    house = make_house()
    items = at_once(*[partial(open_item, house)] * 4)
    assert len({item.pk for item in items}) == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_nurses_taking_a_task_at_once_one_has_it() -> None:
    house = make_house()
    nora = make_user(house.clinic, "Nora Quinn", Role.NURSE)
    item = open_item(house)
    takes = [
        partial(work.acknowledge, actor=house.actor(user), item=item, now=NOW) for user in (house.nils, nora)
    ]
    outcomes = at_once(*takes)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "WorkItem"]


def test_taking_a_task_makes_it_ones_own_and_once_more_changes_nothing(house: House) -> None:
    item = open_item(house)
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW)
    again = work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW + timedelta(hours=1))
    assert (again.owner_id, again.acknowledged_by_id, again.acknowledged_at) == (
        house.nils.pk,
        house.nils.pk,
        NOW,
    )


def test_a_colleagues_task_is_refused_with_their_name(house: House) -> None:
    item = open_item(house)
    work.acknowledge(actor=house.actor(house.nils), item=item, now=NOW)
    with pytest.raises(Conflict, match="Nils Berg has taken this task already"):
        work.acknowledge(actor=house.actor(house.priya), item=item, now=NOW)


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.FRONT_DESK, ["ana", "nils", "priya", "max"], []),
        (Role.NURSE, ["nils", "priya"], ["ana", "max"]),
        (Role.PRESCRIBER, ["priya"], ["ana", "nils", "max"]),
        (Role.MANAGER, ["max"], ["ana", "nils", "priya"]),
    ],
)
def test_a_task_is_closed_by_those_it_is_for(
    house: House, role: Role, may: list[str], may_not: list[str]
) -> None:
    for name in may_not:
        with pytest.raises(Forbidden):
            work.close(
                actor=house.actor(getattr(house, name)),
                item=open_item(house, role=role),
                outcome="Done.",
                now=NOW,
            )
    for number, name in enumerate(may):
        item = open_item(house, cause=f"test:{number}", role=role)
        closed = work.close(actor=house.actor(getattr(house, name)), item=item, outcome="Done.", now=NOW)
        assert (closed.closed_at, closed.outcome) == (NOW, "Done.")


def test_a_task_never_closes_in_silence(house: House) -> None:
    with pytest.raises(Invalid, match="never closes in silence"):
        work.close(actor=house.actor(house.nils), item=open_item(house), outcome="  ", now=NOW)


def test_a_closed_task_keeps_its_first_outcome(house: House) -> None:
    item = open_item(house)
    nils = house.actor(house.nils)
    work.close(actor=nils, item=item, outcome="Spoke with her.", now=NOW)
    assert work.close(actor=nils, item=item, outcome="Spoke with her.", now=NOW).outcome == "Spoke with her."
    for attempt in (
        partial(work.close, actor=nils, item=item, outcome="Something else.", now=NOW),
        partial(work.acknowledge, actor=nils, item=item, now=NOW),
    ):
        with pytest.raises(Conflict) as refused:
            attempt()
        assert refused.value.code == "task_closed"


def test_the_most_pressing_task_stands_first_and_closed_ones_are_gone(house: House) -> None:
    later, sooner = open_item(house, "test:1", minutes=30), open_item(house, "test:2", minutes=5)
    closed = open_item(house, "test:3")
    work.close(actor=house.actor(house.nils), item=closed, outcome="Done.", now=NOW)
    assert list(queries.open_work_items()) == [sooner, later]
    rows = client_of(house.ana).get(TASKS).json()["results"]
    assert [row["id"] for row in rows] == [str(sooner.pk), str(later.pk)]


def test_over_the_api_a_nurse_takes_and_closes_a_task(house: House, other_house: House) -> None:
    item = open_item(house)
    address = f"{TASKS}{item.pk}/"
    assert client_of(other_house.nils).get(address).status_code == 404
    assert client_of(house.ana).post(f"{address}acknowledge/").status_code == 403
    nils = client_of(house.nils)
    assert nils.post(f"{address}acknowledge/").json()["owner"] == str(house.nils.pk)
    assert nils.post(f"{address}close/", {"outcome": ""}).status_code == 400
    assert nils.post(f"{address}close/", {"outcome": "Spoke with her."}).json()["closed_by"] == str(
        house.nils.pk
    )
    assert client_of(house.ana).get(TASKS, {"role": "nurse"}).json()["results"] == []
