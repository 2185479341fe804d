"""What follows an infusion is planned: check-ins, questionnaires, what is asked again, the diary."""

from datetime import date, time, timedelta

import pytest

from clinic.models import Channel, Patient
from notifications.models import (
    CheckIn,
    DiaryNudge,
    LinkPurpose,
    Message,
    PatientLink,
)
from notifications.planning import reasons, rule_settings, rules, said
from notifications.planning.planner import plan
from notifications.reporting.visit_messages import messages_of_visit
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import DiaryDay
from tests.cast import NOW, House, local
from tests.notifications.drains import drain
from tests.notifications.planned import rows, say
from tests.notifications.visits import VISIT, book, cancel, discharge, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Nine in the morning after Rosa's visit.
MORNING = local(date(2027, 1, 22), "9:00")


def test_a_check_in_is_planned_for_nine_on_the_morning_after_the_discharge(house: House) -> None:
    visit = book(house, house.rosa)
    session = discharge(visit, VISIT + 3 * HOUR)
    plan(now=MORNING - MINUTE)
    assert not Message.objects.filter(stage="next_morning").exists()
    plan(now=MORNING)
    message = Message.objects.get(stage="next_morning")
    assert message.due_at == MORNING
    check_in = CheckIn.objects.get(message=message)
    assert (check_in.session, check_in.plan) == (session, visit.plan)
    assert PatientLink.objects.get(message=message).purpose == LinkPurpose.CHECK_IN
    assert plan(now=MORNING + HOUR).written == 0


def test_four_hours_after_going_home_the_patient_is_asked_and_late_in_the_day_not(house: House) -> None:
    early, late = book(house, house.rosa), book(house, house.omar, VISIT + 5 * HOUR)
    discharge(early, VISIT + 2 * HOUR)
    discharge(late, VISIT + 8 * HOUR)  # 17:30
    plan(now=VISIT + 6 * HOUR)
    assert rows(early)["same_day"] == ("planned", "")
    plan(now=VISIT + 12 * HOUR)
    assert rows(late)["same_day"] == ("skipped", reasons.LATE_IN_THE_DAY)
    assert not CheckIn.objects.filter(session__appointment=late).exists()


def test_somebody_who_was_given_nothing_is_not_asked_how_it_was(house: House) -> None:
    session = discharge(book(house, house.rosa), VISIT + 3 * HOUR)
    type(session).objects.filter(pk=session.pk).update(started_at=None, stopped_at=None)
    for moment in (VISIT + 7 * HOUR, MORNING, MORNING + 7 * DAY):
        plan(now=moment)
    assert not CheckIn.objects.exists()


def test_the_last_of_a_series_is_followed_by_questionnaires_month_by_month(house: House) -> None:
    visit = book(house, house.rosa)
    visit.plan.sessions_ordered = 1
    visit.plan.save(update_fields=["sessions_ordered"])
    discharge(visit, VISIT + 2 * HOUR)
    say(VISIT + DAY + 2 * HOUR)
    assert rows(visit)["end_of_series"] == ("sent", "")
    a_month_later = local(date(2027, 2, 21), "11:30")
    say(a_month_later - MINUTE)
    assert "monthly" not in rows(visit)
    say(a_month_later)
    say(local(date(2027, 3, 21), "11:30"))
    monthly = Message.objects.filter(stage="monthly").order_by("due_at")
    assert [row.status for row in monthly] == ["sent", "sent"]
    assert {row.check_ins.get().plan for row in monthly} == {visit.plan}


def test_an_infusion_in_the_middle_of_a_series_has_no_questionnaires(house: House) -> None:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 2 * HOUR)
    plan(now=VISIT + DAY + 2 * HOUR)
    assert "end_of_series" not in rows(visit)


def test_a_check_in_without_an_answer_is_asked_for_again_once(house: House) -> None:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 10 * HOUR)
    say(MORNING)
    plan(now=MORNING + DAY - MINUTE)
    assert "check_in_again" not in rows(visit)
    say(MORNING + DAY)
    again = Message.objects.get(stage="check_in_again")
    first = Message.objects.get(stage="next_morning")
    assert (again.again_of, CheckIn.objects.count()) == (first, 1)
    assert list(said.said_with(again.pk)) == [again, first]
    for days in (2, 3):
        plan(now=MORNING + days * DAY)
    assert Message.objects.filter(stage="check_in_again").count() == 1


def test_an_answered_or_closed_check_in_is_not_asked_for_again(house: House) -> None:
    for patient in (house.rosa, house.omar):
        discharge(book(house, patient), VISIT + 10 * HOUR)
    say(MORNING)
    CheckIn.objects.filter(patient=house.rosa).update(completed_at=MORNING + HOUR)
    CheckIn.objects.filter(patient=house.omar).update(ended_at=MORNING + HOUR, end="overtaken")
    plan(now=MORNING + DAY)
    assert not Message.objects.filter(stage="check_in_again").exists()


