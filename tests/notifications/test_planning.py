"""The planner: a message is a row from the moment it is due, whatever happened to the visit and however often
it runs."""

from datetime import date, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Channel, ConsentScope, Patient
from notifications.models import (
    CheckIn,
    ClinicMessaging,
    DiaryNudge,
    LinkPurpose,
    Message,
    MessageRule,
    MessageStatus,
    PatientLink,
    QuietHours,
)
from notifications.planning import candidates, reasons, said
from notifications.planning.planner import plan
from scheduler.models import Appointment, AppointmentStatus
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, House, local, make_patient
from tests.notifications.planned import rows, say
from tests.notifications.visits import VISIT, book, cancel, discharge, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def planned(appointment: Appointment, **filters: Any) -> set[str]:
    return {stage for stage, (status, _) in rows(appointment, **filters).items() if status == "planned"}


def test_a_booked_visit_is_confirmed_now_and_nothing_is_written_ahead(house: House) -> None:
    visit = book(house, house.rosa)
    done = plan(now=NOW)
    assert rows(visit) == {"confirmation": ("planned", "")}
    assert (done.written, done.due) == (1, True)
    link = PatientLink.objects.get(message__appointment=visit)
    assert (link.purpose, link.expires_at) == (LinkPurpose.VISIT, visit.ends_at)


