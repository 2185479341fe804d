"""A side effect as it is told: grade, peak, distress, seriousness, source, what was done and given."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Urgency
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import infusion
from sessions_app.models import MedicineGiven, Session, SideEffect
from sessions_app.observing import alerts, side_effects
from sessions_app.observing.vocabulary import TERMS
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import NAUSEA, calls, report
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT


def given(house: House, session: Session) -> MedicineGiven:
    return MedicineGiven.objects.create(
        session=session,
        recorded_by=house.nils,
        recorded_at=STARTED_AT,
        medicine="Ondansetron",
        amount=4,
        unit="mg",
        route="intravenous",
        given_at=STARTED_AT,
        reason="Nausea",
    )


def test_a_side_effect_keeps_its_whole_course(house: House) -> None:
    session = stories.infusing(house)
    medicine = given(house, session)
    line = report(
        house,
        session,
        grade=1,
        peak_grade=2,
        distress=5,
        source="patient",
        action="Ondansetron, head up",
        action_at=STARTED_AT + timedelta(minutes=1),
        medicine_id=medicine.pk,
    )
    kept = SideEffect.objects.get(pk=line.pk)
    assert (kept.peak_grade, kept.distress, kept.source, kept.medicine) == (2, 5, "patient", medicine)
    assert kept.action_at == STARTED_AT + timedelta(minutes=1)
    assert not calls().exists()


@pytest.mark.parametrize(
    ("changes", "urgent"),
    [
        ({"grade": 2}, False),
        ({"grade": 3}, True),
        ({"grade": 1, "peak_grade": 2}, False),
        ({"grade": 1, "peak_grade": 3}, True),
        ({"seriousness": "Serious"}, True),
        ({"seriousness": "SeriousResultsInHospitalization"}, True),
        ({"term": "dissociation", "distress": 6}, False),
        ({"term": "dissociation", "distress": 7}, True),
        ({"term": "nausea", "distress": 10}, False),
        *[({"term": code}, True) for code, term in TERMS.items() if term.escalate == "now"],
    ],
)
def test_a_serious_one_calls_the_prescriber_at_once(house: House, changes: Any, urgent: bool) -> None:
    report(house, stories.infusing(house), **changes)
    found = [item.urgency for item in calls()]
    assert found == ([Urgency.RED] if urgent else [])


@pytest.mark.parametrize(
    ("changes", "urgency"),
    [
        ({"grade": 2}, None),
        ({"grade": 3}, Urgency.RED),
        ({"term": "laryngospasm"}, Urgency.RED),
        ({"term": "suicidal_thoughts"}, Urgency.RED),
        ({"term": "dysuria"}, Urgency.AMBER),
    ],
)
def test_a_serious_side_effect_opens_a_task_for_the_prescriber(
    house: House, changes: Any, urgency: str | None
) -> None:
    report(house, stories.infusing(house), **changes)
    assert [item.urgency for item in calls()] == ([urgency] if urgency else [])


def test_a_seizure_is_an_emergency_at_the_chair_and_holds_the_resumption(house: House) -> None:
    session = stories.infusing(house)
    at = STARTED_AT + timedelta(minutes=3)
    nils = house.actor(house.nils)
    infusion.pause(actor=nils, id=new_id(), session=session, now=at)
    seizure = replace(NAUSEA, term="seizure", grade=4)
    side_effects.record_side_effect(actor=nils, id=new_id(), session=session, report=seizure, now=at)
    alert = alerts.open_of(session).get()
    assert (alert.sign, alert.level, alert.detail) == ("seizure", "emergency", "Seizure, grade 4.")
    assert set(alert.steps.values_list("rung", flat=True)) == {"nurse", "prescriber"}
    assert calls().count() == 1, "one call to the chair is enough"
    with pytest.raises(Conflict, match="Seizure, grade 4") as refused:
        infusion.resume(actor=nils, id=new_id(), session=session, now=at + timedelta(minutes=1))
    held = [blocker["code"] for blocker in refused.value.data["blockers"]]
    assert held == ["stop_acknowledged", "within_limits", "effect_decided"]


@pytest.mark.parametrize(
    ("changes", "levels"),
    [
        ({"grade": 2}, []),
        ({"grade": 3}, ["stop"]),
        ({"grade": 4}, ["emergency"]),
        ({"seriousness": "Serious"}, ["stop"]),
        ({"seriousness": "SeriousIsLifeThreatening"}, ["emergency"]),
        ({"term": "suicidal_thoughts"}, ["stop"]),
        ({"term": "craving"}, []),
        ({"term": "craving", "grade": 3}, ["stop"]),
    ],
)
def test_how_loud_a_side_effect_is_at_the_chair(house: House, changes: Any, levels: list[str]) -> None:
    session = stories.infusing(house)
    report(house, session, **changes)
    assert [alert.level for alert in alerts.open_of(session)] == levels


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term": "sickness"}, "term"),
        ({"grade": 0}, "grade"),
        ({"grade": 6}, "grade"),
        ({"grade": 5}, "grade"),
        ({"outcome": "better"}, "outcome"),
        ({"relatedness": "Perhaps"}, "relatedness"),
        ({"onset_at": STOPPED_AT + timedelta(seconds=1)}, "onset_at"),
        ({"onset_at": NOW - timedelta(seconds=1)}, "onset_at"),
        ({"outcome": "resolved"}, "ended_at"),
        ({"ended_at": STOPPED_AT}, "outcome"),
        ({"outcome": "resolved", "ended_at": STARTED_AT - timedelta(seconds=1)}, "ended_at"),
        ({"grade": 2, "peak_grade": 1}, "peak_grade"),
        ({"peak_grade": 6}, "peak_grade"),
        ({"distress": 11}, "distress"),
        ({"distress": -1}, "distress"),
        ({"source": "neighbour"}, "source"),
        ({"seriousness": "Grave"}, "seriousness"),
        ({"grade": 4, "seriousness": "SeriousResultsInDeath"}, "seriousness"),
        ({"action_at": STARTED_AT}, "action"),
        ({"action": "Head up", "action_at": STOPPED_AT + timedelta(seconds=1)}, "action_at"),
        ({"action": "Head up", "action_at": NOW - timedelta(seconds=1)}, "action_at"),
        ({"medicine_id": new_id()}, "medicine_id"),
    ],
)
def test_a_report_that_cannot_be_kept_names_its_field(house: House, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        report(house, stories.infusing(house), **changes)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_another_sessions_medicine_was_not_given_for_it(house: House) -> None:
    omars = given(house, stories.infusing(house, house.omar))
    with pytest.raises(Invalid, match="no such medicine"):
        report(house, stories.infusing(house), medicine_id=omars.pk)


def test_the_vocabulary_has_the_terms_of_the_table_and_codes_that_can_be_typed() -> None:
    assert {
        "dizziness", "nausea", "vomiting", "nausea_vomiting", "hallucination", "visual_hallucination",
        "auditory_hallucination", "dissociation", "anxiety", "dysphoria", "agitation", "suicidal_thoughts",
        "raised_blood_pressure", "tachycardia", "bradycardia", "chest_pain", "hypotension", "syncope",
        "headache", "drowsiness", "double_vision", "blurred_vision", "nystagmus", "salivation",
        "laryngospasm", "respiratory_depression", "apnoea", "hypoxaemia", "slurred_speech",
        "unsteady_gait", "tingling", "dysuria", "urinary_urgency", "urinary_frequency", "haematuria",
        "cystitis", "allergic_reaction", "iv_site", "craving", "use_outside", "seizure",
        "neurological_deficit",
    } == set(TERMS)  # fmt: skip
    assert all(_verhoeff(term.snomed) for term in TERMS.values() if term.snomed)


# Verhoeff's check digit, by which SNOMED CT ids are built: a typing error is found, a wrong meaning is not.
def _verhoeff(number: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(number)):
        check = _dihedral(check, _permuted(int(digit), place))
    return check == 0


def _permuted(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def _dihedral(a: int, b: int) -> int:
    """The product of two elements of the symmetries of a pentagon: 0-4 rotate, 5-9 reflect."""
    rotation = (a + b) % 5 if a < 5 else (a - b) % 5
    return rotation + 5 * ((a >= 5) != (b >= 5))
