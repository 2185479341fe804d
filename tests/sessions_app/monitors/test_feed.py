"""What monitors send, placed with the patient in the chair, stored once, or kept for a person."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clinic.models import Role, WorkItem
from sessions_app.models import Alert, AlertLevel, MonitorSample, Session, SessionState, UnmatchedMessage
from sessions_app.monitors import devices, feed, hl7, readings, unmatched
from sessions_app.observing import alerts
from tests.cast import NOW, House, make_patient, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers
from tests.sessions_app.monitors.beds import Bed, bed, chair_of, monitor_at, seat
from tests.sessions_app.monitors.messages import CALM, DURING, Line, oru, stamp

SECOND = timedelta(seconds=1)
HIGH = (("8480-6", "185", "mm[Hg]"), ("8462-4", "95", "mm[Hg]"))


def take(house: House, *messages: bytes, **options: Any) -> list[str]:
    taken = feed.take(messages=messages, **{"home": house.clinic, "now": DURING, **options})
    return [each.verdict for each in taken]


def why(house: House) -> str:
    [message] = UnmatchedMessage.objects.filter(clinic=house.clinic)
    return message.why


def test_a_sample_goes_to_the_session_in_the_monitors_chair(house: House) -> None:
    rosa = bed(house)
    assert take(house, oru(DURING, control_id="7")) == ["AA"]
    sample = MonitorSample.objects.get()
    assert (sample.session, sample.device, sample.control_id, sample.position) == (
        rosa.session,
        rosa.device,
        "7",
        1,
    )
    assert (sample.measured_at, sample.received_at) == (DURING, DURING)
    assert (sample.heart_rate_per_min, sample.oxygen_saturation_percent) == (71, 98)
    assert not UnmatchedMessage.objects.exists()


def test_a_message_sent_again_doubles_nothing(house: House) -> None:
    bed(house)
    message = oru(DURING)
    assert take(house, message, message) == ["AA", "AA"]
    assert take(house, message, now=DURING + SECOND) == ["AA"]
    assert MonitorSample.objects.count() == 1


def test_a_monitor_that_counts_anew_after_a_restart_says_something_new(house: House) -> None:
    bed(house)
    take(house, oru(DURING, control_id="1"), oru(DURING + SECOND, control_id="1"))
    assert MonitorSample.objects.count() == 2


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (("MSH-9", b"ORU^R01^ORU_R01"), b"ADT^A01"),
        (("MSH-11", b"|P|2.6"), b"|T|2.6"),
        (("MSH-10", b"|1|P"), b"||P"),
    ],
)
def test_what_is_not_for_the_record_is_rejected(house: House, ours: tuple[str, bytes], theirs: bytes) -> None:
    bed(house)
    assert take(house, oru(DURING).replace(ours[1], theirs)) == ["AR"]
    assert not MonitorSample.objects.exists()


def test_what_cannot_be_read_is_rejected_and_kept_once(house: House) -> None:
    assert take(house, b"\xff\x00garbage", b"\xff\x00garbage") == ["AR", "AR"]
    assert UnmatchedMessage.objects.get().message == "ÿ␀garbage"
    assert take(house, b"\xff\x00garbage") == ["AR"]
    assert UnmatchedMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("poison", "verdict"),
    [
        (oru(DURING, control_id="7\0"), "AR"),
        (oru(DURING, control_id=r"7\X00\8"), "AA"),
        (oru(DURING, sender=r"BED4\X00\8"), "AA"),
        (oru(DURING, patient=r"7\X00\8"), "AA"),
        (oru("00010101000000+0000"), "AA"),
    ],
)
def test_no_message_makes_its_monitor_send_it_for_ever(house: House, poison: bytes, verdict: str) -> None:
    bed(house)
    assert take(house, poison, oru(DURING + SECOND, control_id="2")) == [verdict, "AA"]
    assert MonitorSample.objects.filter(control_id="2").exists()
    assert UnmatchedMessage.objects.exists() or MonitorSample.objects.count() == 2


def test_an_unknown_monitor_is_kept_for_the_nurses_with_one_task(house: House) -> None:
    sent = [oru(DURING + SECOND * number, control_id=str(number), sender="NEW") for number in range(3)]
    assert take(house, *sent) == ["AA"] * 3
    assert take(house, oru(DURING, control_id="9", sender="NEW")) == ["AA"]
    rows = UnmatchedMessage.objects.all()
    assert {(row.identifier, row.why) for row in rows} == {("NEW", "No monitor of this name is known here.")}
    assert sorted(row.message.encode() for row in rows)[:3] == sorted(sent)
    task = WorkItem.objects.get()
    assert (task.role, task.patient_id) == (Role.NURSE, None)
    assert "NEW" not in task.title


def test_without_a_clinic_to_tell_an_unknown_monitor_is_turned_away(house: House) -> None:
    assert take(house, oru(DURING, sender="NEW"), b"garbage", home=None) == ["AR", "AR"]
    assert not UnmatchedMessage.objects.exists()


def test_a_retired_monitor_is_unknown(house: House) -> None:
    rosa = bed(house)
    devices.retire(actor=house.actor(house.max), device=rosa.device, now=DURING)
    assert take(house, oru(DURING)) == ["AA"]
    assert why(house) == "No monitor of this name is known here."


def test_a_monitor_at_no_chair_is_kept(house: House) -> None:
    monitor_at(house, None)
    take(house, oru(DURING))
    assert why(house) == "Its monitor stands at no chair."


def test_an_empty_chair_has_nobody_to_measure(house: House) -> None:
    monitor_at(house, chair_of(house))
    take(house, oru(DURING))
    assert why(house) == "No session was open in the monitor's chair."


def follow(rosa: Bed, next_one: Session) -> None:
    """Seat another visit in Rosa's chair, from the end of her time on."""
    visit = next_one.appointment
    begins = rosa.session.appointment.during.upper
    visit.claims.all().delete()
    visit.during = DateTimeTZRange(begins, begins + timedelta(hours=2))
    visit.save()
    seat(next_one, rosa.chair)


