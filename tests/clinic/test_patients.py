"""Registering, finding and mending patients, as functions and over the API."""

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import access, patients, queries
from clinic.models import Channel, Patient
from clinic.patients import PatientDetails
from clinic.problems import Conflict, Invalid
from tests.cast import NOW, TODAY, House, client_of, make_patient, new_id

PATIENTS = "/api/v1/patients/"
IVY: PatientDetails = {"family_name": "Stone", "given_names": "Ivy", "birth_date": TODAY.replace(year=1990)}


def register(house: House, **more: Any) -> Patient:
    details: Any = {**IVY, **more}
    return patients.register(
        actor=house.actor(house.ana), id=new_id(), clinic=house.clinic, details=details, now=NOW
    )


def found(house: House, text: str) -> list[str]:
    return [
        row.given_names for row in queries.find_patients(Patient.objects.filter(clinic=house.clinic), text)
    ]


def test_without_an_mrn_one_is_made(house: House) -> None:
    first, second = register(house), register(house)
    assert first.mrn.startswith("C-")
    assert first.mrn != second.mrn


@pytest.mark.parametrize(
    ("known", "channel"),
    [
        ({"email": "ivy@patients.example", "phone": "312 555 0177"}, Channel.EMAIL),
        ({"phone": "312 555 0177"}, Channel.SMS),
        ({}, Channel.NONE),
    ],
)
def test_messages_go_where_there_is_an_address(house: House, known: dict[str, str], channel: str) -> None:
    assert register(house, **known).preferred_channel == channel


