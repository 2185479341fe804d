"""What monitors send, placed with the patient in the chair, stored once, or kept for a person. What of it
alarms is in `test_samples`."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clinic.models import Role, WorkItem
from clinic.problems import Invalid
from sessions_app.models import Alert, MonitorSample, Session, UnmatchedMessage
from sessions_app.monitors import devices, feed, hl7, unmatched
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import Bed, bed, chair_of, monitor_at, seat
from tests.sessions_app.monitors.messages import CALM, DURING, oru
from tests.sessions_app.monitors.sending import take, why

SECOND = timedelta(seconds=1)


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


def test_an_unknown_code_is_told_once_for_each_monitor_and_stops_nothing(house: House) -> None:
    bed(house)
    for number in range(3):
        take(house, oru(DURING, [*CALM, ("PVC", "3", "/min")], control_id=str(number)))
    assert MonitorSample.objects.count() == 3
    assert why(house) == "A code that is not known here (OBX-3)."


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
    for nothing in ("", ".", "-"):
        with pytest.raises(Invalid, match="outcome"):
            unmatched.settle(actor=nils, message=first, outcome=nothing, now=DURING)
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
