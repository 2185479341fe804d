"""The clock that sends an unanswered alert up the ladder, notices overdue readings, and beats in a worker."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from clinic import clock
from clinic.models import Membership, Role, Urgency, User, WorkItem
from scheduler.models import Opening, ResourceKind
from sessions_app import tasks
from sessions_app.infusing import infusion
from sessions_app.models import AlertStep, Session
from sessions_app.observing import alert_clocks, alerts, flowsheet, vitals
from sessions_app.observing.ladder import Ladder
from tests.at_once import at_once
from tests.cast import House, make_house, make_patient, make_user, new_id
from tests.scheduler.stage import make_resource
from tests.sessions_app import stories
from tests.sessions_app.alert_stories import (
    CAUTION,
    EMERGENCY,
    SECOND,
    acknowledge,
    bad,
    charge_nurse,
    minute,
    not_given,
    resolve,
    rungs,
    standing,
)
from tests.sessions_app.behind import behind_the_triggers

# --- The ladder --------------------------------------------------------------------------------------------


def test_an_alert_goes_up_a_rung_every_two_minutes_to_the_second(house: House) -> None:
    charge_nurse(house)
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert = alerts.open_of(session).get()
    assert alert_clocks.run_clocks(now=minute(12) - SECOND) == 0
    assert alert_clocks.run_clocks(now=minute(12)) == 1
    assert alert_clocks.run_clocks(now=minute(14) - SECOND) == 0
    assert not WorkItem.objects.exists()
    assert alert_clocks.run_clocks(now=minute(14)) == 1
    assert rungs(alert) == [
        ("nurse", "Nils Berg", minute(10)),
        ("charge", "Cleo Brandt", minute(12)),
        ("prescriber", "Priya Nair", minute(14)),
    ]
    task = WorkItem.objects.get()
    assert (task.urgency, task.due_at) == (Urgency.AMBER, minute(16))
    assert alert_clocks.run_clocks(now=minute(14.5)) == 0


def works(house: House, nurse: User, start: datetime, end: datetime) -> None:
    """This nurse's hours, as the schedule has them."""
    place = make_resource(house, ResourceKind.NURSE, nurse.full_name, 6)
    place.user = nurse
    place.save()
    Opening.objects.create(resource=place, during=DateTimeTZRange(start, end))


@pytest.mark.parametrize(("until", "told"), [(12, "Ada Moor"), (12.1, "Cleo Brandt")])
def test_the_charge_nurse_who_works_now_is_told_before_one_at_home(
    house: House, until: float, told: str
) -> None:
    charge_nurse(house, "Ada Moor")
    works(house, charge_nurse(house), minute(-60), minute(until))
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert_clocks.run_clocks(now=minute(12))
    assert rungs(alerts.open_of(session).get())[-1] == ("charge", told, minute(12))


def test_without_another_charge_nurse_the_prescriber_is_next(house: House) -> None:
    Membership.objects.filter(user=house.nils).update(charge=True)
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert_clocks.run_clocks(now=minute(12))
    assert [rung for rung, _, _ in rungs(alerts.open_of(session).get())] == ["nurse", "prescriber"]


@pytest.mark.parametrize("answer", [acknowledge, resolve])
def test_an_answered_alert_climbs_no_further(house: House, answer: Any) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    answer(house, session, house.priya, at=11)
    assert alert_clocks.run_clocks(now=minute(13)) == 0


def test_an_alert_goes_on_climbing_after_the_patient_went_home(house: House) -> None:
    session = stories.discharged(house)
    stories.measure(house, session, stories.calm(minute(100), **CAUTION))
    assert alert_clocks.run_clocks(now=minute(102)) == 1


@pytest.mark.parametrize("come_to", [stories.arrived, stories.prepared, stories.discharged, not_given])
def test_where_the_prescriber_was_called_at_once_the_charge_nurse_is_told_in_every_state(
    house: House, come_to: Any
) -> None:
    charge_nurse(house)
    session = come_to(house)
    bad(house, session, 100, **EMERGENCY)
    alert = alerts.open_of(session).get()
    following = Ladder([session], minute(101)).next_told(session, alert)
    assert following is not None
    assert (following.rung, following.at) == ("charge", minute(102))
    assert alert_clocks.run_clocks(now=minute(102) - SECOND) == 0
    assert alert_clocks.run_clocks(now=minute(102)) == 1
    assert rungs(alert)[-1] == ("charge", "Cleo Brandt", minute(102))
    assert alert_clocks.run_clocks(now=minute(108)) == 0, "everybody was told"