def test_each_reminder_becomes_a_row_at_its_moment_and_not_before(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    for ahead, stages in [
        (7 * DAY, {"T-7d"}),
        (3 * DAY, {"T-3d"}),
        (DAY, {"T-1d", "prepare"}),
        (timedelta(hours=1.5), {"T-2h"}),  # 7:30 is still night
    ]:
        before = set(rows(visit))
        assert plan(now=VISIT - ahead - MINUTE).written == 0
        say(VISIT - ahead)
        assert set(rows(visit)) - before == stages


def test_a_second_run_changes_nothing(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    before = list(Message.objects.order_by("key").values())
    later = plan(now=NOW + timedelta(seconds=30))
    assert (later.written, later.again) == (0, 0)
    assert list(Message.objects.order_by("key").values()) == before


def test_a_cancelled_visit_is_not_reminded_and_nobody_has_to_remember_to_stop_it(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    cancel(visit)
    plan(now=VISIT - 3 * DAY)
    assert set(rows(visit)) == {"confirmation"}


def test_a_cancellation_is_announced_to_somebody_who_was_told_of_the_visit(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    cancel(visit)
    plan(now=NOW + HOUR)
    assert planned(visit) == {"cancellation"}
    assert not PatientLink.objects.filter(message__stage="cancellation").exists()


def test_a_cancellation_is_not_announced_to_somebody_who_never_heard_of_the_visit(house: House) -> None:
    visit = book(house, house.rosa)
    cancel(visit)
    plan(now=NOW)
    assert rows(visit) == {}


def test_a_visit_entered_in_error_is_spoken_of_no_more(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.ENTERED_IN_ERROR)
    plan(now=VISIT - 3 * DAY)
    assert set(rows(visit)) == {"confirmation"}


def test_a_moved_visit_is_reminded_for_its_new_time_only(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    move(visit, VISIT + DAY)
    say(NOW + HOUR)
    say(VISIT - 3 * DAY)
    assert "T-3d" not in rows(visit)
    say(VISIT - 2 * DAY)
    assert rows(visit, visit_starts_at=VISIT + DAY)["T-3d"] == ("sent", "")


def test_a_visit_cancelled_and_taken_back_is_confirmed_after_all(house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Message.objects.update(status="skipped", reason=reasons.VISIT_CANCELLED)  # as delivery found it
    done = plan(now=NOW + HOUR)
    assert (done.written, done.again) == (0, 1)
    assert rows(visit) == {"confirmation": ("planned", "")}
    assert Message.objects.get().due_at == NOW + HOUR


@pytest.mark.parametrize("status", [AppointmentStatus.NOSHOW, AppointmentStatus.ARRIVED])
def test_a_visit_that_has_begun_or_was_missed_is_not_reminded(house: House, status: str) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    plan(now=VISIT - 3 * DAY)
    assert set(rows(visit)) == {"confirmation"}


def test_a_held_time_is_not_announced(house: House) -> None:
    visit = book(house, house.rosa, status=AppointmentStatus.PENDING, held_until=NOW + HOUR)
    plan(now=NOW)
    assert rows(visit) == {}


def test_nobody_writes_to_the_dead(house: House) -> None:
    visit = book(house, house.rosa)
    DiaryNudge.objects.create(patient=house.rosa, at=time(18))
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    for moment in (NOW, VISIT - 3 * DAY, VISIT - DAY, NOW + 10 * HOUR):
        plan(now=moment)
    assert rows(visit) == {}
    assert not Message.objects.exists()


def test_a_reminder_whose_moment_passed_before_the_booking_is_not_wanted(house: House) -> None:
    visit = book(house, house.rosa, NOW + DAY)
    say(NOW)
    say(NOW + 22 * HOUR + timedelta(minutes=59))
    say(NOW + 23 * HOUR)
    assert set(rows(visit)) == {"confirmation", "T-2h"}


def test_a_night_of_downtime_loses_no_reminder_and_says_of_the_late_ones_why(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    plan(now=VISIT - timedelta(days=2))  # nobody looked for a week
    assert rows(visit)["T-3d"] == ("planned", "")
    assert rows(visit)["T-7d"] == ("skipped", reasons.TOO_LATE)


def test_a_clock_set_back_repeats_nothing(house: House) -> None:
    book(house, house.rosa)
    say(NOW)
    say(VISIT - 3 * DAY)
    before = Message.objects.count()
    for hours in (2, 1, 0):
        assert plan(now=VISIT - 3 * DAY - hours * HOUR).written == 0
    assert Message.objects.count() == before


@pytest.mark.parametrize("wall_time", ["7:30", "8:00", "8:15"])
def test_a_reminder_that_the_night_would_make_useless_says_why_it_is_not_sent(
    house: House, wall_time: str
) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 21), wall_time))
    say(NOW)
    say(visit.starts_at - 3 * HOUR)
    assert "T-2h" not in rows(visit)
    plan(now=visit.starts_at - 2 * HOUR)
    assert rows(visit)["T-2h"] == ("skipped", reasons.SHORT_NOTICE)
    assert plan(now=visit.starts_at - HOUR).again == 0


def test_a_reminder_comes_back_for_a_patient_whose_night_ends_earlier(house: House) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 21), "8:15"))
    say(NOW)
    plan(now=visit.starts_at - 2 * HOUR)
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Halifax")  # two hours ahead of Chicago
    plan(now=visit.starts_at - 2 * HOUR + MINUTE)
    assert rows(visit)["T-2h"] == ("planned", "")


def test_the_week_before_is_for_the_first_visit_alone(house: House) -> None:
    first, second = book(house, house.rosa), book(house, house.rosa, VISIT + 3 * DAY)
    say(NOW)
    say(VISIT - 7 * DAY)
    say(VISIT - 4 * DAY)
    assert "T-7d" in rows(first)
    assert "T-7d" not in rows(second)


def test_a_patient_who_moves_to_another_zone_is_reminded_by_their_own_clock(house: House) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 21), "9:00"))
    say(NOW)
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Los_Angeles")
    plan(now=visit.starts_at - DAY)  # 7:00 there is night
    assert "T-1d" not in rows(visit)
    plan(now=local(date(2027, 1, 20), "8:00", "America/Los_Angeles"))
    assert rows(visit)["T-1d"] == ("planned", "")


def test_a_stricter_state_is_heeded_however_it_is_spelled(house: House) -> None:
    book(house, house.rosa)
    QuietHours.objects.create(clinic=house.clinic, state="IL", day_begins=time(10), day_ends=time(20))
    Patient.objects.filter(pk=house.rosa.pk).update(state=" il ")
    assert plan(now=NOW).written == 0  # nine in the morning
    assert plan(now=NOW + HOUR).written == 1


