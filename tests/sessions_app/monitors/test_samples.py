"""Which alerts the samples of a monitor raise, and how often."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from sessions_app.models import Alert, AlertLevel, MonitorSample, Session, SessionState, UnmatchedMessage
from sessions_app.monitors import feed, readings
from sessions_app.observing import alerts
from tests.cast import NOW, House, make_patient, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers
from tests.sessions_app.monitors.beds import Bed, bed, chair_of, monitor_at, seat
from tests.sessions_app.monitors.messages import CALM, DURING, Line, oru, stamp
from tests.sessions_app.monitors.sending import take, why

SECOND = timedelta(seconds=1)
HIGH = (("8480-6", "185", "mm[Hg]"), ("8462-4", "95", "mm[Hg]"))


@pytest.mark.parametrize(
    ("line", "level", "detail"),
    [
        (("8867-4", "0", "/min"), "stop", "Heart rate 0 /min"),
        (("8867-4", "301", "/min"), "stop", "Heart rate 301 /min"),
        (("59408-5", "29", "%"), "emergency", "Oxygen saturation 29 %"),
        (("8310-5", "20", "Cel"), "caution", "Temperature 20.0 °C"),
    ],
)
def test_a_value_that_cannot_be_calls_somebody_to_look_at_the_patient(
    house: House, line: Line, level: str, detail: str
) -> None:
    """It may be an asystole or a lead that is off: nothing to chart, and nothing to be silent about."""
    rosa = bed(house)
    sent = [oru(DURING + SECOND * number, [line], control_id=str(number)) for number in range(2)]
    for _ in range(2):
        take(house, *sent, now=DURING + SECOND)
        alert = Alert.objects.get()
        assert (alert.session, alert.level, alert.sign) == (rosa.session, level, readings.LOINC[line[0]])
        assert alert.detail == f"{detail}: look at the patient now, then at the sensor. It can't be charted."
        if alerts.open_of(rosa.session).exists():
            nils = house.actor(house.nils)
            alerts.resolve(actor=nils, id=new_id(), alert=alert, words="Lead was off", now=DURING)
    assert not MonitorSample.objects.exists()
    assert UnmatchedMessage.objects.count() == 2


@pytest.mark.parametrize("ahead", [timedelta(seconds=150), timedelta(days=4000)])
def test_a_monitor_whose_clock_is_fast_is_no_monitor_that_is_silent(house: House, ahead: timedelta) -> None:
    rosa, low = bed(house), ("59408-5", "50", "%")
    sent = [oru(DURING + ahead + SECOND * each, [*CALM[:1], low], control_id=str(each)) for each in range(3)]
    for _ in range(2):
        assert take(house, *sent) == ["AA"] * 3
        alert = Alert.objects.get()
        assert (alert.session, alert.level, alert.sign) == (rosa.session, "emergency", readings.LOINC[low[0]])
        assert alert.raised_at == DURING
        assert alert.detail == (
            "Oxygen saturation 50 %: below 85. "
            "The monitor's clock is wrong: look at the patient now. It can't be charted."
        )
        if alerts.open_of(rosa.session).exists():
            nils = house.actor(house.nils)
            alerts.resolve(actor=nils, id=new_id(), alert=alert, words="Finger was cold", now=DURING)
    assert not MonitorSample.objects.exists()
    assert set(UnmatchedMessage.objects.values_list("why", flat=True)) == {feed.IN_THE_FUTURE}


@pytest.mark.parametrize(("late", "told"), [(119, ""), (120, " Measured at 09:23.")])
def test_what_comes_late_is_told_with_the_moment_at_which_it_was_so(
    house: House, late: int, told: str
) -> None:
    """The network was away: who is called now must not take it for what the monitor shows."""
    bed(house)
    then = DURING - SECOND * late
    take(house, oru(then, [("59408-5", "82", "%")]))
    assert Alert.objects.get().detail == f"Oxygen saturation 82 %: below 85.{told}"


def test_a_fast_clock_and_calm_values_raise_nothing(house: House) -> None:
    bed(house)
    take(house, oru(DURING + timedelta(minutes=3)))
    assert not Alert.objects.exists()


def test_an_impossible_value_under_a_wrong_clock_is_looked_at_as_well(house: House) -> None:
    bed(house)
    take(house, oru(DURING + timedelta(minutes=3), [("8867-4", "0", "/min")]))
    assert Alert.objects.get().sign == "heart_rate_per_min"


@pytest.mark.parametrize("line", HIGH)
def test_one_pressure_without_the_other_is_told_where_it_is_past_a_limit(house: House, line: Line) -> None:
    bed(house)
    alone = (line[0], "185" if line[0] == "8480-6" else "115", line[2])
    take(house, oru(DURING, [*CALM, alone]))
    alert = Alert.objects.get()
    assert alert.sign == readings.LOINC[line[0]]
    assert alert.detail.endswith("It came without its other pressure and can't be charted.")
    sample = MonitorSample.objects.get()
    assert sample.heart_rate_per_min == 71
    assert sample.systolic_mmhg is sample.diastolic_mmhg is None


def test_what_a_wrong_clock_shows_of_another_patient_is_not_rosas(house: House) -> None:
    bed(house)
    low = [("59408-5", "50", "%")]
    take(house, oru(DURING + timedelta(minutes=3), low, patient=house.omar.mrn))
    assert not Alert.objects.exists()


def test_while_leads_are_put_on_nobody_is_called_to_look_at_what_they_show(house: House) -> None:
    rosa = bed(house)
    started = stories.fresh(rosa.session).started_at
    assert started is not None
    take(house, oru(started - SECOND, [("8867-4", "0", "/min")]))
    assert not Alert.objects.exists()
    assert why(house) == "Values that cannot be: heart rate."


def test_what_cannot_be_stands_beside_a_pressure_that_takes_two_readings(house: House) -> None:
    bed(house)
    absurd = ("8310-5", "20", "Cel")
    take(house, oru(DURING - SECOND, HIGH, control_id="1"), oru(DURING, [*HIGH, absurd], control_id="2"))
    levels = dict(Alert.objects.values_list("sign", "level"))
    assert levels["systolic_mmhg"] == AlertLevel.STOP
    assert levels["temperature_cel"] == AlertLevel.CAUTION


@pytest.mark.parametrize("together", [True, False])
def test_a_message_that_says_otherwise_under_the_same_id_is_judged_and_kept(
    house: House, together: bool
) -> None:
    rosa = bed(house)
    calm, low = oru(DURING), oru(DURING, [("59408-5", "80", "%")])
    batches = [[calm, low]] if together else [[calm], [low]]
    for batch in batches:
        assert set(take(house, *batch)) == {"AA"}
    assert MonitorSample.objects.get().oxygen_saturation_percent == 98
    assert why(house) == "It says otherwise than the message of the same id and moment before it."
    alert = Alert.objects.get()
    assert (alert.session, alert.level) == (rosa.session, AlertLevel.EMERGENCY)
    nils = house.actor(house.nils)
    alerts.resolve(actor=nils, id=new_id(), alert=alert, words="Probe refitted", now=DURING)
    take(house, low, calm)
    assert Alert.objects.count() == UnmatchedMessage.objects.count() == 1


def test_a_past_limit_sample_raises_the_alert_once_however_often_it_comes(house: House) -> None:
    rosa = bed(house)
    for number in range(3):
        moment = DURING + SECOND * number
        take(house, oru(moment, [("59408-5", "93", "%")], control_id=str(number)), now=moment)
    alert = Alert.objects.get()
    assert (alert.session, alert.sign, alert.level) == (rosa.session, "oxygen_saturation_percent", "caution")
    assert alert.reading_id is None
    take(house, oru(moment, [("59408-5", "89", "%")], control_id="9"), now=moment)
    assert set(Alert.objects.values_list("level", flat=True)) == {AlertLevel.CAUTION, AlertLevel.STOP}


def test_a_new_excursion_after_a_set_within_the_limits_raises_again(house: House) -> None:
    rosa = bed(house)
    take(house, oru(DURING, [("59408-5", "89", "%")], control_id="1"))
    take(house, oru(DURING + SECOND, [("59408-5", "97", "%")], control_id="2"), now=DURING + SECOND)
    take(house, oru(DURING + 2 * SECOND, [("59408-5", "89", "%")], control_id="3"), now=DURING + 2 * SECOND)
    assert Alert.objects.count() == 1, "a value that comes and goes is one excursion until somebody measures"
    stories.measure(house, rosa.session, stories.calm(DURING + 60 * SECOND))
    late, again = DURING + 59 * SECOND, DURING + 179 * SECOND
    take(house, oru(late, [("59408-5", "88", "%")], control_id="4"), now=again)
    assert Alert.objects.count() == 1, "from before that set"
    take(house, oru(again, [("59408-5", "88", "%")], control_id="5"), now=again)
    first, second = alerts.open_of(rosa.session)
    assert (second.level, second.detail) == ("stop", "Oxygen saturation 88 %: below 90.")
    take(house, oru(again + SECOND, [("59408-5", "88", "%")], control_id="6"), now=again + SECOND)
    assert list(alerts.open_of(rosa.session)) == [first, second]


@pytest.mark.parametrize("behind", [0, 1, 60])
def test_a_value_that_comes_after_a_calm_set_alarms_though_its_stamp_is_before(
    house: House, behind: int
) -> None:
    """A stamp has whole seconds, and the monitor's clock may be behind."""
    rosa, calm = bed(house), DURING + 60 * SECOND
    low = [("59408-5", "88", "%")]
    take(house, oru(DURING, low, control_id="1"))
    stories.measure(house, rosa.session, stories.calm(calm + 0.4 * SECOND))
    stamped = calm - behind * SECOND
    take(house, oru(stamped, low, control_id="2"), now=calm + 0.8 * SECOND)
    assert [alert.raised_at for alert in alerts.open_of(rosa.session)] == [DURING, calm + 0.8 * SECOND]
    take(house, oru(stamped + SECOND, low, control_id="3"), now=calm + 1.8 * SECOND)
    assert Alert.objects.count() == 2