def asked_before_a_visit(house: House) -> Appointment:
    """Rosa was here a week ago; today, a day before her next visit, she was asked how she is."""
    discharge(book(house, house.rosa, VISIT - 7 * DAY), VISIT - 7 * DAY + 3 * HOUR)
    visit = book(house, house.rosa)
    said_of_the_week_before = VISIT - DAY - HOUR
    say(said_of_the_week_before)
    say(VISIT - DAY)
    assert CheckIn.objects.filter(kind="before_next", message__appointment=visit).exists()
    return visit


def of_before(visit: Appointment) -> list[Message]:
    return list(Message.objects.filter(stage="check_in_again", again_of__appointment=visit))


def test_the_questions_before_a_visit_are_not_asked_for_again_once_it_has_begun(house: House) -> None:
    visit = asked_before_a_visit(house)
    for hours in (0, 1, 24):
        say(VISIT + hours * HOUR)
    assert of_before(visit) == []


@pytest.mark.parametrize("end", ["cancelled", "moved"])
def test_the_questions_before_a_visit_are_asked_for_again_only_while_it_is_ahead(
    house: House, end: str
) -> None:
    again = rules.by_stage(rules.DEFAULTS)["check_in_again"]
    alone, manager = {"hours": 20, "merges": False}, house.actor(house.ana)
    rule_settings.change_rule(actor=manager, clinic=house.clinic, stage=again.stage, changes=alone)
    visit = asked_before_a_visit(house)
    plan(now=VISIT - 12 * HOUR)  # at night: it waits for the morning
    plan(now=VISIT - HOUR)
    assert [(row.status, row.stale_at) for row in of_before(visit)] == [("planned", VISIT)]
    if end == "cancelled":
        cancel(visit, VISIT - HOUR)
    else:
        move(visit, VISIT + 2 * HOUR)
    drain(VISIT - HOUR)
    assert [(row.status, row.reason) for row in of_before(visit)] == [("skipped", reasons.ANSWERED)]


def test_after_a_first_infusion_a_nurse_calls_and_no_second_text_is_sent(house: House) -> None:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 2 * HOUR)
    say(VISIT + 6 * HOUR)
    plan(now=VISIT + 31 * HOUR)
    assert CheckIn.objects.filter(kind="same_day", completed_at=None).exists()
    assert not Message.objects.filter(again_of__stage="same_day").exists()


def test_a_missed_visit_is_followed_up_the_same_day(house: House) -> None:
    visit = book(house, house.rosa)
    say(NOW)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.NOSHOW)
    plan(now=VISIT + HOUR)
    assert "missed" not in rows(visit)
    plan(now=VISIT + 2 * HOUR)
    assert rows(visit)["missed"] == ("planned", "")
    assert PatientLink.objects.get(message__stage="missed").purpose == LinkPurpose.TIMES


@pytest.mark.parametrize("by_now", ["booked", "arrived"])
def test_who_has_another_time_since_is_not_asked_to_choose_one(house: House, by_now: str) -> None:
    visit, later = book(house, house.rosa), book(house, house.rosa, VISIT + 7 * DAY)
    say(NOW)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.NOSHOW)
    Appointment.objects.filter(pk=later.pk).update(created_at=VISIT + HOUR, status=by_now)
    plan(now=VISIT + 2 * HOUR)
    assert "missed" not in rows(visit)
    visit.refresh_from_db()
    lines = {line.stage: line for line in messages_of_visit(visit, VISIT + 2 * HOUR)}
    assert lines["missed"].why_not == reasons.BOOKED_SINCE


# --- The diary -----------------------------------------------------------------------------------
def test_the_diary_is_asked_for_by_email_on_the_days_on_which_it_is_not_written(house: House) -> None:
    DiaryNudge.objects.create(patient=house.rosa, at=time(18), created_at=NOW)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    evening = local(date(2027, 1, 11), "18:00")
    assert plan(now=evening - MINUTE).written == 0
    assert plan(now=evening).written == 1
    assert plan(now=evening + HOUR).written == 0
    message = Message.objects.get()
    assert (message.kind, message.form, message.appointment) == ("diary", "email", None)
    assert PatientLink.objects.get().purpose == LinkPurpose.DIARY
    DiaryDay.objects.create(
        clinic=house.clinic, patient=house.rosa, day=date(2027, 1, 12), headache=False, entered_at=evening
    )
    assert plan(now=evening + DAY).written == 0
    DiaryNudge.objects.update(stopped_at=evening + DAY)
    assert plan(now=evening + 2 * DAY).written == 0
