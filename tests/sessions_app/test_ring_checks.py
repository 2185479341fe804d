"""What a set of vital signs would meet is told before it is recorded, and is what recording then says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Invalid
from sessions_app.models import Alert, Session, VitalSigns
from sessions_app.observing import ring_checks, vitals
from sessions_app.observing.ring_checks import NO_ALERT, Met
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

AT = STARTED_AT + timedelta(minutes=10)


def met(session: Session, **signs: Any) -> dict[str, list[tuple[str, str]]]:
    """By sign the rings and words of a set with these values and no others."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in ring_checks.of(session, vitals.Reading(measured_at=AT, **signs)):
        found.setdefault(each.sign, []).append((each.ring, each.words))
    return found


def test_each_value_is_told_the_ring_that_it_would_hit(house: House) -> None:
    told = met(
        stories.infusing(house),
        systolic_mmhg=320,
        heart_rate_per_min=130,
        oxygen_saturation_percent=87,
        temperature_cel=37,
    )
    assert told["systolic_mmhg"] == [("refused", "Enter a value from 40 to 300 mmHg.")]
    assert told["heart_rate_per_min"] == [("alert", "Heart rate 130 /min: above 120.")]
    assert told["oxygen_saturation_percent"] == [
        ("confirm", "Outside 90 to 100 %: measure again, then confirm that it is right."),
        ("alert", "Oxygen saturation 87 %: below 90."),
    ]
    assert told["temperature_cel"] == [("none", NO_ALERT)]


def test_what_is_told_is_what_recording_says(house: House) -> None:
    session = stories.infusing(house)
    low = stories.calm(AT, oxygen_saturation_percent=87, heart_rate_per_min=130)
    told = ring_checks.of(session, low)
    with pytest.raises(Invalid) as refused:
        stories.measure(house, session, low)
    said = [Met(each["field"], "confirm", each["detail"]) for each in refused.value.data["errors"]]
    assert [each for each in told if each.ring == "confirm"] == said
    stories.measure(house, session, replace(low, confirmed=True))
    raised = {(alert.sign, alert.level, alert.detail) for alert in session.alerts.all()}
    assert {(each.sign, each.level, each.words) for each in told if each.ring == "alert"} == raised


def test_being_told_writes_nothing_and_calls_nobody(house: House) -> None:
    session = stories.infusing(house)
    before = VitalSigns.objects.count(), session.revision
    assert met(session, oxygen_saturation_percent=60)["oxygen_saturation_percent"]
    session.refresh_from_db()
    assert (VitalSigns.objects.count(), session.revision) == before
    assert not Alert.objects.exists()


def test_a_box_that_is_still_empty_is_not_complained_about(house: House) -> None:
    assert met(stories.infusing(house), systolic_mmhg=122) == {"systolic_mmhg": [("none", NO_ALERT)]}


def test_before_the_start_a_value_past_its_limit_holds_the_start(house: House) -> None:
    told = met(stories.arrived(house), systolic_mmhg=165, diastolic_mmhg=80)
    assert ("hold", "At or above 160: measure again, or the prescriber decides.") in told["systolic_mmhg"]
    assert told["diastolic_mmhg"] == [("none", NO_ALERT)]


def test_what_is_seen_is_told_beside_what_is_measured(house: House) -> None:
    session = stories.infusing(house)
    told = ring_checks.of(session, vitals.Reading(measured_at=AT, symptoms=["seizure"]))
    assert told == [Met("seizure", "alert", "Seizure.", "emergency")]


def test_before_the_start_a_symptom_holds_it_too(house: House) -> None:
    told = ring_checks.of(stories.arrived(house), vitals.Reading(measured_at=AT, symptoms=["dyspnoea"]))
    assert [(each.sign, each.ring) for each in told] == [("dyspnoea", "hold"), ("dyspnoea", "alert")]


def test_a_correction_is_judged_without_the_line_that_it_replaces(house: House) -> None:
    session = stories.infusing(house)
    wrong = stories.measure(house, session, stories.calm(AT, systolic_mmhg=185))
    later = vitals.Reading(measured_at=AT + timedelta(minutes=1), systolic_mmhg=186, diastolic_mmhg=80)
    [beside, *_] = ring_checks.of(session, later)
    [instead, *_] = ring_checks.of(session, later, corrects=wrong.pk)
    assert (beside.level, instead.level) == ("stop", "caution")


def test_nobody_is_called_for_an_amendment(house: House) -> None:
    told = met(stories.signed(house), systolic_mmhg=320, oxygen_saturation_percent=91)
    assert [ring for ring, _ in told["systolic_mmhg"]] == ["refused"]
    assert told["oxygen_saturation_percent"] == [("none", NO_ALERT)]
