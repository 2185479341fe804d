"""What is kept for the next story is for each of them as if it had just been written, never in the way."""

from inspect import unwrap
from typing import Any

import pytest
from django.db import connection

from clinic.models import Patient, User
from sessions_app.models import Session, SessionState, VitalSigns
from tests.cast import NOW, House, make_patient
from tests.kept import GROUND
from tests.scheduler.stage import set_stage
from tests.sessions_app import stories

AGAIN = pytest.mark.parametrize("time", ["first", "second"])


@AGAIN
def test_what_a_story_does_the_next_one_does_not_find(house: House, time: str) -> None:
    session = stories.infusing(house)
    assert (house.rosa.family_name, session.state) == ("Delgado", SessionState.INFUSING)
    assert Patient.objects.get(pk=house.rosa.pk).family_name == "Delgado"
    house.rosa.family_name = "Changed"
    house.rosa.save()
    stories.measure(house, session, stories.calm(NOW.replace(hour=16)))
    assert VitalSigns.objects.filter(session=session).count() == 2


@AGAIN
def test_two_calls_speak_of_the_same_objects(house: House, time: str) -> None:
    stage = set_stage(house)
    assert stage.house is house
    visit = stage.book(stage.plan(), "10:00")
    assert visit.patient_id == house.rosa.pk


def test_a_call_goes_on_from_the_one_within_it(house: House) -> None:
    stories.prepared(house)
    made = [layer.asked.call[0] for layer in GROUND.layers[: len(GROUND.handed)]]
    assert made.index(unwrap(stories.arrived)) < made.index(unwrap(stories.prepared))
    Session.objects.get()
    assert len(GROUND.layers) == len(GROUND.handed) == len(made)


def test_who_wants_less_finds_less(house: House) -> None:
    assert stories.arrived(house).state == Session.objects.get().state == SessionState.ARRIVED


def test_who_wants_nothing_finds_nothing(db: None) -> None:
    assert not User.objects.exists()


def test_with_other_values_it_is_another_call(house: House) -> None:
    first, second = (
        make_patient(house.clinic, "Ida", "Koch"),
        make_patient(house.clinic, "Ida", "Kern", mrn="K"),
    )
    assert {first.family_name, second.family_name} == {"Koch", "Kern"}
    assert Patient.objects.filter(given_names="Ida").count() == 2


def test_an_object_that_was_changed_is_another_one(house: House) -> None:
    make_patient(house.clinic, "Ida", "Koch")
    house.clinic.name = "Elsewhere"
    ida = make_patient(house.clinic, "Eva", "Koch")
    assert ida.clinic.name == "Elsewhere"


def test_what_is_patched_is_asked_anew(house: House, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    kept = len(GROUND.handed)
    monkeypatch.setattr(stories, "CALM", stories.calm(NOW, systolic_mmhg=131))
    stories.prepared(house)
    assert VitalSigns.objects.get().systolic_mmhg == 131
    assert len(GROUND.handed) == kept


@pytest.mark.django_db(transaction=True)
def test_a_story_that_commits_begins_with_nothing_and_in_no_transaction(house: House) -> None:
    assert not connection.in_atomic_block
    assert User.objects.count() == 4
    assert not GROUND.layers


def test_more_than_the_next_story_wants(house: House) -> None:
    stories.arrived(house)


def test_whoever_counts_statements_hears_of_the_storys_own_alone(
    house: House, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        assert not Session.objects.exists()
