"""Two managers make one person a nurse at one moment: of a second place for them one is told. The same
meeting with the turn taken out shows what it is there for."""

from threading import Event
from typing import Any

import pytest

from clinic.problems import Invalid
from scheduler.models import Resource, ResourceKind
from scheduler.working_hours import resources
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import House, make_house, new_id
from tests.races.meetings import A_MOMENT


@pytest.fixture
def house(transactional_db: None) -> House:
    """Nothing is in use in it yet: there is no row that both would lock."""
    return make_house()


def meet(monkeypatch: pytest.MonkeyPatch, house: House) -> list[Any]:
    """Nils is nobody yet as the first has looked; then the second begins, and the first waits a moment."""
    looked, done, refuse_twice = Event(), Event(), resources._refuse_twice

    def look_and_wait(resource: Resource) -> None:
        refuse_twice(resource)
        if not looked.is_set():
            looked.set()
            done.wait(A_MOMENT)

    def add(name: str) -> Resource:
        return resources.add_resource(
            actor=house.actor(house.max),
            id=new_id(),
            clinic=house.clinic,
            kind=ResourceKind.NURSE,
            name=name,
            capacity=6,
            user_id=house.nils.pk,
        )

    def come_second() -> Resource:
        looked.wait(PATIENCE_SECONDS)
        try:
            return add("Nils B.")
        finally:
            done.set()

    monkeypatch.setattr(resources, "_refuse_twice", look_and_wait)
    return at_once(lambda: add("Nils"), come_second)


def test_one_person_is_one_nurse_also_where_nothing_is_in_use_yet(
    monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    first, second = meet(monkeypatch, house)

    assert isinstance(second, Invalid)
    assert "stands behind Nils already" in second.detail
    assert list(Resource.objects.filter(user=house.nils)) == [first]


def test_without_the_turn_one_person_is_two(monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    monkeypatch.setattr(resources, "one_at_a_time", lambda name: None)

    meet(monkeypatch, house)

    assert Resource.objects.filter(user=house.nils).count() == 2