def test_a_new_excursion_after_a_calm_set_typed_to_the_minute_alarms(house: House) -> None:
    """The page knows no seconds: a set measured after the alert bears a moment before it."""
    rosa, low = bed(house), [("9279-1", "7", "/min")]
    at = DURING + 9 * SECOND
    take(house, oru(at, low, control_id="1"), now=at)
    alert = alerts.open_of(rosa.session).get()
    nils = house.actor(house.nils)
    alerts.acknowledge(actor=nils, id=new_id(), alert=alert, now=at + 4 * SECOND)
    stories.measure(house, rosa.session, stories.calm(DURING), now=at + 11 * SECOND)
    again = at + 20 * SECOND
    take(house, oru(again, low, control_id="2"), now=again)
    assert [each.raised_at for each in alerts.open_of(rosa.session)] == [at, again]
    take(house, oru(again + SECOND, low, control_id="3"), now=again + SECOND)
    assert Alert.objects.count() == 2


def test_an_alert_of_the_second_of_the_calm_set_after_it_is_of_the_excursion_before(house: House) -> None:
    rosa, low = bed(house), [("59408-5", "88", "%")]
    take(house, oru(DURING, low, control_id="1"), now=DURING + 0.4 * SECOND)
    # A client of the API that tells whole seconds.
    stories.measure(house, rosa.session, stories.calm(DURING), now=DURING + 0.8 * SECOND)
    take(house, oru(DURING + SECOND, low, control_id="2"), now=DURING + 1.1 * SECOND)
    assert Alert.objects.count() == 2