def test_a_prescriber_who_has_left_is_not_told(house: House) -> None:
    make_user(house.clinic, "Quinn Abel", Role.PRESCRIBER)
    house.priya.is_active = False
    house.priya.save()
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    alert_clocks.run_clocks(now=minute(12))
    assert rungs(alerts.open_of(session).get())[-1][:2] == ("prescriber", "Quinn Abel")


# --- Overdue readings --------------------------------------------------------------------------------------


def test_a_reading_past_its_grace_is_an_alert_once(house: House) -> None:
    session = stories.infusing(house)
    assert alert_clocks.run_clocks(now=minute(13)) == 0
    assert alert_clocks.run_clocks(now=minute(13) + SECOND) == 2
    alert = alerts.open_of(session).get()
    assert (alert.kind, alert.level, alert.due_at) == ("overdue", "caution", minute(10))
    assert alert.detail == "Vital signs were due at 09:30."
    assert rungs(alert) == [("nurse", "Nils Berg", minute(13) + SECOND)]
    assert alert_clocks.run_clocks(now=minute(13) + 2 * SECOND) == 0
    assert stories.fresh(session).revision == session.revision


def test_whoever_takes_the_overdue_reading_has_resolved_its_alert(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    alert = alerts.open_of(session).get()
    stories.measure(house, session, stories.calm(minute(5)), now=minute(14))  # an earlier one settles nothing
    assert standing(session)
    bad(house, session, 15)
    assert standing(session) == []
    resolved = alert.steps.get(kind="resolved")
    assert (resolved.recorded_by, resolved.words) == (house.nils, "The vital signs were taken.")


def test_the_overdue_reading_closes_the_prescribers_task_whoever_takes_it(house: House) -> None:
    session = stories.infusing(house)
    for at in (14, 16):
        alert_clocks.run_clocks(now=minute(at))
    task = WorkItem.objects.get()
    assert (task.title, task.role) == ("Vital signs are overdue, and nobody has answered", Role.PRESCRIBER)
    bad(house, session, 17)
    task.refresh_from_db()
    assert (task.closed_at, task.closed_by) == (minute(17), house.nils)
    assert task.outcome == "The vital signs were taken."


def test_pain_asked_alone_is_not_the_reading_that_is_overdue(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    asked = vitals.Reading(measured_at=minute(15), pain_nrs=3, absent_reason="Asleep, cuff off")
    stories.measure(house, session, asked)
    assert standing(session) == [("vital_signs", "caution")]
    [due] = [each for each in flowsheet.dues_of(stories.fresh(session), minute(15)) if each.at == minute(10)]
    assert due.standing == "overdue"


def test_a_pulse_alone_is_not_the_reading_that_is_overdue(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    pulse = vitals.Reading(measured_at=minute(12), heart_rate_per_min=72, absent_reason=flowsheet.NOT_DUE)
    stories.measure(house, session, pulse, now=minute(15))
    assert standing(session) == [("vital_signs", "caution")]
    [due] = [each for each in flowsheet.dues_of(stories.fresh(session), minute(15)) if each.at == minute(10)]
    assert due.standing == "overdue"
    bad(house, session, 16, temperature_cel=None, pain_nrs=None, absent_reason=flowsheet.NOT_DUE)
    assert standing(session) == []


def test_a_temperature_alone_is_not_the_reading_that_is_overdue_whatever_its_reason(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    warm = vitals.Reading(
        measured_at=minute(15), temperature_cel=Decimal("36.6"), absent_reason="Patient asleep"
    )
    stories.measure(house, session, warm)
    assert standing(session) == [("vital_signs", "caution")]


def test_a_reason_that_somebody_chose_stands_for_what_could_not_be_measured(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    cuff_off = replace(stories.calm(minute(15)), systolic_mmhg=None, diastolic_mmhg=None)
    stories.measure(house, session, replace(cuff_off, absent_reason="Patient declined"))
    assert standing(session) == []


def test_an_overdue_alert_that_was_resolved_without_a_reading_comes_back_with_the_next(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    resolve(house, session, at=15)
    assert alert_clocks.run_clocks(now=minute(22)) == 0
    assert alert_clocks.run_clocks(now=minute(23.5)) == 3
    assert alerts.open_of(session).get().due_at == minute(20)


def test_who_acknowledges_one_overdue_reading_has_not_answered_for_the_next(house: House) -> None:
    charge_nurse(house)
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    acknowledge(house, session, at=15)
    assert alert_clocks.run_clocks(now=minute(23)) == 0
    assert alert_clocks.run_clocks(now=minute(23) + SECOND) == 3
    assert [alert.due_at for alert in alerts.open_of(session)] == [minute(10), minute(20)]
    assert alert_clocks.run_clocks(now=minute(25.5)) == 1  # and nobody answers this one: up it goes
    bad(house, session, 26)
    assert standing(session) == []


def test_an_overdue_alert_that_nobody_has_answered_is_not_doubled_by_the_next(house: House) -> None:
    session = stories.infusing(house)
    for at in (14, 24):
        alert_clocks.run_clocks(now=minute(at))
    assert alerts.open_of(session).get().due_at == minute(10)


def test_a_reading_missed_after_the_last_rung_was_told_goes_up_the_ladder_anew(house: House) -> None:
    charge_nurse(house)
    session = stories.infusing(house)
    for at in (14, 16, 18, 24, 26, 28):
        alert_clocks.run_clocks(now=minute(at))
    first, second = alerts.open_of(session)
    assert (first.due_at, second.due_at) == (minute(10), minute(20))
    assert [rung for rung, *_ in rungs(first)] == ["nurse", "charge", "prescriber"]
    assert [(rung, at) for rung, _, at in rungs(second)] == [
        ("nurse", minute(24)),
        ("prescriber", minute(24)),
        ("charge", minute(26)),
    ]
    bad(house, session, 29)
    assert standing(session) == []
    assert not WorkItem.objects.filter(closed_at=None).exists()


def test_the_second_reading_missed_in_a_row_raises_the_level_and_calls_the_prescriber_at_once(
    house: House,
) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(14))
    acknowledge(house, session, at=15)
    bad(house, session, 16)
    alert_clocks.run_clocks(now=minute(24))
    acknowledge(house, session, at=24)
    assert standing(session) == [("vital_signs", "caution")], "between the two somebody measured"
    alert_clocks.run_clocks(now=minute(33.5))
    _, stop = alerts.open_of(session)
    assert (stop.level, stop.detail) == ("stop", "Vital signs were due at 09:50: 2 missed in a row.")
    call = WorkItem.objects.get()
    assert (call.title, call.urgency) == ("Come to the chair: vital signs are overdue", Urgency.RED)
    assert call.due_at == minute(35.5)
    alert_clocks.run_clocks(now=minute(43.5))
    assert WorkItem.objects.get() == call, "while it waits to be taken it is not doubled"


def test_the_reading_closes_also_the_task_of_an_alert_that_was_resolved_without_it(house: House) -> None:
    session = stories.infusing(house)
    for at in (14, 16):
        alert_clocks.run_clocks(now=minute(at))
    resolve(house, session, at=17)
    assert WorkItem.objects.get().closed_at is None, "nobody has measured yet"
    bad(house, session, 18)
    assert WorkItem.objects.get().outcome == "The vital signs were taken."


def test_a_call_about_missed_readings_stands_for_no_value_past_its_limit(house: House) -> None:
    session = stories.infusing(house)
    alert_clocks.run_clocks(now=minute(24))
    missed = WorkItem.objects.get()
    bad(house, session, 25, **EMERGENCY)
    past, _ = WorkItem.objects.order_by("closed_at")
    assert (past.closed_at, missed.cause == past.cause) == (minute(25), True)
    assert WorkItem.objects.get(closed_at=None).title == "Come to the chair: vital signs past the stop limit"


def test_a_value_past_its_limit_and_missed_readings_each_close_their_own_call(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    alert_clocks.run_clocks(now=minute(24))
    assert WorkItem.objects.filter(closed_at=None).count() == 2
    of_value, of_missed = (alerts.open_of(session).get(level=level) for level in ("emergency", "stop"))
    priya = house.actor(house.priya)
    alerts.resolve(actor=priya, id=new_id(), alert=of_value, words="A cold finger", now=minute(25))
    assert WorkItem.objects.get(closed_at=None).title == "Come to the chair: vital signs are overdue"
    alerts.resolve(actor=priya, id=new_id(), alert=of_missed, words="I am at the chair", now=minute(25))
    assert not WorkItem.objects.filter(closed_at=None).exists()


def test_the_charge_nurse_is_told_too_when_a_call_to_the_chair_stands_unanswered(house: House) -> None:
    charge_nurse(house)
    session = stories.infusing(house)
    bad(house, session, 10, **EMERGENCY)
    assert alert_clocks.run_clocks(now=minute(12)) == 1
    assert rungs(alerts.open_of(session).get())[-1] == ("charge", "Cleo Brandt", minute(12))
    assert alert_clocks.run_clocks(now=minute(12.5)) == 0


def test_an_alert_brings_the_next_reading_forward(house: House) -> None:
    session = stories.infusing(house)
    bad(house, session, 10, **CAUTION)
    acknowledge(house, session, at=10)
    assert alert_clocks.run_clocks(now=minute(18)) == 0
    assert alert_clocks.run_clocks(now=minute(18) + SECOND) == 2
    assert alerts.open_of(session).get(kind="overdue").due_at == minute(15)


def test_a_pause_rebases_the_clock(house: House) -> None:
    session = stories.infusing(house)
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=session, now=minute(8))
    assert alert_clocks.run_clocks(now=minute(16)) == 0  # 10 gave way to 13, which may be taken until 16
    assert alert_clocks.run_clocks(now=minute(16) + SECOND) == 2


def test_nobody_is_overdue_before_the_start_or_after_going_home(house: House) -> None:
    stories.prepared(house)
    stories.discharged(house, house.omar)
    assert alert_clocks.run_clocks(now=minute(500)) == 0


# --- The beat ----------------------------------------------------------------------------------------------


def test_the_clocks_need_a_fixed_number_of_queries(house: House) -> None:
    charge_nurse(house)

    def queries_for(*patients: Any) -> int:
        for patient in patients:
            session = stories.infusing(house, patient)
            bad(house, session, 9, **CAUTION)
            bad(house, session, 9.5, **EMERGENCY)
        with CaptureQueriesContext(connection) as captured:
            written = alert_clocks.run_clocks(now=minute(13) + len(patients) * SECOND)
        assert written >= len(patients)
        return len(captured)

    few = queries_for(house.rosa)
    others = [make_patient(house.clinic, name, "Neu") for name in ("Ida", "Jon", "Kim", "Lou")]
    assert queries_for(*others) == few


def test_the_beat_looks_at_the_clock_on_the_wall(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session = stories.infusing(house)
    monkeypatch.setattr(clock, "now", lambda: minute(14))
    tasks.run_clocks()
    assert standing(session) == [("vital_signs", "caution")]


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_write_everything_once() -> None:
    house = make_house()
    charge_nurse(house)
    session = stories.infusing(house)
    bad(house, session, 9, **CAUTION)
    outcomes = at_once(*[partial(alert_clocks.run_clocks, now=minute(18))] * 4)
    assert sorted(outcomes)[-1] == sum(outcomes) == 3, outcomes
    assert sorted(standing(session)) == [("systolic_mmhg", "caution"), ("vital_signs", "caution")]
    assert AlertStep.objects.filter(rung="charge").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_session_that_somebody_is_writing_in_waits_for_the_next_beat() -> None:
    house = make_house()
    session = stories.infusing(house)

    with transaction.atomic():
        Session.objects.select_for_update().get(pk=session.pk)
        assert at_once(partial(alert_clocks.run_clocks, now=minute(14))) == [0]
    assert alert_clocks.run_clocks(now=minute(14)) == 2


def test_one_session_that_cannot_be_written_holds_up_no_other(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    broken = stories.infusing(house)
    sound = stories.infusing(house, house.omar)
    behind_the_triggers(
        f"ALTER TABLE sessions_app_alert ADD CONSTRAINT unwritable CHECK (session_id <> '{broken.pk}')"
    )
    assert alert_clocks.run_clocks(now=minute(14)) == 2
    assert standing(sound) == [("vital_signs", "caution")]
    assert standing(broken) == []
    [record] = caplog.records
    assert record.getMessage() == f"clock of session {broken.pk} not written: IntegrityError"
