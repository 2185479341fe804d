"""Who of the patients on record may be the person who is about to be registered."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.duplicates import possible_duplicates
from clinic.models import Patient
from tests.cast import House, make_patient

ROSA: dict[str, Any] = {"family_name": "Delgado", "given_names": "Rosa"}


def alike(house: House, **details: Any) -> list[tuple[str, tuple[str, ...]]]:
    here = Patient.objects.filter(clinic=house.clinic)
    found = possible_duplicates(here, **{"family_name": "Nobody", "given_names": "Else", **details})
    return [(one.patient.given_names, one.shared) for one in found]


def test_the_same_person_is_found_by_what_is_the_same(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")  # of the cast both have one number
    born = house.rosa.birth_date
    close = {"family_name": "Delgdo", "given_names": "Rosa", "birth_date": born}
    swapped = {"family_name": "Rosa", "given_names": "Delgado", "birth_date": born}
    by = "the same birth date and a similar name"

    assert alike(house, **close) == alike(house, **swapped) == [("Rosa", (by,))]
    assert alike(house, **ROSA) == [("Rosa", ("the same name",))]
    assert alike(house, phone="(312) 555-0142") == [("Rosa", ("the same mobile number",))]
    assert alike(house, email="ROSA@patients.example") == [("Rosa", ("the same e-mail address",))]


def test_who_shares_most_comes_first(house: House) -> None:
    make_patient(house.clinic, "Rosa", "Delgado", mrn="MRN-2", phone="", email="", consents=False)
    named = {**ROSA, "birth_date": house.rosa.birth_date, "phone": "312 555 0142"}
    [first, second, *_] = possible_duplicates(Patient.objects.filter(clinic=house.clinic), **named)
    assert (first.patient, second.patient.mrn) == (house.rosa, "MRN-2")
    assert first.shared == ("the same name", "the same birth date", "the same mobile number")


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"family_name": "Delgado", "given_names": "Ines"},
        {"family_name": "Haddad", "given_names": "Rosa"},
        {"birth_date": "1980-05-17"},
        {"phone": "0142"},
    ],
)
def test_who_shares_too_little_is_nobody(house: House, details: dict[str, str]) -> None:
    assert alike(house, **details) == []


def test_another_clinics_patients_are_not_told_of(house: House, other_house: House) -> None:
    here = Patient.objects.filter(clinic=house.clinic)
    assert {one.patient.clinic_id for one in possible_duplicates(here, **ROSA)} == {house.clinic.pk}


def test_looking_is_one_query(house: House) -> None:
    with CaptureQueriesContext(connection) as done:
        alike(house, **ROSA, birth_date=house.rosa.birth_date, phone="3125550142", email="a@b.example")
    assert len(done) == 1