def test_a_chosen_channel_needs_its_address(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        register(house, preferred_channel="sms", email="ivy@patients.example")
    assert [error["field"] for error in refused.value.data["errors"]] == ["phone"]


def test_two_patients_cannot_have_one_mrn_in_a_clinic(house: House, other_house: House) -> None:
    with pytest.raises(Conflict) as refused:
        register(house, mrn="MRN-ROSA")
    assert (refused.value.code, refused.value.data["errors"][0]["field"]) == ("mrn_taken", "mrn")
    assert Patient.objects.filter(clinic=other_house.clinic, mrn="MRN-ROSA").exists()


def test_born_today_is_the_clinics_today(house: House) -> None:
    assert register(house, birth_date=TODAY).birth_date == TODAY
    with pytest.raises(Invalid):
        register(house, birth_date=TODAY.replace(day=12))


def test_a_corrected_number_drops_the_doubt_about_the_old_one(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+15559079875", phone_as_given="555-907-9875")
    changed = patients.update_details(
        actor=house.actor(house.ana), patient=house.rosa, changes={"phone": "312 555 0188"}, now=NOW
    )
    assert (str(changed.phone), changed.phone_as_given) == ("+13125550188", "")


def test_a_doubtful_number_does_not_stand_in_the_way_of_other_changes(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+15559079875")
    changes: PatientDetails = {"city": "Evanston", "phone": "+15559079875"}
    changed = patients.update_details(
        actor=house.actor(house.ana), patient=house.rosa, changes=changes, now=NOW
    )
    assert changed.city == "Evanston"


def test_the_last_address_of_the_chosen_channel_cannot_be_removed(house: House) -> None:
    with pytest.raises(Invalid, match="choose another channel"):
        patients.update_details(
            actor=house.actor(house.ana), patient=house.rosa, changes={"email": ""}, now=NOW
        )


@pytest.mark.parametrize(
    "text", ["rosa", "DELGADO", "del", "delgdo", "dlegado", "rosa delgado", "Delgado Rosa", "rosa 1980-05-17"]
)
def test_a_name_is_found_with_errors_beginnings_and_in_any_order(house: House, text: str) -> None:
    assert found(house, text) == ["Rosa"]


@pytest.mark.parametrize(
    ("given", "typed"),
    [("Aspen", "apsen"), ("Olive", "Olvie"), ("Jasper", "jsaper"), ("Hazel", "Hzael"), ("Jade", "jdae")],
)
def test_a_first_name_is_found_with_two_letters_exchanged(house: House, given: str, typed: str) -> None:
    """Right after whoever is really called so."""
    make_patient(house.clinic, given, "Stone", consents=False)
    assert found(house, typed) == found(house, f"stone {typed}") == [given]
    assert found(house, typed[:-1] if len(typed) > 4 else typed) == [given]


@pytest.mark.parametrize(
    "text", ["Oct 23 1987", "october 23, 1987", "Oct. 23, 1987", "23 Oct 1987", "stone Oct 23 1987"]
)
def test_a_birth_date_is_found_as_the_list_prints_it(house: House, text: str) -> None:
    make_patient(house.clinic, "Ivy", "Stone", consents=False, birth_date=date(1987, 10, 23))
    assert found(house, text) == ["Ivy"]


@pytest.mark.parametrize("text", ["syn1004", "SYN-1004", "SYN1004"])
def test_an_mrn_is_found_without_its_hyphen(house: House, text: str) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(mrn="SYN-1004")
    assert found(house, text) == ["Omar"]


@pytest.mark.parametrize("text", ["", "  ", "zzz", "rosa haddad", "rosa 1980-05-18", "1980-02-31", "%", "'"])
def test_what_fits_nobody_finds_nobody(house: House, text: str) -> None:
    assert found(house, text) == []


@pytest.mark.parametrize("text", ["(312) 555-0143", "+13125550143", "312.555.0143", "3125550143"])
def test_a_number_is_found_however_it_is_written(house: House, text: str) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")
    assert found(house, text) == ["Omar"]


@pytest.mark.parametrize("text", ["0143", "555-0143", "haddad 0143", "0143 omar"])
def test_some_digits_of_a_number_are_enough(house: House, text: str) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")
    assert found(house, text) == ["Omar"]


def test_who_has_the_digits_at_the_end_comes_first(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125554711")
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13124711555")
    assert found(house, "4711") == ["Omar", "Rosa"]


@pytest.mark.parametrize("text", ["143", "rosa 0143", "(((("])
def test_digits_that_tell_nothing_or_are_somebody_elses_find_nobody(house: House, text: str) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")
    assert found(house, text) == []


def test_a_part_of_an_mrn_is_found(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(mrn="L-2031-77")
    assert found(house, "2031") == found(house, "l-2031") == ["Omar"]


def test_an_mrn_of_digits_is_found(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(mrn="00123456")
    assert found(house, "00123456") == ["Omar"]


def test_the_best_match_comes_first(house: House) -> None:
    make_patient(house.clinic, "Rosalind", "Delgadillo", consents=False)
    assert found(house, "rosa delgado")[0] == "Rosa"


def test_finding_is_one_query_on_indexes(house: House) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO clinic_patient
               SELECT (jsonb_populate_record(rosa, jsonb_build_object(
                   'id', gen_random_uuid(), 'mrn', 'L-' || n, 'phone', '+1773' || (2000000 + n * 37),
                   'birth_date', date '1950-01-01' + n % 20000,
                   'family_name', md5(n::text), 'given_names', md5((n * 7)::text)))).*
                 FROM clinic_patient AS rosa, generate_series(1, 20000) AS n WHERE rosa.mrn = 'MRN-ROSA'"""
        )
        # What vacuuming does by itself: a trigram index is read at its worst right after so many new rows.
        cursor.execute("SELECT gin_clean_pending_list('patient_digits')")
        cursor.execute("ANALYZE clinic_patient")
    mine = access.visible(house.actor(house.ana), Patient.objects.all(), access.VIEW_PATIENTS)
    for text in (
        "delgdo",
        "rsoa",
        "MRNROSA",
        "rosa 1980-05-17",
        "312 555 0142",
        "5550142",
        "rosa 0142",
        "MRN-ROSA",
    ):
        search = queries.find_patients(mine, text)
        assert "Seq Scan" not in search.explain(), text
        with CaptureQueriesContext(connection) as done:
            assert "Rosa" in [row.given_names for row in search]
        assert len(done) == 1


def test_over_the_api_a_resent_registration_is_the_first_one(house: House) -> None:
    body = {"id": str(new_id()), "clinic": str(house.clinic.pk), **IVY, "birth_date": "1990-02-03"}
    first = client_of(house.ana).post(PATIENTS, body)
    again = client_of(house.ana).post(PATIENTS, body)
    other = client_of(house.ana).post(PATIENTS, {**body, "given_names": "Iva"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert other.json()["code"] == "id_reused"
    assert Patient.objects.filter(family_name="Stone").count() == 1


def test_nobody_registers_in_a_clinic_that_is_not_theirs(house: House, other_house: House) -> None:
    body = {"id": str(new_id()), "clinic": str(other_house.clinic.pk), **IVY, "birth_date": "1990-02-03"}
    assert client_of(house.ana).post(PATIENTS, body).status_code == 404


def test_a_find_over_the_api_answers_with_few_fields(house: House) -> None:
    rows = client_of(house.nils).post(f"{PATIENTS}find/", {"text": "delgdo"}).json()
    assert [row["mrn"] for row in rows] == ["MRN-ROSA"]
    assert "phone" not in rows[0]


@pytest.mark.parametrize("address", [PATIENTS, "/api/v1/clinics/", "/api/v1/tasks/"])
def test_the_queries_of_a_list_do_not_grow_with_its_rows(house: House, address: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as done:
            assert client_of(house.max).get(address).status_code == 200
        return len(done)

    few = count()
    for number in range(5):
        make_patient(house.clinic, f"P{number}", "More", consents=False)
    assert count() == few


@pytest.mark.parametrize("name", ["\u200b", "\u2060 \ufeff", "\u3164"])
def test_a_name_that_nobody_can_see_is_none(house: House, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(house, family_name=name)
    assert [error["field"] for error in refused.value.data["errors"]] == ["family_name"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("family_name", "Sto\nne"),
        ("given_names", "I\u200bvy"),
        ("city", "Chi\u202ecago"),
        ("mrn", "C-\u206012"),
        ("flags", ["needs\u2028quiet"]),
        ("family_name", "Stone\u200d"),
    ],
)
def test_what_hides_in_a_line_is_refused(house: House, name: str, text: Any) -> None:
    with pytest.raises(Invalid) as refused:
        register(house, **{name: text})
    assert [(error["field"], error["detail"]) for error in refused.value.data["errors"]] == [
        (name, "Write this on one line, without characters that can't be seen.")
    ]


@pytest.mark.parametrize(
    "name", ["O'Brien-Smith", "\u0639\u0644\u06cc\u200c\u0632\u0627\u062f\u0647", "Nu\u00f1ez"]
)
def test_names_keep_what_their_script_needs(house: House, name: str) -> None:
    assert register(house, family_name=name).family_name == name


def test_a_number_that_another_patient_has_is_asked_about_before_somebody_is_registered(house: House) -> None:
    first = register(house, phone="312 555 0177")
    with pytest.raises(Conflict, match=r"I\. S\. has this number too") as refused:
        register(house, phone="(312) 555-0177")
    assert refused.value.code == "number_shared"
    details: Any = {**IVY, "phone": "312 555 0177"}
    ask = {"actor": house.actor(house.ana), "clinic": house.clinic, "details": details, "now": NOW}
    assert patients.register(id=new_id(), shared=True, **ask).phone == first.phone
    # Nobody alive has it, or another clinic's patient does.
    Patient.objects.filter(phone=first.phone).update(deceased=True)
    assert patients.register(id=new_id(), **ask).phone == first.phone


def test_over_the_api_whoever_registers_says_that_a_telephone_is_shared(house: House) -> None:
    register(house, phone="312 555 0177")
    body = {**IVY, "id": str(new_id()), "clinic": str(house.clinic.pk), "phone": "312 555 0177"}
    body["birth_date"] = str(IVY["birth_date"])
    refused = client_of(house.ana).post(PATIENTS, body, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "number_shared")
    taken = client_of(house.ana).post(PATIENTS, {**body, "shared": True}, format="json")
    assert taken.status_code == 201