def test_what_comes_late_from_a_monitor_that_was_moved_is_nobodys_in_its_new_chair(house: House) -> None:
    rosa = bed(house)
    omar = stories.infusing(house, house.omar)
    his_chair = chair_of(house, "Chair 2")
    seat(omar, his_chair)
    nils, low = house.actor(house.nils), [("59408-5", "80", "%")]
    devices.move(actor=nils, device=rosa.device, chair=his_chair, now=DURING)
    devices.move(actor=nils, device=rosa.device, chair=his_chair, now=DURING + 5 * SECOND)  # there already
    late, soon = oru(DURING - 20 * SECOND, low, control_id="1"), oru(DURING + SECOND, control_id="2")
    assert take(house, late, soon, now=DURING + 6 * SECOND) == ["AA", "AA"]
    assert not Alert.objects.exists()
    assert [(each.session, each.control_id) for each in MonitorSample.objects.all()] == [(omar, "2")]
    assert why(house) == "It was measured before the monitor came to its chair."


def test_two_sessions_in_one_chair_are_not_guessed_between(house: House) -> None:
    rosa = bed(house)
    follow(rosa, stories.prepared(house, house.omar))
    late = rosa.session.appointment.during.upper + timedelta(minutes=10)  # and Rosa is in her chair still
    take(house, oru(late), now=late)
    assert why(house) == "Two sessions were open in the monitor's chair."


def test_who_waits_for_the_chair_silences_nobody_in_it(house: House) -> None:
    rosa = bed(house)
    follow(rosa, stories.arrived(house, house.omar))
    take(house, oru(DURING, [("59408-5", "70", "%")]))
    assert Alert.objects.get().session == rosa.session
    assert not UnmatchedMessage.objects.exists()