def test_a_clinics_own_rule_holds_from_the_next_run_on(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    five = MessageRule.objects.create(
        clinic=house.clinic, stage="T-3d", days=5, at=time(17), forms=["email"], merges=True
    )
    say(local(date(2027, 1, 16), "16:59"))
    assert "T-3d" not in rows(visit)
    say(local(date(2027, 1, 16), "17:00"))
    assert rows(visit)["T-3d"] == ("sent", "")
    assert Message.objects.get(stage="T-3d").form == "email"
    five.delete()
    plan(now=VISIT - 3 * DAY)
    assert Message.objects.filter(stage="T-3d").count() == 1


def test_a_stage_that_the_clinic_has_switched_off_is_not_said(house: House) -> None:
    visit = book(house, house.rosa)
    for stage in ("confirmation", "T-7d"):
        MessageRule.objects.create(
            clinic=house.clinic, stage=stage, enabled=False, forms=["email"], merges=False
        )
    say(NOW)
    say(VISIT - 7 * DAY)
    say(VISIT - 3 * DAY)
    assert set(rows(visit)) == {"T-3d"}


# --- Together ---------------------------------------------------------------------------
def test_how_to_prepare_is_said_with_the_reminder_of_the_day_before(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    plan(now=VISIT - DAY)
    assert rows(visit)["prepare"] == ("skipped", reasons.CARRIED)
    reminder = Message.objects.get(stage="T-1d")
    assert Message.objects.get(stage="prepare").carried_by == reminder
    assert not PatientLink.objects.filter(message__stage="prepare").exists()


def test_the_questions_before_a_visit_come_with_its_reminder_and_its_link_opens_them(house: House) -> None:
    discharge(book(house, house.rosa, VISIT - 8 * DAY), VISIT - 8 * DAY + 2 * HOUR)
    book(house, house.rosa)
    say(NOW)
    plan(now=VISIT - DAY)
    reminder, questions = Message.objects.get(stage="T-1d"), CheckIn.objects.get(kind="before_next")
    assert questions.message.carried_by == reminder
    assert questions.message in said.said_with(reminder.pk)
    assert questions.session is None


def test_what_falls_due_later_on_the_day_is_said_with_the_first(house: House) -> None:
    """A week after one visit at two, three days before another at four."""
    other = local(date(2027, 1, 14), "12:00")
    discharge(book(house, house.rosa, other), local(date(2027, 1, 14), "14:00"))
    visit = book(house, house.rosa, local(date(2027, 1, 24), "16:00"))
    say(NOW)
    say(local(date(2027, 1, 21), "13:59"))
    assert "T-3d" not in rows(visit)
    plan(now=local(date(2027, 1, 21), "14:00"))
    carrier, carried = Message.objects.get(stage="T-3d"), Message.objects.get(stage="day_7")
    assert (carried.carried_by, carrier.due_at) == (carrier, local(date(2027, 1, 21), "14:00"))
    assert PatientLink.objects.get(message=carrier).expires_at == visit.ends_at


def test_on_the_day_between_two_visits_the_patient_reads_of_tomorrows(house: House) -> None:
    """Thursday at 14:30 and Saturday at 9:30: on Wednesday morning Saturday's is to be confirmed, too."""
    thursday, saturday = book(house, house.rosa, VISIT + 5 * HOUR), book(house, house.rosa, VISIT + 2 * DAY)
    for at in (NOW, VISIT - 2 * DAY):
        say(at)
    plan(now=VISIT - DAY)
    reminder = Message.objects.get(kind="reminder", status="planned")
    assert (reminder.appointment, reminder.stage) == (thursday, "T-1d")
    assert Message.objects.get(appointment=saturday, stage="T-3d").carried_by == reminder


def test_what_was_to_be_carried_by_a_message_that_fell_through_is_said_by_itself(house: House) -> None:
    discharge(book(house, house.rosa, VISIT - 8 * DAY), VISIT - 8 * DAY + 2 * HOUR)
    visit = book(house, house.rosa, VISIT + 2 * DAY)
    say(NOW)
    plan(now=VISIT - DAY + 2 * HOUR)
    assert Message.objects.get(stage="day_7").carried_by == Message.objects.get(stage="T-3d")
    cancel(visit)
    Message.objects.filter(stage="T-3d").update(status="skipped", reason=reasons.VISIT_CANCELLED)
    plan(now=VISIT - DAY + 3 * HOUR)
    week = Message.objects.get(stage="day_7")
    assert (week.status, week.carried_by) == ("planned", None)
    assert PatientLink.objects.get(message=week).purpose == LinkPurpose.CHECK_IN


# --- Texts and caps ------------------------------------------------------------------------
def test_a_second_text_of_the_day_goes_by_email_and_without_one_says_why_not(house: House) -> None:
    for patient, email in ((house.rosa, "rosa@patients.example"), (house.omar, "")):
        Patient.objects.filter(pk=patient.pk).update(preferred_channel=Channel.SMS, email=email)
        book(house, patient, NOW + DAY + 3 * HOUR)
    say(NOW)  # both are told by text
    other = NOW + 3 * DAY
    for patient in (house.rosa, house.omar):
        book(house, patient, other)
    plan(now=NOW + HOUR)
    confirmations = Message.objects.filter(visit_starts_at=other, kind="confirmation")
    fates = {row.patient_id: (row.status, row.form, row.reason) for row in confirmations}
    assert fates[house.rosa.pk] == ("planned", "email", "")
    assert fates[house.omar.pk] == ("skipped", "", reasons.CAPPED_DAY)


def test_texts_in_place_of_e_mail_that_is_not_agreed_to_count_as_texts(house: House) -> None:
    house.omar.consents.filter(scope=ConsentScope.EMAIL).delete()
    book(house, house.omar, NOW + DAY + 3 * HOUR)
    say(NOW)
    book(house, house.omar, NOW + 3 * DAY)
    plan(now=NOW + HOUR)
    second = Message.objects.get(visit_starts_at=NOW + 3 * DAY, kind="confirmation")
    assert (second.status, second.reason) == ("skipped", reasons.CAPPED_DAY)


def test_a_clinic_with_recorded_consent_may_allow_more_texts(house: House) -> None:
    ClinicMessaging.objects.create(clinic=house.clinic, most_a_day=2, most_a_week=9)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    for days in (1, 3, 5):
        book(house, house.rosa, NOW + days * DAY + 3 * HOUR)
        plan(now=NOW + days * MINUTE)
    assert list(Message.objects.order_by("created_at").values_list("form", flat=True)) == ["", "", "email"]


# --- Many, and at once -----------------------------------------------------------------------------
def test_a_run_asks_the_same_number_of_questions_for_ten_visits_and_for_five_hundred(house: House) -> None:
    for number in range(10):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    with CaptureQueriesContext(connection) as few:
        assert plan(now=NOW).written == 10
    for number in range(10, 510):
        book(house, make_patient(house.clinic, f"Given{number}", "Family", consents=False))
    with CaptureQueriesContext(connection) as many:
        assert plan(now=NOW + HOUR).written == 500
    assert len(many) == len(few)


@pytest.mark.django_db(transaction=True)
def test_four_planners_at_once_write_each_message_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has read what is missing before any of them writes it."""
    for number in range(20):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    all_have_read, texts_of = Barrier(4), candidates.texts_of

    def read_and_meet(*args: Any, **asked: Any) -> Any:
        texts = texts_of(*args, **asked)
        all_have_read.wait(PATIENCE_SECONDS)
        return texts

    monkeypatch.setattr(candidates, "texts_of", read_and_meet)
    outcomes = at_once(*[lambda: plan(now=NOW)] * 4)
    assert [type(outcome).__name__ for outcome in outcomes] == ["Planned"] * 4
    assert Message.objects.count() == PatientLink.objects.count() == 20
    assert set(Message.objects.values_list("status", flat=True)) == {MessageStatus.PLANNED}
