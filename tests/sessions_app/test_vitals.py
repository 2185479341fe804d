"""Sets of vital signs: every sign, the protocol's own rings, corrections, and what alarms."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic import clock
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Invalid
from sessions_app.leaving import discharge
from sessions_app.models import VitalSigns
from sessions_app.observing import alerts, excursions, flowsheet, vitals
from sessions_app.observing.vitals import Entry, Refused
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import HOME_AT, STARTED_AT, STOPPED_AT
from tests.sessions_app.test_sessions_api import SESSIONS, calm_body

LATER = STARTED_AT + timedelta(minutes=12)


def test_a_set_keeps_every_sign_and_both_moments(house: House) -> None:
    session = stories.infusing(house)
    reading = stories.calm(
        STARTED_AT + timedelta(minutes=9),
        mean_mmhg=93,
        end_tidal_co2_mmhg=38,
        oxygen_l_per_min=Decimal("2.5"),
        dissociation=3,
        distress=1,
        symptoms=["syncope"],
    )
    line = stories.measure(house, session, reading, now=LATER)
    kept = VitalSigns.objects.get(pk=line.pk)
    assert (kept.measured_at, kept.recorded_at) == (STARTED_AT + timedelta(minutes=9), LATER)
    assert (kept.mean_mmhg, kept.oxygen_l_per_min, kept.rass) == (93, Decimal("2.5"), 0)
    assert kept.symptoms == ["syncope"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"mean_mmhg": 77}, "mean_mmhg"),
        ({"rass": 5}, "rass"),
        ({"distress": 11}, "distress"),
        ({"symptoms": ["hiccups"]}, "symptoms"),
        ({"end_tidal_co2_mmhg": 61}, "end_tidal_co2_mmhg"),
    ],
)
def test_a_sign_that_cannot_be_kept_names_its_field(house: House, changes: Any, field: str) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid) as refused:
        stories.measure(house, session, replace(stories.calm(LATER), **changes))
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_a_set_in_which_nothing_was_measured_is_none(house: House) -> None:
    session = stories.infusing(house)
    nothing = vitals.Reading(measured_at=LATER, absent_reason="Asleep")
    with pytest.raises(Invalid, match="Nothing was measured"):
        stories.measure(house, session, nothing)
    sent = Entry(id=new_id(), reading=nothing, sent={"absent_reason": "Asleep"})
    [answer] = vitals.record_many(actor=house.actor(house.nils), session=session, entries=[sent], now=LATER)
    assert isinstance(answer, Refused)
    assert stories.measure(house, session, replace(nothing, symptoms=["syncope"]))


def test_a_set_of_somebody_else_is_taken_back_by_one_in_which_nothing_was_measured(house: House) -> None:
    session = stories.infusing(house)
    wrong = stories.measure(house, session, stories.calm(LATER, systolic_mmhg=150))
    nothing = vitals.Reading(measured_at=LATER, absent_reason="Of another patient")
    stories.measure(house, session, nothing, corrects=wrong.pk, correction_reason="Wrong chair")
    due = [each for each in flowsheet.dues_of(stories.fresh(session), LATER) if each.phase == "infusion"]
    assert due[0].measured_at is None


def test_nobody_is_measured_here_who_has_gone_home(house: House) -> None:
    session = stories.discharged(house)
    second = timedelta(seconds=1)
    with pytest.raises(Invalid, match="had gone home"):
        stories.measure(house, session, stories.calm(HOME_AT + second), now=HOME_AT + 2 * second)
    assert stories.measure(house, session, stories.calm(HOME_AT), now=HOME_AT + second)


def test_the_rings_are_those_of_the_protocol_version(house: House) -> None:
    session = stories.infusing(house)
    reading = stories.calm(LATER, heart_rate_per_min=101)
    vitals.check(reading, session=session, now=LATER)
    session.protocol.rings = {"heart_rate_per_min": {"reject": [30, 100]}}
    with pytest.raises(Invalid, match="from 30 to 100 /min"):
        vitals.check(reading, session=session, now=LATER)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"systolic_mmhg": 301}, "systolic_mmhg"),
        ({"temperature_cel": Decimal("98.6")}, "temperature_cel"),
        ({"pain_nrs": None}, "absent_reason"),
        ({"measured_at": STARTED_AT + timedelta(seconds=1)}, "measured_at"),
        ({"measured_at": NOW - timedelta(seconds=1)}, "measured_at"),
        ({"heart_rate_per_min": 151}, "heart_rate_per_min"),
    ],
)
def test_a_reading_that_cannot_be_kept_names_its_field(house: House, changes: Any, field: str) -> None:
    session = stories.infusing(house)
    before = session.vital_signs.count()
    with pytest.raises(Invalid) as refused:
        stories.measure(house, session, replace(stories.calm(STARTED_AT), **changes), now=STARTED_AT)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]
    assert session.vital_signs.count() == before


def test_a_correction_is_a_new_line_that_names_the_old_and_why(house: House) -> None:
    session = stories.infusing(house)
    wrong = stories.measure(house, session, stories.calm(STARTED_AT, systolic_mmhg=160))
    right = stories.measure(
        house, session, stories.calm(STARTED_AT), corrects=wrong.pk, correction_reason="Typing error"
    )
    wrong.refresh_from_db()
    assert (wrong.systolic_mmhg, right.corrects, right.correction_reason) == (160, wrong, "Typing error")


@pytest.mark.parametrize("missing", ["reason", "line"])
def test_a_correction_names_both_line_and_reason(house: House, missing: str) -> None:
    session = stories.infusing(house)
    line = session.vital_signs.get()
    options = {"corrects": line.pk} if missing == "reason" else {"correction_reason": "Typing error"}
    with pytest.raises(Invalid):
        stories.measure(house, session, stories.calm(STARTED_AT), **options)


def test_another_sessions_line_cannot_be_corrected_here(house: House) -> None:
    omars = stories.infusing(house, house.omar).vital_signs.get()
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="no such line"):
        stories.measure(
            house, session, stories.calm(STARTED_AT), corrects=omars.pk, correction_reason="Typing error"
        )


@pytest.mark.parametrize(
    ("changes", "urgency", "minutes"),
    [
        ({"heart_rate_per_min": 151, "confirmed": True}, Urgency.RED, 2),
        ({"oxygen_saturation_percent": 89, "confirmed": True}, Urgency.RED, 2),
    ],
)
def test_a_value_past_a_limit_opens_a_task_for_the_prescriber(
    house: House, changes: Any, urgency: str, minutes: int
) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(STARTED_AT, **changes))
    item = WorkItem.objects.get()
    assert (item.urgency, item.role, item.patient) == (urgency, Role.PRESCRIBER, house.rosa)
    assert item.due_at == STARTED_AT + timedelta(minutes=minutes)


def test_a_symptom_that_is_sent_twice_is_kept_once(house: House) -> None:
    session = stories.infusing(house)
    reading = stories.calm(STARTED_AT + timedelta(minutes=1), symptoms=["dyspnoea", "dyspnoea"])
    assert stories.measure(house, session, reading).symptoms == ["dyspnoea"]


def test_calm_values_open_no_task(house: House) -> None:
    stories.discharged(house)
    assert not WorkItem.objects.exists()


# --- Unusual and alarming --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "raised"),
    [(90, None), (89, "Oxygen saturation 89 %: below 90.")],
)
def test_an_unusual_value_past_a_stop_limit_calls_the_prescriber_before_it_is_confirmed(
    house: House, monkeypatch: pytest.MonkeyPatch, value: int, raised: str | None
) -> None:
    session = stories.infusing(house)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils, address = client_of(house.nils), f"{SESSIONS}{session.pk}/vitals/"
    body = {**calm_body(LATER), "oxygen_saturation_percent": value}
    answer = nils.post(address, body)
    if raised is None:
        assert answer.status_code == 201  # the confirm ring is 90 to 100: both ends are usual
        return
    assert answer.json()["errors"][0]["code"] == "confirm"
    assert session.vital_signs.count() == 1
    alert = session.alerts.get()
    assert (alert.level, alert.detail, alert.reading) == ("stop", raised, None)
    assert {(step.told_id, step.words) for step in alert.steps.all()} == {
        (house.nils.pk, excursions.NOT_CONFIRMED),
        (house.priya.pk, excursions.NOT_CONFIRMED),
    }
    assert nils.post(address, body).status_code == 400
    assert nils.post(address, {**body, "confirmed": True}).status_code == 201
    assert session.alerts.count() == 1  # neither asked again nor confirmed is it raised anew


def test_an_unusual_value_that_alarms_nobody_only_asks(house: House) -> None:
    session = stories.infusing(house)
    cold = stories.calm(LATER, temperature_cel=Decimal("34.5"))
    with pytest.raises(Invalid):
        stories.measure(house, session, cold)
    nils = house.actor(house.nils)
    assert vitals.alarm_not_kept(actor=nils, session=session, reading=cold, now=LATER) == []
    assert stories.fresh(session).revision == session.revision


@pytest.mark.parametrize(
    ("changes", "signs"),
    [
        ({"temperature_cel": None}, ["oxygen_saturation_percent"]),  # and nobody said why
        ({"measured_at": LATER + timedelta(seconds=2)}, ["oxygen_saturation_percent"]),
        ({"temperature_cel": Decimal("98.6")}, ["oxygen_saturation_percent"]),
        ({"oxygen_saturation_percent": 170, "temperature_cel": Decimal("98.6")}, []),
        ({"oxygen_saturation_percent": 98, "systolic_mmhg": 80, "diastolic_mmhg": 125}, []),
        ({"oxygen_saturation_percent": 98, "systolic_mmhg": 182, "diastolic_mmhg": 185}, []),
    ],
)
def test_no_other_fault_of_a_set_keeps_its_alarm_back_and_impossible_values_raise_none(
    house: House, changes: Any, signs: list[str]
) -> None:
    session = stories.infusing(house)
    reading = replace(stories.calm(LATER, oxygen_saturation_percent=70), **changes)
    with pytest.raises(Invalid):
        stories.measure(house, session, reading, now=LATER)
    nils = house.actor(house.nils)
    raised = vitals.alarm_not_kept(actor=nils, session=session, reading=reading, now=LATER)
    assert [alert.sign for alert in raised] == signs


def test_a_set_without_a_reason_alarms_alone_and_among_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, omars = stories.infusing(house), stories.infusing(house, house.omar)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils, body = client_of(house.nils), {**calm_body(LATER), "oxygen_saturation_percent": 70}
    del body["temperature_cel"]
    assert nils.post(f"{SESSIONS}{session.pk}/vitals/", body).status_code == 400
    assert session.alerts.get().sign == "oxygen_saturation_percent"
    answer = nils.post(f"{SESSIONS}{omars.pk}/vitals/", {"readings": [{**body, "id": str(new_id())}]})
    assert answer.json()["results"][0]["result"] == "refused"
    assert omars.alerts.get().sign == "oxygen_saturation_percent"


@pytest.mark.parametrize(
    "wrong",
    [
        {"heart_rate_per_min": "72/min"},
        {"pulse": 72},
        {"measured_at": "half past nine"},
        {"symptoms": ["hiccups"]},
        {"id": "no id"},
    ],
)
def test_what_can_be_read_of_a_set_alarms_and_the_rest_is_named(
    house: House, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    session, omars = stories.infusing(house), stories.infusing(house, house.omar)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils = client_of(house.nils)
    body = {**calm_body(LATER), "oxygen_saturation_percent": 84, "confirmed": True, **wrong}
    refused = nils.post(f"{SESSIONS}{session.pk}/vitals/", body)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["field"].partition(".")[0]) == (400, *wrong)
    alert = session.alerts.get()
    assert (alert.detail, alert.level) == ("Oxygen saturation 84 %: below 85.", "emergency")
    among = nils.post(f"{SESSIONS}{omars.pk}/vitals/", {"readings": [calm_body(LATER), body]})
    assert [each["result"] for each in among.json()["results"]] == ["kept", "refused"]
    assert omars.alerts.get().level == "emergency"


def test_a_set_on_an_outdated_revision_alarms_and_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stories.infusing(house)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils, address = client_of(house.nils), f"{SESSIONS}{session.pk}/vitals/"
    body = {**calm_body(LATER), "systolic_mmhg": 165}
    assert nils.post(address, body, headers={"If-Match": '"1"'}).status_code == 412
    assert session.alerts.get().detail == "Systolic pressure 165 mmHg: at or above 160."
    many = {"readings": [{**body, "oxygen_saturation_percent": 93}]}
    assert nils.post(address, many, headers={"If-Match": '"1"'}).status_code == 400
    assert session.alerts.filter(sign="oxygen_saturation_percent").exists()


def test_a_set_that_is_too_late_for_a_signed_record_is_refused_and_alarms_nobody(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = stories.signed(house)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    body = {**calm_body(LATER), "oxygen_saturation_percent": 84, "confirmed": True}
    assert client_of(house.nils).post(f"{SESSIONS}{session.pk}/vitals/", body).status_code == 409
    assert not session.alerts.exists()


def test_whoever_may_not_record_alarms_nobody(house: House, other_house: House) -> None:
    session = stories.infusing(house)
    body = {**calm_body(LATER), "oxygen_saturation_percent": 84}
    for who, status in ((house.ana, 403), (other_house.nils, 404)):
        assert client_of(who).post(f"{SESSIONS}{session.pk}/vitals/", body).status_code == status
    assert not session.alerts.exists()


def test_an_alert_no_longer_says_measure_again_when_somebody_has(house: House) -> None:
    session, nils = stories.infusing(house), house.actor(house.nils)
    low = stories.calm(LATER, oxygen_saturation_percent=84)
    [alert] = vitals.alarm_not_kept(actor=nils, session=session, reading=low, now=LATER)
    assert excursions.was_unconfirmed(alert)
    pressure_alone = replace(low, oxygen_saturation_percent=None, absent_reason="Probe off")
    stories.measure(house, session, pressure_alone)
    assert excursions.measured_again(stories.fresh(session), alert) == ""
    stories.measure(house, session, replace(low, confirmed=True))
    assert excursions.measured_again(stories.fresh(session), alert) == "09:32, Oxygen saturation 84 %"
    stories.measure(house, session, stories.calm(LATER + timedelta(minutes=1), heart_rate_per_min=125))
    [confirmed] = alerts.open_of(session).filter(sign="heart_rate_per_min")
    assert not excursions.was_unconfirmed(confirmed)


def test_not_due_is_no_reason_for_a_sign_that_is_overdue(house: House) -> None:
    session = stories.infusing(house)
    late = STARTED_AT + timedelta(minutes=14)  # it was due in the tenth minute, and has three of grace
    not_due = replace(
        stories.calm(late), oxygen_saturation_percent=None, absent_reason=f" {flowsheet.NOT_DUE}"
    )
    said = "This has been due since 09:30: oxygen saturation. Measure it, or say why it can't be measured.$"
    with pytest.raises(Invalid, match=said) as refused:
        stories.measure(house, session, not_due)
    assert [error["field"] for error in refused.value.data["errors"]] == ["absent_reason"]
    early = replace(not_due, measured_at=STARTED_AT + timedelta(minutes=12))
    assert stories.measure(house, session, early, now=late), "nothing was overdue when it was measured"
    assert stories.measure(house, session, replace(not_due, absent_reason="Probe off"))
    stories.measure(house, session, stories.calm(STARTED_AT + timedelta(minutes=19)))
    between = replace(not_due, measured_at=STARTED_AT + timedelta(minutes=13, seconds=30))
    with pytest.raises(Invalid, match="due since 09:30"):  # entered later, it was overdue all the same
        stories.measure(house, session, between, now=STARTED_AT + timedelta(minutes=20))
    warm = replace(stories.calm(late), temperature_cel=None, absent_reason=flowsheet.NOT_DUE)
    assert stories.measure(house, session, warm, now=STARTED_AT + timedelta(minutes=20))


def test_a_correction_takes_no_overdue_sign_back_as_not_due(house: House) -> None:
    session = stories.infusing(house)
    late = STARTED_AT + timedelta(minutes=14)
    full = stories.measure(house, session, stories.calm(late))
    less = replace(stories.calm(late), oxygen_saturation_percent=None, absent_reason=flowsheet.NOT_DUE)
    with pytest.raises(Invalid, match="due since 09:30: oxygen saturation"):
        stories.measure(house, session, less, corrects=full.pk, correction_reason="Probe was off")


def test_a_set_counts_as_after_the_stop_though_the_servers_clock_was_set_back(house: House) -> None:
    session = stories.recovering(house)
    behind = STOPPED_AT - timedelta(minutes=10)
    line = stories.measure(house, session, stories.calm(behind - timedelta(seconds=40)), now=behind)
    assert (line.measured_at, line.recorded_at) == (STOPPED_AT, behind)
    assert len(discharge.recovery(stories.fresh(session), behind).sets) == 1
    ahead = stories.calm(STOPPED_AT + timedelta(minutes=2))  # by a page loaded before the clock was set back
    assert stories.measure(house, session, ahead, now=behind).measured_at == STOPPED_AT
    earlier = stories.calm(behind - timedelta(minutes=5))
    assert stories.measure(house, session, earlier, now=behind).measured_at == earlier.measured_at


@pytest.mark.parametrize("ago", [0, 1, 45, 59])
def test_a_colleagues_line_that_is_newer_by_a_few_seconds_moves_no_stated_moment(
    house: House, ago: int
) -> None:
    """A call reads the clock before it waits for the lock: a colleague's line may be newer than that."""
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(LATER + timedelta(seconds=6)))
    stated = LATER - timedelta(seconds=ago)
    line = stories.measure(house, session, stories.calm(stated), now=LATER)
    assert (line.measured_at, line.recorded_at) == (stated, LATER)


@pytest.mark.parametrize("said", ["", "\u200b", "-", " . "])
def test_a_reason_for_what_is_missing_is_in_words(house: House, said: str) -> None:
    session = stories.infusing(house)
    reading = stories.calm(LATER, heart_rate_per_min=None, absent_reason=said)
    with pytest.raises(Invalid, match="Say why this was not measured: heart rate"):
        stories.measure(house, session, reading)