def test_what_comes_late_is_not_the_next_patients_who_was_waiting_then(house: House) -> None:
    rosa = bed(house)
    follow(rosa, stories.prepared(house, house.omar))  # in the chair by now, and here since Rosa's arrival
    take(house, oru(DURING))
    assert MonitorSample.objects.get().session == rosa.session


def test_a_patient_who_is_alone_in_the_chair_is_measured_before_the_first_line(house: House) -> None:
    rosa = bed(house, come_to=stories.arrived)
    take(house, oru(DURING))
    assert MonitorSample.objects.get().session == rosa.session


def test_a_message_that_names_another_patient_is_not_rosas(house: House) -> None:
    bed(house)
    assert take(house, oru(DURING, patient=f"X1~{house.omar.mrn}^^^MR")) == ["AA"]
    assert why(house) == "It names another patient than the one in the chair."
    assert not MonitorSample.objects.exists()


@pytest.mark.parametrize("patient", ["", "MRN-ROSA", "monitor-internal-77"])
def test_rosas_own_number_and_one_that_is_nobodys_here_are_hers(house: House, patient: str) -> None:
    bed(house)
    take(house, oru(DURING, patient=patient))
    assert MonitorSample.objects.count() == 1


def test_what_comes_late_belongs_to_whom_it_measured(house: House) -> None:
    rosa = bed(house, come_to=stories.discharged)
    rosa.session.refresh_from_db()
    assert rosa.session.discharged_at
    later = rosa.session.discharged_at + timedelta(minutes=5)
    last, after = rosa.session.discharged_at, rosa.session.discharged_at + SECOND
    take(house, oru(last, control_id="1"), oru(after, control_id="2"), now=later)
    assert [sample.measured_at for sample in MonitorSample.objects.all()] == [last]
    assert why(house) == "No session was open in the monitor's chair."


def test_nothing_from_before_the_arrival_is_rosas(house: House) -> None:
    rosa = bed(house)
    take(house, oru(rosa.session.arrived_at - SECOND))
    assert not MonitorSample.objects.exists()


def test_a_clock_a_little_ahead_is_borne_and_a_wrong_one_is_not(house: House) -> None:
    bed(house)
    take(house, oru(DURING + feed.CLOCK_AHEAD, control_id="1"))
    take(house, oru(DURING + feed.CLOCK_AHEAD + SECOND, control_id="2"))
    assert MonitorSample.objects.count() == 1
    assert why(house) == "Its moment is in the future: the monitor's clock is wrong."


def test_an_impossible_value_is_kept_for_a_person_and_the_others_are_used(house: House) -> None:
    bed(house)
    lines = [("59408-5", "98", "%"), ("8867-4", "19", "/min"), ("8478-0", "35", "mm[Hg]")]
    impossible = [("8480-6", "39", "mm[Hg]"), ("8462-4", "30", "mm[Hg]")]
    take(house, oru(DURING, [*lines, *impossible]))
    sample = MonitorSample.objects.get()
    assert sample.oxygen_saturation_percent == 98
    assert sample.heart_rate_per_min is sample.systolic_mmhg is sample.mean_mmhg is None
    assert why(house) == "Values that cannot be: heart rate, systolic pressure."


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


def test_an_unknown_code_is_told_once_for_each_monitor_and_stops_nothing(house: House) -> None:
    bed(house)
    for number in range(3):
        take(house, oru(DURING, [*CALM, ("PVC", "3", "/min")], control_id=str(number)))
    assert MonitorSample.objects.count() == 3
    assert why(house) == "A code that is not known here (OBX-3)."


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


