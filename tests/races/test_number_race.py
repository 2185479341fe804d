"""Two patients are given one telephone number at one moment: about one of them somebody is asked."""

from threading import Event
from typing import Any

import pytest

from clinic import patients, shared_numbers
from clinic.models import Patient
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, House, make_house
from tests.races.meetings import A_MOMENT


def meet(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The second begins when the first has been asked about nothing, and waits to write."""
    asked, done, refuse = Event(), Event(), shared_numbers.refuse_unasked

    def ask_and_wait(*about: Any) -> None:
        refuse(*about)
        if not asked.is_set():
            asked.set()
            done.wait(A_MOMENT)

    def give(patient: Patient) -> Patient:
        return patients.update_details(
            actor=house.actor(house.ana), patient=patient, changes={"phone": "+13125550155"}, now=NOW
        )

    def come_second() -> Patient:
        asked.wait(PATIENCE_SECONDS)
        try:
            return give(house.omar)
        finally:
            done.set()

    monkeypatch.setattr(patients, "refuse_unasked", ask_and_wait)
    return [type(each).__name__ for each in at_once(lambda: give(house.rosa), come_second)]


def test_the_second_is_asked_about(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert meet(make_house(), monkeypatch) == ["Patient", "Conflict"]


def test_without_the_turn_both_are_given_it_in_silence(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_numbers, "one_at_a_time", lambda name: None)
    assert meet(make_house(), monkeypatch) == ["Patient", "Patient"]
