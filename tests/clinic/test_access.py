"""Fetch and permission are one act: own clinic, another clinic, a missing role."""

import pytest

from clinic import access
from clinic.models import AccessLog, Membership, Patient, Role
from clinic.problems import Forbidden, Missing
from tests.cast import House, client_of, make_patient, new_id


def test_ones_own_clinics_row_is_given(house: House) -> None:
    actor = house.actor(house.ana)
    found = access.fetch(actor, Patient.objects.all(), access.VIEW_PATIENTS, pk=house.rosa.pk)
    assert found == house.rosa


def test_another_clinics_row_and_no_row_are_the_same_to_everybody(house: House, other_house: House) -> None:
    outsider = other_house.actor(other_house.max)
    said = []
    for id in (house.rosa.pk, new_id()):
        with pytest.raises(Missing) as refused:
            access.fetch(outsider, Patient.objects.all(), access.VIEW_PATIENTS, pk=id)
        said.append(refused.value.body())
    assert said[0] == said[1]


def test_a_missing_role_is_told_which_roles_may(house: House) -> None:
    with pytest.raises(Forbidden, match="This needs the role prescriber or manager"):
        access.fetch(house.actor(house.ana), Patient.objects.all(), access.VIEW_ACCESS_LOG, pk=house.rosa.pk)


def test_a_role_in_one_clinic_is_none_in_another(house: House, other_house: House) -> None:
    Membership.objects.create(user=house.max, clinic=other_house.clinic, role=Role.FRONT_DESK)
    max_ = house.actor(house.max)
    access.require(max_, access.VIEW_ACCESS_LOG, house.clinic.pk)
    with pytest.raises(Forbidden):
        access.require(max_, access.VIEW_ACCESS_LOG, other_house.clinic.pk)
    seen = access.visible(max_, Patient.objects.all(), access.VIEW_ACCESS_LOG)
    assert set(seen) == {house.rosa, house.omar}


def test_a_list_shows_ones_own_clinics_only(house: House, other_house: House) -> None:
    make_patient(other_house.clinic, "Olga", "Outsider")
    rows = client_of(house.ana).get("/api/v1/patients/").json()["results"]
    assert {row["clinic"] for row in rows} == {str(house.clinic.pk)}


def test_roles_are_read_once_and_every_role_counts(house: House) -> None:
    Membership.objects.create(user=house.ana, clinic=house.clinic, role=Role.NURSE)
    assert house.actor(house.ana).roles == {house.clinic.pk: {Role.FRONT_DESK, Role.NURSE}}


def test_opening_a_chart_writes_who_looked_at_what(house: House) -> None:
    client_of(house.nils).get(f"/api/v1/patients/{house.rosa.pk}/")
    client_of(house.nils).get(f"/api/v1/patients/{house.rosa.pk}/allergies/")
    looks = AccessLog.objects.order_by("id").values_list("user__full_name", "what")
    assert list(looks) == [("Nils Berg", "details"), ("Nils Berg", "allergies")]


def test_a_refused_look_is_not_a_look(house: House, other_house: House) -> None:
    client_of(other_house.max).get(f"/api/v1/patients/{house.rosa.pk}/")
    client_of(house.ana).get(f"/api/v1/patients/{house.rosa.pk}/access-log/")
    assert not AccessLog.objects.exists()


def test_over_the_api_the_three_answers_are_404_403_and_200(house: House, other_house: House) -> None:
    address = f"/api/v1/patients/{house.rosa.pk}/access-log/"
    assert client_of(other_house.max).get(address).status_code == 404
    assert client_of(house.ana).get(address).status_code == 403
    assert client_of(house.max).get(address).status_code == 200
    assert client_of(None).get(address).status_code == 401


def test_somebody_without_any_clinic_sees_nothing(house: House) -> None:
    Membership.objects.filter(user=house.ana).delete()
    assert client_of(house.ana).get("/api/v1/patients/").status_code == 403