def test_a_batch_costs_the_same_queries_however_many_messages_it_holds(
    house: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bed(house)

    def batch(first: int, count: int) -> list[bytes]:
        return [oru(DURING + SECOND * n, control_id=str(n)) for n in range(first, first + count)]

    with CaptureQueriesContext(
        connection,
    ) as one:
        take(house, *batch(0, 1))
    with django_assert_num_queries(len(one)):
        take(house, *batch(10, 50))


def test_many_pressures_past_a_limit_cost_no_more_queries_than_two(
    house: House, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rosa = bed(house)

    def batch(first: int, count: int) -> list[bytes]:
        return [oru(DURING + SECOND * n, HIGH, control_id=str(n)) for n in range(first, first + count)]

    with CaptureQueriesContext(connection) as two:
        take(house, *batch(0, 2))
    for alert in alerts.open_of(rosa.session):
        alerts.resolve(
            actor=house.actor(house.nils),
            id=new_id(),
            alert=alert,
            words="Cuff refitted",
            now=DURING + SECOND,
        )
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


def test_the_newest_values_are_what_the_monitor_shows_now(house: House) -> None:
    rosa = bed(house)
    cuff = [("8480-6", "122", "mm[Hg]"), ("8462-4", "78", "mm[Hg]")]
    take(house, oru(DURING - timedelta(seconds=90), [*cuff, ("8867-4", "60", "/min")], control_id="1"))
    take(house, oru(DURING - SECOND, CALM, control_id="2"))
    newest = feed.newest(rosa.session, DURING)
    assert newest is not None
    assert (newest.device_id, newest.measured_at) == (rosa.device.pk, DURING - SECOND)
    assert newest.values == {
        "systolic_mmhg": 122,
        "diastolic_mmhg": 78,
        "heart_rate_per_min": 71,
        "oxygen_saturation_percent": 98,
    }
    assert feed.newest(rosa.session, DURING + timedelta(minutes=3)) is None


def test_nobody_charts_in_the_future(house: House) -> None:
    rosa = bed(house)
    take(house, oru(DURING + SECOND * 30))
    newest = feed.newest(rosa.session, DURING)
    assert newest is not None
    assert newest.measured_at == DURING


def test_settling_one_or_all_alike_closes_the_task_with_the_last(house: House) -> None:
    for number in range(3):
        take(house, oru(DURING, control_id=str(number), sender="NEW"))
    take(house, oru(DURING, sender="OTHER"))
    nils, first = house.actor(house.nils), UnmatchedMessage.objects.filter(identifier="NEW").order_by("id")[0]
    found: Any = unmatched.waiting(house.clinic)
    assert [(row.identifier, row.alike) for row in found] == [("NEW", 3), ("OTHER", 1)]
    assert unmatched.settle(actor=nils, message=first, outcome="A test", now=DURING) == 1
    assert WorkItem.objects.filter(closed_at__isnull=True).count() == 2
    second = UnmatchedMessage.objects.filter(identifier="NEW", settled_at__isnull=True)[0]
    assert unmatched.settle(actor=nils, message=second, outcome="A loan", alike=True, now=DURING) == 2
    [task] = WorkItem.objects.filter(closed_at__isnull=False)
    assert (task.outcome, task.closed_by) == ("A loan", house.nils)
    # A further message of it opens a task again.
    take(house, oru(DURING, control_id="99", sender="NEW"))
    assert WorkItem.objects.filter(closed_at__isnull=True).count() == 2


def test_another_clinics_monitor_keeps_its_messages_there(house: House, other_house: House) -> None:
    monitor_at(other_house, None, "FAR")
    take(house, oru(DURING, sender="FAR"))
    assert UnmatchedMessage.objects.get().clinic == other_house.clinic


def test_of_two_known_monitors_in_one_message_neither_is_guessed(house: House) -> None:
    bed(house)
    monitor_at(house, None, "SN-2")
    take(house, oru(DURING, [("8867-4", "71", "/min", "F", "", "SN-2")]))
    assert why(house) == "It names two monitors that are known here."


def test_a_late_answer_says_to_send_again(house: House) -> None:
    answer = feed.not_taken(oru(DURING, control_id="7"), now=DURING).answer
    [told] = hl7.parse(answer).named("MSA")
    assert (told.component(1), told.component(2)) == ("AE", "7")
