"""The life of an alert: raised with its reading, and answered by name. The clock that sends it up is in
`test_alert_clocks`."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from clinic import work
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from sessions_app.models import Alert, Session
from sessions_app.observing import alert_clocks, alert_tasks, alerts, excursions, flowsheet, vitals
from sessions_app.observing.vitals import Entry
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.alert_stories import (
    CAUTION,
    EMERGENCY,
    PAST_STOP,
    SECOND,
    acknowledge,
    bad,
    minute,
    resolve,
    rungs,
    standing,
)

# --- Raised with the reading -------------------------------------------------------------------------------


def test_calm_readings_raise_nothing(house: House) -> None:
    assert standing(stories.observed(house)) == []


def test_one_bad_reading_raises_and_a_second_raises_the_level(house: House) -> None:
    session = stories.infusing(house)
    first = bad(house, session, 10, **PAST_STOP)
    assert standing(session) == [("systolic_mmhg", "caution")]
    assert not WorkItem.objects.exists()
    bad(house, session, 15, **PAST_STOP)
    assert standing(session) == [("systolic_mmhg", "caution"), ("systolic_mmhg", "stop")]
    caution, stop = alerts.open_of(session)
    assert (caution.reading, caution.raised_at, caution.recorded_by) == (first, minute(10), None)
    assert caution.revision == first.revision
    assert rungs(caution) == [("nurse", "Nils Berg", minute(10))]
    assert rungs(stop) == [("nurse", "Nils Berg", minute(15)), ("prescriber", "Priya Nair", minute(15))]
    task = WorkItem.objects.get()
    assert (task.cause, task.urgency, task.role) == (f"alert:{stop.pk}", Urgency.RED, Role.PRESCRIBER)
    assert task.due_at == minute(17)


def test_a_further_bad_reading_doubles_no_alert_and_a_better_one_raises_none(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    bad(house, session, 11, **EMERGENCY)
    bad(house, session, 12, oxygen_saturation_percent=93)
    assert standing(session) == [("oxygen_saturation_percent", "emergency")]
    resolve(house, session, house.priya)
    bad(house, session, 14, oxygen_saturation_percent=93)
    assert standing(session) == [("oxygen_saturation_percent", "caution")]


def test_a_rise_above_the_patients_own_baseline_is_an_alert_of_its_kind(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, systolic_mmhg=147)  # 122 before the start
    assert [alert.kind for alert in alerts.open_of(session)] == ["change"]


def test_a_reading_that_is_refused_raises_nothing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid):
        bad(house, session, 10, oxygen_saturation_percent=84)  # not confirmed
    assert not Alert.objects.exists()
    monkeypatch.setattr(vitals.recording, "advance", lambda *args, **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        bad(house, session, 10, **EMERGENCY)
    assert not Alert.objects.exists()
    assert session.vital_signs.count() == 1


def refused(house: House, session: Session, at: float, systolic_mmhg: int) -> None:
    """A set of this pressure beside a saturation that nobody has confirmed."""
    reading = stories.calm(minute(at), systolic_mmhg=systolic_mmhg, oxygen_saturation_percent=92)
    nils, taken = house.actor(house.nils), replace(reading, temperature_cel=None, absent_reason="")
    with pytest.raises(Invalid):
        stories.measure(house, session, taken)
    vitals.alarm_not_kept(actor=nils, session=session, reading=taken, now=minute(at))


def pressures(session: Session) -> list[tuple[str, str]]:
    return [(alert.level, alert.detail) for alert in alerts.open_of(session).filter(sign="systolic_mmhg")]


CALL_THE_PATIENT = "Call the patient, who has left the chair: vital signs past the stop limit"
FIRST = "Systolic pressure 188 mmHg: at or above 180, on one reading: measure again."
FIRST_AGAIN = "Systolic pressure 188 mmHg: at or above 180, on two readings."
SECOND_OF_TWO = "Systolic pressure 190 mmHg: at or above 180, on two readings."


@pytest.mark.parametrize("take", [bad, refused])
def test_a_first_reading_past_the_stop_limit_is_told_beside_an_open_milder_caution(
    house: House, take: Any
) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, systolic_mmhg=162)
    take(house, session, 15, systolic_mmhg=188)
    _, (level, detail) = pressures(session)
    assert (level, detail) == ("caution", FIRST)
    told = alerts.open_of(session).get(detail=FIRST)
    assert rungs(told) == [("nurse", "Nils Berg", minute(15))]
    bad(house, session, 20, systolic_mmhg=165)
    assert len(pressures(session)) == 2


@pytest.mark.parametrize("second", [bad, refused])
def test_a_refused_reading_past_the_stop_limit_is_the_first_of_two(house: House, second: Any) -> None:
    session = stories.infusing(house)
    refused(house, session, 10, systolic_mmhg=188)
    second(house, session, 12, systolic_mmhg=190)
    assert pressures(session) == [("caution", FIRST), ("stop", SECOND_OF_TWO)]
    assert WorkItem.objects.get().urgency == Urgency.RED


@pytest.mark.parametrize(
    ("minutes", "found"),
    [
        ((10, 12), [("caution", FIRST), ("stop", FIRST_AGAIN)]),
        ((10, 10), [("caution", FIRST)]),
    ],
)
@pytest.mark.parametrize("kept", [False, True])
def test_two_equal_readings_of_one_call_are_two_where_they_are_of_two_minutes(
    house: House, kept: bool, minutes: tuple[int, int], found: list[tuple[str, str]]
) -> None:
    """The first of them is refused for what is missing, and the second too, or it is kept."""
    session, nils = stories.infusing(house), house.actor(house.nils)
    first, second = (stories.calm(minute(at), systolic_mmhg=188) for at in minutes)
    readings = [half(first), second if kept else half(second)]
    entries = [Entry(id=new_id(), reading=each, sent={"place": n}) for n, each in enumerate(readings)]
    vitals.record_many(actor=nils, session=session, entries=entries, now=minute(15))
    assert session.vital_signs.filter(systolic_mmhg=188).count() == kept
    assert sorted(pressures(session)) == found


def half(reading: vitals.Reading) -> vitals.Reading:
    """Without a temperature, and without a word why."""
    return replace(reading, temperature_cel=None, absent_reason="")


def test_a_refused_set_that_is_sent_again_is_no_second_reading(house: House) -> None:
    session = stories.infusing(house)
    refused(house, session, 10, systolic_mmhg=188)
    bad(house, session, 11, systolic_mmhg=188)
    assert pressures(session) == [("caution", FIRST)]


def test_a_reading_that_was_kept_since_stands_for_the_refused_one(house: House) -> None:
    session = stories.infusing(house)
    refused(house, session, 10, systolic_mmhg=188)
    bad(house, session, 11, systolic_mmhg=138)
    bad(house, session, 15, systolic_mmhg=190)
    assert [level for level, _ in pressures(session)] == ["caution", "caution"]


@pytest.mark.parametrize("late", [EMERGENCY, {"symptoms": ["seizure"]}])
def test_a_reading_of_an_amendment_raises_a_task_and_no_alert(house: House, late: dict[str, Any]) -> None:
    """A symptom too, whatever the figures beside it are."""
    session = stories.signed(house)
    line = vitals.draft(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reading=stories.calm(minute(10), **late),
        corrects=None,
        correction_reason="",
        now=minute(200),
    )
    vitals.tell_prescriber(line, now=minute(200))
    assert not Alert.objects.exists()
    task = WorkItem.objects.get()
    assert (task.cause, task.title) == (f"vital_signs:{line.pk}", CALL_THE_PATIENT)


def test_what_is_entered_once_the_patient_has_left_calls_nobody_to_the_chair(house: House) -> None:
    session = stories.discharged(house)
    bad(house, session, 10, **EMERGENCY)
    assert WorkItem.objects.get().title == CALL_THE_PATIENT


def test_a_new_excursion_after_a_set_within_the_limits_raises_again(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, oxygen_saturation_percent=88, confirmed=True)
    acknowledge(house, session)
    bad(house, session, 12, oxygen_saturation_percent=92)
    bad(house, session, 13, oxygen_saturation_percent=88, confirmed=True)
    assert len(standing(session)) == 1, "it was never back within the limits"
    bad(house, session, 15)
    bad(house, session, 20, oxygen_saturation_percent=86, confirmed=True)
    first, again = alerts.open_of(session)
    assert (again.level, again.detail) == ("stop", "Oxygen saturation 86 %: below 90.")
    assert rungs(again) == [("nurse", "Nils Berg", minute(20)), ("prescriber", "Priya Nair", minute(20))]
    bad(house, session, 21, oxygen_saturation_percent=86, confirmed=True)
    assert list(alerts.open_of(session)) == [first, again]


def test_what_a_client_without_fractions_enters_after_a_calm_set_of_that_second_raises_again(
    house: House,
) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    stories.measure(house, session, stories.calm(minute(12) + 0.4 * SECOND))
    later = stories.calm(minute(12), **CAUTION)
    stories.measure(house, session, later, now=minute(12) + 0.8 * SECOND)
    assert standing(session) == [("systolic_mmhg", "caution")] * 2


def test_a_calm_set_typed_to_the_minute_comes_after_what_was_entered_in_that_minute(house: House) -> None:
    """A page tells no seconds: the calm set of 9:30 was measured after the alert of 9:30:09."""
    session = stories.infusing(house)
    bad(house, session, 10 + 9 / 60, **CAUTION)
    stories.measure(house, session, stories.calm(minute(10)), now=minute(10) + 25 * SECOND)
    assert excursions.still_past(session, "systolic_mmhg") == "", "it may be resolved"
    bad(house, session, 10 + 40 / 60, **CAUTION)
    assert standing(session) == [("systolic_mmhg", "caution")] * 2
    assert "systolic" in excursions.still_past(session, "systolic_mmhg").lower()


def test_of_two_calm_sets_of_a_minute_the_one_entered_last_counts(house: House) -> None:
    session = stories.infusing(house)
    stories.measure(house, session, stories.calm(minute(10) + 20 * SECOND))
    bad(house, session, 10 + 30 / 60, **CAUTION)
    stories.measure(house, session, stories.calm(minute(10)), now=minute(10) + 40 * SECOND)
    bad(house, session, 10 + 50 / 60, **CAUTION)
    assert standing(session) == [("systolic_mmhg", "caution")] * 2


def test_a_symptom_that_was_gone_raises_again(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, symptoms=["dyspnoea"])
    pain_alone = vitals.Reading(measured_at=minute(11), pain_nrs=2, absent_reason=flowsheet.NOT_DUE)
    stories.measure(house, session, pain_alone)
    bad(house, session, 12, symptoms=["dyspnoea"])
    assert standing(session) == [("dyspnoea", "stop")]
    bad(house, session, 15)
    bad(house, session, 18, symptoms=["dyspnoea"])
    assert standing(session) == [("dyspnoea", "stop")] * 2


# --- Answered by name --------------------------------------------------------------------------------------


def test_an_alert_is_acknowledged_acted_on_and_resolved_by_name(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert = alerts.open_of(session).get()
    acknowledge(house, session)
    alerts.act(actor=house.actor(house.priya), id=new_id(), alert=alert, words="Pump slowed.", now=minute(12))
    bad(house, session, 13)
    resolve(house, session)
    steps = alert.steps.exclude(kind="told").order_by("recorded_at")
    assert [(step.kind, step.recorded_by.full_name, step.words) for step in steps if step.recorded_by] == [
        ("acknowledged", "Nils Berg", ""),
        ("acted", "Priya Nair", "Pump slowed."),
        ("resolved", "Nils Berg", "Oxygen by mask, 98 %."),
    ]
    assert standing(session) == []
    assert alerts.unmet_at_signing(session) == {}
    assert [step.revision for step in steps] == sorted({step.revision for step in steps})


def test_an_alert_is_acknowledged_once_and_the_second_is_told_who(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    acknowledge(house, session)
    with pytest.raises(Conflict, match="Nils Berg has acknowledged") as refused:
        acknowledge(house, session, house.priya)
    assert refused.value.code == "alert_acknowledged"


@pytest.mark.parametrize("answer", [alerts.act, alerts.resolve])
def test_an_alert_never_ends_in_silence_nor_twice(house: House, answer: Any) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert = alerts.open_of(session).get()
    call = partial(answer, actor=house.actor(house.nils), alert=alert, now=minute(12))
    for nothing in (" ", ".", "-", "98 %"):
        with pytest.raises(Invalid) as unsaid:
            call(id=new_id(), words=nothing)
        assert [each["field"] for each in unsaid.value.data["errors"]] == ["words"]
    bad(house, session, 11)
    resolve(house, session, at=11)
    with pytest.raises(Conflict, match="Nils Berg has resolved") as refused:
        call(id=new_id(), words="Better.")
    assert refused.value.code == "alert_resolved"


@pytest.mark.parametrize("who", ["nils", "priya"])
def test_whoever_resolves_an_alert_ends_the_call_to_the_chair_in_their_words(house: House, who: str) -> None:
    session, person = stories.infusing(house), getattr(house, who)
    bad(house, session, 10, **EMERGENCY)
    bad(house, session, 12)
    resolve(house, session, person)
    call = WorkItem.objects.get()
    assert (call.closed_by, call.outcome) == (person, "Oxygen by mask, 98 %.")
    assert call.steps.get().words == "Oxygen by mask, 98 %."


def test_the_call_goes_on_until_the_last_of_its_alerts_is_resolved(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY, symptoms=["dyspnoea"])
    bad(house, session, 12)
    first, second = alerts.open_of(session)
    for alert, ended in [(first, False), (second, True)]:
        actor = house.actor(house.priya)
        alerts.resolve(actor=actor, alert=alert, id=new_id(), words="Oxygen by mask.", now=minute(13))
        assert (WorkItem.objects.get().closed_at is not None) == ended


def test_a_call_that_was_closed_resolves_no_alert(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    call = WorkItem.objects.get()
    work.close(actor=house.actor(house.priya), item=call, outcome="I was there.", now=minute(11))
    assert alerts.open_of(session).count() == 1


def unanswered(house: House) -> tuple[Session, WorkItem]:
    """An alert that has come to the prescriber because nobody has answered, and the task about it."""
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert_clocks.run_clocks(now=minute(12))
    return session, WorkItem.objects.get(title="Look at the session: nobody has answered an alert")


@pytest.mark.parametrize("who", ["nils", "priya"])
def test_whoever_acknowledges_ends_the_task_that_nobody_has_answered(house: House, who: str) -> None:
    session, task = unanswered(house)
    person = getattr(house, who)
    acknowledge(house, session, person, at=13)
    task.refresh_from_db()
    assert (task.closed_at, task.closed_by) == (minute(13), person)
    assert task.outcome == "The alert was acknowledged."


def test_a_nurse_who_resolves_ends_it_as_well(house: House) -> None:
    session, task = unanswered(house)
    bad(house, session, 13)
    resolve(house, session, at=14)
    task.refresh_from_db()
    assert (task.closed_by, task.outcome) == (house.nils, "Oxygen by mask, 98 %.")


def test_a_call_to_the_chair_is_taken_by_the_prescriber_who_acknowledges_all_of_it(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY, symptoms=["dyspnoea"])
    call = WorkItem.objects.get()
    first, second = alerts.open_of(session)
    for who, alert, taken_by in [("nils", first, None), ("priya", second, house.priya)]:
        actor = house.actor(getattr(house, who))
        alerts.acknowledge(actor=actor, id=new_id(), alert=alert, now=minute(11))
        call.refresh_from_db()
        assert (call.acknowledged_by, call.closed_at) == (taken_by, None)


def test_a_nurse_who_acknowledges_does_not_take_the_prescribers_call(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    acknowledge(house, session)
    assert WorkItem.objects.get().acknowledged_at is None


def test_one_of_two_acknowledged_leaves_the_call_to_be_taken(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY, symptoms=["dyspnoea"])
    first, _ = alerts.open_of(session)
    alerts.acknowledge(actor=house.actor(house.priya), id=new_id(), alert=first, now=minute(11))
    assert WorkItem.objects.get().acknowledged_at is None


def test_nobody_but_a_prescriber_resolves_it_while_its_newest_value_is_past_the_limit(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    bad(house, session, 12, oxygen_saturation_percent=98, systolic_mmhg=166)
    alone = vitals.Reading(measured_at=minute(13), oxygen_saturation_percent=98, absent_reason="Cuff off")
    stories.measure(house, session, alone)
    said = "^Systolic pressure 166 mmHg was measured at 09:32: it is resolved by a reading within"
    with pytest.raises(Conflict, match=said) as refused:
        resolve(house, session)
    assert refused.value.code == "still_past"
    assert resolve(house, session, house.priya).words == "Oxygen by mask, 98 %."


def test_one_event_calls_the_prescriber_once_until_somebody_has_taken_the_call(house: House) -> None:
    session = stories.infusing(house)
    worse = {"systolic_mmhg": 186, "diastolic_mmhg": 114, "confirmed": True}
    bad(house, session, 10, **worse, oxygen_saturation_percent=89)
    bad(house, session, 11, **worse)
    called = [alert for alert in alerts.open_of(session) if alert.level == "stop"]
    assert len(called) == 3
    call = WorkItem.objects.get()

    priya = house.actor(house.priya)
    for alert in called[:2]:
        alerts.resolve(actor=priya, id=new_id(), alert=alert, words="Better", now=minute(12))
    call.refresh_from_db()
    assert call.closed_at is None, "one is still open"
    work.acknowledge(actor=priya, item=call, now=minute(12))
    bad(house, session, 13, oxygen_saturation_percent=88, confirmed=True)
    assert WorkItem.objects.filter(closed_at=None).count() == 2, "who came may have left again"
    for alert in alerts.open_of(session).filter(level="stop"):
        alerts.resolve(actor=priya, id=new_id(), alert=alert, words="Calm again", now=minute(14))
    assert not WorkItem.objects.filter(closed_at=None).exists()


def test_an_open_alert_holds_the_signature_up(house: House) -> None:
    session = stories.discharged(house)
    stories.measure(house, session, stories.calm(minute(100), **CAUTION))
    assert alerts.unmet_at_signing(session) == {"alerts_resolved": "Open: 1."}


def test_many_tasks_at_once_are_made_once_for_each_cause(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    alert = alerts.open_of(session).get()
    work.open_items([alert_tasks.task_of(alert, session), alert_tasks.task_of(alert, session)])
    assert WorkItem.objects.count() == 1