def test_a_cuffs_value_sent_again_each_second_is_one_reading(house: House) -> None:
    bed(house)
    first, second = stamp(DURING - SECOND * 60), stamp(DURING + SECOND)
    for number in range(3):
        lines = [(*line, "F", first) for line in HIGH]
        take(house, oru(DURING + SECOND * number, lines, control_id=str(number)))
    assert Alert.objects.get(sign="systolic_mmhg").level == AlertLevel.CAUTION
    take(house, oru(DURING, [(*line, "F", second) for line in HIGH], control_id="9"), now=DURING + SECOND)
    assert Alert.objects.filter(sign="systolic_mmhg", level=AlertLevel.STOP).exists()


def test_the_baseline_that_a_nurse_charted_is_what_a_sample_is_compared_with(house: House) -> None:
    bed(house)  # 122/78 before the start; 147 is 20 % above
    take(house, oru(DURING, [("8480-6", "146", "mm[Hg]"), ("8462-4", "80", "mm[Hg]")], control_id="1"))
    assert not Alert.objects.exists()
    take(
        house, oru(DURING + SECOND, [("8480-6", "147", "mm[Hg]"), ("8462-4", "80", "mm[Hg]")], control_id="2")
    )
    assert Alert.objects.get().kind == "change"


def test_a_resent_message_raises_no_alert_that_was_resolved_meanwhile(house: House) -> None:
    rosa = bed(house)
    message = oru(DURING, [("59408-5", "93", "%")])
    take(house, message)
    nils = house.actor(house.nils)
    alerts.resolve(actor=nils, id=new_id(), alert=Alert.objects.get(), words="Probe refitted", now=DURING)
    take(house, message)
    assert Alert.objects.count() == 1
    assert not alerts.open_of(rosa.session).exists()


