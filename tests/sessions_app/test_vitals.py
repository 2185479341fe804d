"""Sets of vital signs: every sign, the protocol's own rings, and many sent at once."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from clinic import clock
from clinic.problems import Invalid
from sessions_app.leaving import discharge
from sessions_app.models import Session, VitalSigns
from sessions_app.observing import alerts, excursions, flowsheet, starting, vitals
from sessions_app.observing.vitals import Entry, Kept, Refused
from tests.at_once import at_once
from tests.cast import House, client_of, make_house, new_id
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


def test_a_start_needs_the_sedation_score_too(house: House) -> None:
    session = stories.prepared(house)
    assert starting.unmet_at_start(session, STARTED_AT) == {}
    late = STARTED_AT + timedelta(hours=1)
    stories.measure(house, session, stories.calm(late, rass=None))
    assert "sedation (RASS)" in starting.unmet_at_start(session, late)["baseline"]


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


def test_of_many_sets_an_unusual_one_alarms_too(house: House) -> None:
    session = stories.infusing(house)
    _, refused, kept = record(house, session, entry(2), entry(4, respiratory_rate_per_min=7), entry(6))
    assert isinstance(refused, Refused)
    assert isinstance(kept, Kept)
    assert session.alerts.get().sign == "respiratory_rate_per_min"


# --- Many at once ----------------------------------------------------------------------------------------


def entry(minutes: int, **changes: Any) -> Entry:
    reading = stories.calm(STARTED_AT + timedelta(minutes=minutes), **changes)
    return Entry(id=new_id(), reading=reading, sent={"minutes": minutes, **changes})


def record(house: House, session: Session, *entries: Entry) -> list[Kept | Refused]:
    nils = house.actor(house.nils)
    return vitals.record_many(actor=nils, session=session, entries=entries, now=LATER)


def test_each_of_many_sets_stands_or_is_refused_by_itself_in_order(house: House) -> None:
    session = stories.infusing(house)
    good, wrong, last = entry(2), entry(4, systolic_mmhg=400), entry(6)
    first, refused, third = record(house, session, good, wrong, last)
    assert isinstance(first, Kept)
    assert isinstance(third, Kept)
    assert isinstance(refused, Refused)
    assert (refused.id, refused.problem.code) == (wrong.id, "invalid")
    assert [first.line.revision, third.line.revision] == [session.revision + 1, session.revision + 2]
    assert stories.fresh(session).revision == session.revision + 2


def test_sets_that_are_sent_again_are_answered_and_never_doubled(house: House) -> None:
    session = stories.infusing(house)
    entries = [entry(2), entry(4)]
    record(house, session, entries[0])
    again = record(house, session, *entries)
    assert [each.again for each in again if isinstance(each, Kept)] == [True, False]
    assert session.vital_signs.count() == 3


def test_sets_sent_again_after_the_signature_are_answered_too(house: House) -> None:
    session = stories.infusing(house)
    kept, late = entry(2), entry(4)
    record(house, session, kept)
    Session.objects.filter(pk=session.pk).update(state="signed")
    again, refused = record(house, session, kept, late)
    assert isinstance(again, Kept)
    assert again.again
    assert isinstance(refused, Refused)
    assert refused.problem.code == "wrong_state"


def test_two_bad_sets_of_one_call_raise_the_level_as_if_they_had_come_alone(house: House) -> None:
    session = stories.infusing(house)
    record(house, session, entry(2, systolic_mmhg=185), entry(7, systolic_mmhg=186))
    assert [alert.level for alert in session.alerts.order_by("revision")] == ["caution", "stop"]


@pytest.mark.django_db(transaction=True)
def test_the_same_many_sets_sent_four_times_at_once_stand_once() -> None:
    house = make_house()
    session = stories.infusing(house)
    entries = [entry(minutes) for minutes in range(1, 9)]
    turned = list(reversed(entries))
    calls = [partial(record, house, session, *each) for each in (entries, turned, entries, turned)]
    outcomes = at_once(*calls)
    assert all(isinstance(each, Kept) for outcome in outcomes for each in outcome), outcomes
    assert sum(not each.again for outcome in outcomes for each in outcome) == len(entries)
    assert session.vital_signs.count() == len(entries) + 1


@pytest.mark.django_db(transaction=True)
def test_of_sets_entered_at_once_each_keeps_the_moment_that_was_stated() -> None:
    house = make_house()
    session = stories.infusing(house, at=clock.now() - timedelta(minutes=50))
    stated = [clock.now() - timedelta(seconds=each) for each in range(40, 52)]

    def enter(at: datetime) -> VitalSigns:
        line: VitalSigns = stories.measure(house, session, stories.calm(at), now=clock.now())
        return line

    lines = at_once(*(partial(enter, at) for at in stated))
    assert [line.measured_at for line in lines] == stated
    assert all(line.measured_at < line.recorded_at for line in lines)


@pytest.mark.parametrize("wrong", ['"id": 1e400', '"id": -1e400', '"id": "\\ud800"', '"\\ud800": 1'])
def test_what_cannot_be_said_again_is_refused_before_anything_is_kept(house: House, wrong: str) -> None:
    session = stories.infusing(house)
    good = json.dumps(calm_body(STARTED_AT + timedelta(minutes=1), temperature_cel="36.6"))
    sent = f'{{"readings": [{good}, {{{wrong}}}]}}'
    address = f"{SESSIONS}{session.pk}/vitals/"
    answer = client_of(house.nils).post(address, sent, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "readings")
    assert session.vital_signs.count() == 1


def test_many_sets_over_the_api(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = stories.infusing(house)
    monkeypatch.setattr(clock, "now", lambda: LATER)
    nils, address = client_of(house.nils), f"{SESSIONS}{session.pk}/vitals/"
    alone = calm_body(STARTED_AT + timedelta(minutes=1))
    assert nils.post(address, alone).status_code == 201
    good, unusual, misspelt = (calm_body(STARTED_AT + timedelta(minutes=each)) for each in (2, 3, 4))
    body = {"readings": [alone, good, {**unusual, "heart_rate_per_min": 151}, {**misspelt, "puls": 70}]}
    answer = nils.post(address, body)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [each["result"] for each in results] == ["again", "kept", "refused", "refused"]
    assert results[1]["vital_signs"]["id"] == good["id"]
    assert results[2]["problem"]["errors"][0]["code"] == "confirm"
    assert results[3]["problem"]["errors"][0]["field"] == "puls"
    assert answer.headers["ETag"] == f'"{stories.fresh(session).revision}"'
    assert [each["result"] for each in nils.post(address, body).json()["results"]][:2] == ["again", "again"]
    stale = nils.post(address, body, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["errors"][0]["field"]) == (400, "If-Match")
    assert nils.post(address, {"readings": []}).status_code == 400
