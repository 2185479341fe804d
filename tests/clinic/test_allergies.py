"""An allergy is recorded once and judged later; what no longer holds warns nobody."""

from typing import Any

import pytest

from clinic import allergies, queries
from clinic.models import Allergy
from clinic.problems import Invalid
from tests.cast import NOW, House, client_of, new_id


def record(house: House, substance: str = "Latex", **said: Any) -> Allergy:
    return allergies.record(
        actor=house.actor(house.nils),
        id=new_id(),
        patient=house.rosa,
        report=allergies.Report(substance=substance, **said),
        now=NOW,
    )


def judge(
    house: House, allergy: Allergy, clinical: str, verification: str, reason: str = "Tested"
) -> Allergy:
    return allergies.judge(
        actor=house.actor(house.priya),
        allergy=allergy,
        clinical_status=clinical,
        verification_status=verification,
        reason=reason,
    )


def warned_of(house: House) -> list[str]:
    return [allergy.substance for allergy in queries.allergies_that_hold(house.rosa)]


def test_what_is_recorded_warns_from_now_on(house: House) -> None:
    made = record(house, " Latex ", criticality="high", reaction="Hives")

    assert (made.substance, made.clinical_status, made.verification_status) == (
        "Latex",
        "active",
        "unconfirmed",
    )
    assert made.recorded_at == NOW
    assert warned_of(house) == ["Latex"]


@pytest.mark.parametrize(
    ("clinical", "verification", "holds"),
    [
        ("active", "confirmed", True),
        ("inactive", "confirmed", False),
        ("resolved", "confirmed", False),
        ("active", "refuted", False),
        ("active", "entered-in-error", False),
    ],
)
def test_what_it_is_now_decides_whether_it_warns(
    house: House, clinical: str, verification: str, holds: bool
) -> None:
    judged = judge(house, record(house), clinical, verification)

    assert queries.still_holds(judged) == holds
    assert warned_of(house) == (["Latex"] if holds else [])


def test_the_history_keeps_who_judged_and_why(house: House) -> None:
    made = record(house)
    for _ in range(2):
        judge(house, made, "active", "refuted", "Negative skin test")

    events = Allergy.pgh_event_model.objects.filter(pgh_obj_id=made.pk)  # type: ignore[attr-defined]
    refuted = events.get(verification_status="refuted")
    assert refuted.pgh_context.metadata["reason"] == "Negative skin test"
    assert refuted.pgh_context.metadata["user"] == str(house.priya.pk)


def test_an_entry_made_in_error_has_no_clinical_status(house: House) -> None:
    made = record(house)
    assert judge(house, made, "active", "entered-in-error").clinical_status == ""
    assert record(house, "latex").substance == "latex"


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"substance": " "}, "substance"),
        ({"substance": "La\ntex"}, "substance"),
        ({"substance": "PENICILLIN"}, "substance"),
        ({"substance": "No allergy to ketamine"}, "substance"),
        ({"substance": "NKDA"}, "substance"),
        ({"substance": "Ninguna"}, "substance"),
        ({"category": "animal"}, "category"),
        ({"criticality": "severe"}, "criticality"),
        ({"verification_status": "refuted"}, "verification_status"),
    ],
)
def test_what_cannot_be_recorded_is_refused_at_its_field(
    house: House, said: dict[str, str], field: str
) -> None:
    record(house, "Penicillin")
    with pytest.raises(Invalid) as refused:
        record(house, **said)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_a_judgement_needs_words_that_are_fhirs_and_a_reason(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        judge(house, record(house), "gone", "perhaps", " ")
    assert {error["field"] for error in refused.value.data["errors"]} == {
        "clinical_status",
        "verification_status",
        "reason",
    }


def test_over_the_api_a_nurse_records_and_a_prescriber_refutes(house: House) -> None:
    asked = {"id": str(new_id()), "patient": str(house.rosa.pk), "substance": "Latex", "category": "food"}
    assert client_of(house.ana).post("/api/v1/allergies/", asked).status_code == 403

    made = client_of(house.nils).post("/api/v1/allergies/", asked)
    judged = client_of(house.priya).post(
        f"/api/v1/allergies/{made.json()['id']}/judge/",
        {"clinical_status": "inactive", "verification_status": "refuted", "reason": "Tested"},
    )

    assert (made.status_code, made.json()["clinical_status"]) == (201, "active")
    assert judged.json()["verification_status"] == "refuted"
    listed = client_of(house.ana).get(f"/api/v1/patients/{house.rosa.pk}/allergies/").json()
    assert [each["substance"] for each in listed] == ["Latex"]