def test_an_alert_counts_as_a_write_and_a_calm_sample_doesnt(house: House) -> None:
    rosa = bed(house)
    take(house, oru(DURING, control_id="1"))
    assert Session.objects.get(pk=rosa.session.pk).revision == rosa.session.revision
    take(house, oru(DURING, [("59408-5", "93", "%")], control_id="2"))
    assert Session.objects.get(pk=rosa.session.pk).revision == rosa.session.revision + 1


def test_a_signed_session_takes_no_alert(house: House) -> None:
    rosa = bed(house, come_to=stories.signed)
    assert rosa.session.state == SessionState.SIGNED
    take(house, oru(DURING, [("59408-5", "80", "%")]), now=NOW + timedelta(hours=3))
    assert MonitorSample.objects.count() == 1
    assert not Alert.objects.exists()


def test_a_session_with_a_record_takes_no_alert_whatever_its_state_says(house: House) -> None:
    rosa = bed(house, come_to=stories.signed)
    behind_the_triggers("UPDATE sessions_app_session SET state = 'recovering' WHERE id = %s", rosa.session.pk)
    take(house, oru(DURING, [("59408-5", "80", "%")]), now=NOW + timedelta(hours=3))
    assert MonitorSample.objects.count() == 1
    assert not Alert.objects.exists()


def test_many_pressures_past_a_limit_cost_no_more_queries_than_two(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rosa = bed(house)

    def batch(first: int, count: int) -> list[bytes]:
        return [oru(DURING + SECOND * n, HIGH, control_id=str(n)) for n in range(first, first + count)]

    def refit(seconds: int) -> None:
        for alert in alerts.open_of(rosa.session):
            alerts.resolve(
                actor=house.actor(house.nils),
                id=new_id(),
                alert=alert,
                words="Cuff refitted",
                now=DURING + seconds * SECOND,
            )

    # The very first call to the chair is made otherwise than one after a call that has ended.
    take(house, *batch(0, 2))
    refit(1)
    with CaptureQueriesContext(connection) as two:
        take(house, *batch(4, 2), now=DURING + 6 * SECOND)
    refit(7)
    with django_assert_max_num_queries(len(two)):
        take(house, *batch(10, 50), now=DURING + 60 * SECOND)
    assert alerts.open_of(rosa.session).get(sign="systolic_mmhg").level == AlertLevel.STOP


def test_alerts_in_many_chairs_cost_no_more_queries_than_in_one(
    house: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    patients = {"A": house.rosa, "B": house.omar, "C": make_patient(house.clinic, "Tia", "Lund")}
    for name, patient in patients.items():
        chair = chair_of(house, f"Chair {name}")
        seat(stories.infusing(house, patient), chair)
        monitor_at(house, chair, name)

    low = [("59408-5", "85", "%")]
    with CaptureQueriesContext(connection) as one:
        take(house, oru(DURING, low, sender="A"))
    with django_assert_num_queries(len(one)):
        take(house, oru(DURING, low, sender="B"), oru(DURING, low, sender="C"))
    assert Alert.objects.count() == 3


def test_an_alert_of_who_only_waits_does_not_begin_the_visit(house: House) -> None:
    rosa = bed(house, come_to=stories.arrived)
    take(house, oru(DURING, [("59408-5", "93", "%")]))
    assert Alert.objects.get().session == rosa.session
    assert stories.fresh(rosa.session).state == SessionState.ARRIVED


def systolic_levels(patient: Bed) -> list[str]:
    return [alert.level for alert in alerts.open_of(patient.session).filter(sign="systolic_mmhg")]


def test_of_two_readings_the_one_before_may_be_charted_or_sent_in_this_batch_or_earlier(house: House) -> None:
    rosa = bed(house)
    stories.measure(house, rosa.session, stories.calm(DURING, systolic_mmhg=185))
    assert systolic_levels(rosa) == [AlertLevel.CAUTION]
    calm = (("8480-6", "130", "mm[Hg]"), ("8462-4", "80", "mm[Hg]"))
    at = [DURING + SECOND * number for number in range(6)]
    # A calm one between the two: the charted reading is no longer the one before.
    take(house, oru(at[1], calm, control_id="1"), oru(at[2], HIGH, control_id="2"), now=at[2])
    assert systolic_levels(rosa) == [AlertLevel.CAUTION]
    take(house, oru(at[3], CALM, control_id="3"), oru(at[4], HIGH, control_id="4"), now=at[4])
    assert systolic_levels(rosa) == [AlertLevel.CAUTION, AlertLevel.STOP]
