"""The id is the idempotency key, also for two connections at once."""

from functools import partial
from typing import Any
from uuid import UUID

import pytest

from clinic.idempotency import create_once, fingerprint_of
from clinic.models import AccessLog, Clinic, CreatedId
from clinic.problems import Conflict
from tests.at_once import at_once
from tests.cast import House, client_of, make_house, new_id


def write_clinic(house: House, id: UUID, *, name: str = "Northshore", noun: str = "clinic") -> Any:
    body = {"id": str(id), "name": name}
    return create_once(
        actor=house.actor(house.max),
        noun=noun,
        id=id,
        body=body,
        make=lambda: Clinic.objects.create(id=id, name=name, sender_name=name, time_zone="UTC", phone=""),
        find=lambda: Clinic.objects.get(pk=id),
    )


def test_the_same_call_again_gives_the_first_result_and_writes_once(house: House) -> None:
    id = new_id()
    first, made = write_clinic(house, id)
    again, made_again = write_clinic(house, id)
    assert (made, made_again) == (True, False)
    assert first == again
    assert Clinic.objects.filter(name="Northshore").count() == 1


@pytest.mark.parametrize("other", [{"name": "Southshore"}, {"noun": "patient"}])
def test_an_id_used_for_something_else_is_refused(house: House, other: dict[str, str]) -> None:
    id = new_id()
    write_clinic(house, id)
    with pytest.raises(Conflict) as refused:
        write_clinic(house, id, **other)
    assert refused.value.code == "id_reused"


def test_what_was_taken_back_meanwhile_is_neither_made_again_nor_told_as_done(house: House) -> None:
    id = new_id()
    write_clinic(house, id)
    Clinic.objects.filter(pk=id).delete()

    with pytest.raises(Conflict) as refused:
        write_clinic(house, id)

    assert refused.value.code == "taken_back"
    assert not Clinic.objects.filter(pk=id).exists()


def test_an_id_used_by_another_person_is_refused(house: House, other_house: House) -> None:
    id = new_id()
    write_clinic(house, id)
    with pytest.raises(Conflict):
        write_clinic(other_house, id)


def test_when_making_fails_the_id_is_free_again(house: House) -> None:
    id = new_id()
    with pytest.raises(ValueError, match="not today"):
        create_once(
            actor=house.actor(house.max),
            noun="clinic",
            id=id,
            body={"id": str(id), "name": "Northshore"},
            make=partial(_fail, "not today"),
            find=lambda: None,
        )
    assert not CreatedId.objects.filter(pk=id).exists()
    assert write_clinic(house, id)[1]


def test_the_order_of_keys_does_not_make_another_body() -> None:
    assert fingerprint_of({"a": 1, "b": [2, 3]}) == fingerprint_of({"b": [2, 3], "a": 1})
    assert fingerprint_of({"a": 1, "b": [2, 3]}) != fingerprint_of({"a": 1, "b": [3, 2]})


@pytest.mark.django_db(transaction=True)
def test_two_connections_sending_the_same_id_at_once_make_one_row() -> None:
    house = make_house()
    for _ in range(10):
        id = new_id()
        outcomes = at_once(*[partial(write_clinic, house, id)] * 4)
        assert sorted(made for _, made in outcomes) == [False, False, False, True]
        assert {row.pk for row, _ in outcomes} == {id}
    assert Clinic.objects.filter(name="Northshore").count() == 10


@pytest.mark.django_db(transaction=True)
def test_what_an_earlier_story_committed_is_gone() -> None:
    assert not Clinic.objects.exists()
    assert not CreatedId.objects.exists()
    assert not AccessLog.objects.exists()


def _fail(words: str) -> None:
    raise ValueError(words)


def test_an_id_that_was_never_claimed_but_stands_in_the_table_is_reused(house: House) -> None:
    """Imported patients and lines of other entries have ids that no create call has used."""
    body = {
        "id": str(house.rosa.pk),
        "clinic": str(house.clinic.pk),
        "family_name": "Stone",
        "given_names": "Ivy",
        "birth_date": "1990-02-03",
    }
    answer = client_of(house.ana).post("/api/v1/patients/", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "id_reused")
    house.rosa.refresh_from_db()
    assert house.rosa.given_names == "Rosa"
