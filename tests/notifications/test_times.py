"""Another time for a visit, chosen by the patient: one tap moves it, or the desk carries it out."""

from datetime import date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from clinic import clock, work
from clinic.models import WorkItem
from clinic.problems import Conflict, Missing
from notifications.answering import times
from notifications.models import ClinicMessaging, LinkPurpose, Message, PatientLink, TimeRequest
from notifications.planning.planner import plan
from notifications.talking import again
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan
from scheduler.prescribing import plans
from scheduler.visits import lengthening, moving
from tests.at_once import at_once
from tests.cast import NOW, TODAY, ZONE, House, local
from tests.notifications.texts import alone_on_the_number, announce, give_number, text
from tests.scheduler.stage import Stage, set_stage

THURSDAY = TODAY + timedelta(days=3)
FRIDAY = TODAY + timedelta(days=4)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def stage(house: House) -> Stage:
    give_number(house.clinic, moves_itself_hours=48)
    alone_on_the_number(house)
    return set_stage(house, chairs=1)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    """Rosa's, on Thursday at 10."""
    return stage.book(stage.plan(), "10:00", THURSDAY)


@pytest.fixture
def link(visit: Appointment) -> PatientLink:
    return asked(visit)


def asked(visit: Appointment) -> PatientLink:
    """The link that R was answered with."""
    announce(visit)
    text("R", sender=str(visit.patient.phone))
    links = PatientLink.objects.select_related("message__appointment", "message__clinic", "patient")
    return links.get(message__appointment=visit, purpose=LinkPurpose.TIMES)


def desk_moves_it(house: House) -> None:
    ClinicMessaging.objects.filter(clinic=house.clinic).update(moves_itself_hours=None)


def offered(link: PatientLink, now: datetime = NOW) -> list[datetime]:
    return times.offered(times.request_of(link), now=now)


def start_of(visit: Appointment) -> datetime:
    visit.refresh_from_db()
    return visit.starts_at


def task() -> WorkItem:
    return WorkItem.objects.get(cause__startswith="time_request:")


def test_times_near_the_visit_are_offered_and_never_its_own(link: PatientLink, visit: Appointment) -> None:
    starts = offered(link)
    assert starts == sorted(starts)
    days = [clock.local_date(start, ZONE) for start in starts]
    assert THURSDAY in days
    assert all(abs(start - visit.starts_at) >= HOUR for start in starts)
    assert all(days.count(day) <= 2 for day in days)
    assert local(FRIDAY, "10:00") in starts


def test_nothing_is_offered_for_today(link: PatientLink) -> None:
    assert min(offered(link)) >= NOW + 24 * HOUR


def test_the_visits_own_chair_is_free_for_it(link: PatientLink) -> None:
    assert local(THURSDAY, "11:00") in offered(link)


def test_one_tap_moves_the_visit_and_closes_the_task(link: PatientLink, visit: Appointment) -> None:
    request = times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    assert start_of(visit) == local(FRIDAY, "10:00")
    assert (request.chosen_at, request.chosen_start) == (NOW, local(FRIDAY, "10:00"))
    closed = task()
    assert (closed.closed_at, closed.closed_by) == (NOW, None)
    assert closed.outcome == "The patient moved the visit to Fri, Jan 15, 10:00."


def test_a_tap_sent_twice_moves_once(link: PatientLink, visit: Appointment) -> None:
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW + MINUTE)
    assert start_of(visit) == local(FRIDAY, "10:00")
    assert TimeRequest.objects.get().chosen_at == NOW


def test_a_visit_that_was_moved_is_not_moved_again_by_the_old_link(
    link: PatientLink, visit: Appointment
) -> None:
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    with pytest.raises(Conflict) as refused:
        times.choose(link=link, start=local(FRIDAY, "13:00"), now=NOW)
    assert refused.value.code == "visit_moved"
    assert offered(link) == []
    assert start_of(visit) == local(FRIDAY, "10:00")


def test_where_the_desk_moves_visits_the_tap_is_a_wish(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    desk_moves_it(house)
    request = times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    assert start_of(visit) == local(THURSDAY, "10:00")
    assert task().closed_at is None
    times.choose(link=link, start=local(FRIDAY, "13:00"), now=NOW)
    times.carry_out(actor=house.actor(house.ana), request=request, now=NOW + HOUR)
    assert start_of(visit) == local(FRIDAY, "13:00")
    closed = task()
    assert (closed.closed_by, closed.outcome) == (
        house.ana,
        "Moved to the time that the patient chose, Fri, Jan 15, 13:00.",
    )
    times.carry_out(actor=house.actor(house.ana), request=request, now=NOW + 2 * HOUR)
    assert task().closed_at == NOW + HOUR


def test_the_desk_carries_out_no_wish_that_was_not_made(house: House, link: PatientLink) -> None:
    desk_moves_it(house)
    with pytest.raises(Conflict) as refused:
        times.carry_out(actor=house.actor(house.ana), request=times.request_of(link), now=NOW)
    assert refused.value.code == "nothing_chosen"


@pytest.mark.parametrize(("hours", "moved"), [(73, True), (74, False)])
def test_the_clinics_hours_are_kept_to_the_minute(
    house: House, link: PatientLink, visit: Appointment, hours: int, moved: bool
) -> None:
    ClinicMessaging.objects.filter(clinic=house.clinic).update(moves_itself_hours=hours)
    assert visit.starts_at - NOW == 73 * HOUR
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    assert (start_of(visit) == local(FRIDAY, "10:00")) is moved


def test_a_time_that_is_not_free_is_taken(stage: Stage, link: PatientLink, visit: Appointment) -> None:
    stage.book(stage.plan(stage.house.omar), "10:00", FRIDAY)
    with pytest.raises(Conflict) as refused:
        times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    assert refused.value.code == "time_taken"
    assert start_of(visit) == local(THURSDAY, "10:00")
    assert local(FRIDAY, "10:00") not in offered(link)
    assert task().closed_at is None


def test_times_that_are_offered_have_room_for_a_longer_recovery(
    stage: Stage, link: PatientLink, visit: Appointment
) -> None:
    right_behind = local(FRIDAY, "10:00") + visit.protocol.block_length
    stage.book(stage.plan(stage.house.omar), f"{right_behind.astimezone(ZoneInfo(ZONE)):%H:%M}", FRIDAY)
    assert local(FRIDAY, "10:00") in offered(link)
    ana = stage.house.actor(stage.house.ana)
    lengthening.lengthen(actor=ana, appointment=visit, extra_recovery_minutes=30, now=NOW)
    assert local(FRIDAY, "10:00") not in offered(link)


def test_an_order_that_was_put_on_hold_is_no_reason_for_this_page(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    assert offered(link)
    plans.put_on_hold(actor=house.actor(house.priya), plan=TreatmentPlan.objects.get(), reason="Fever")
    assert offered(link) == []
    with pytest.raises(Conflict) as refused:
        times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    assert refused.value.code == "times_hindered"
    assert "Fever" not in refused.value.detail
    assert "hold" not in refused.value.detail


def test_a_link_of_another_purpose_chooses_nothing(link: PatientLink) -> None:
    PatientLink.objects.update(purpose=LinkPurpose.VISIT)
    link.refresh_from_db()
    with pytest.raises(Missing):
        times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_patients_who_choose_the_same_time_at_once(stage: Stage, visit: Appointment) -> None:
    house = stage.house
    other = stage.book(stage.plan(house.omar), "13:00", THURSDAY)
    house.omar.refresh_from_db()
    other = Appointment.objects.get(pk=other.pk)
    start = local(FRIDAY, "10:00")
    rosas, omars = asked(visit), asked(other)
    outcomes = at_once(
        lambda: times.choose(link=rosas, start=start, now=NOW),
        lambda: times.choose(link=omars, start=start, now=NOW),
    )
    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert refused.code == "time_taken"
    assert [start_of(visit), start_of(other)].count(start) == 1
    loser = omars if start_of(visit) == start else rosas
    left = offered(loser)
    assert left
    assert start not in left


def test_a_visit_moved_at_the_desk_closes_its_task_by_itself(
    stage: Stage, link: PatientLink, visit: Appointment
) -> None:
    assert times.close_overtaken(now=NOW) == 0
    assert task().closed_at is None
    stage.cancel(visit)
    assert times.close_overtaken(now=NOW + MINUTE) == 1
    assert (task().closed_at, task().outcome) == (NOW + MINUTE, "The visit was cancelled or missed.")
    assert times.close_overtaken(now=NOW + 2 * MINUTE) == 0


def test_the_answer_to_r_says_nothing_of_the_times(link: PatientLink) -> None:
    message = Message.objects.get(stage="choose_time")
    assert (message.text, message.visit_starts_at) == ("", local(date(2027, 1, 14), "10:00"))


# --- Asked once more ----------------------------------------------------------------------------


def tasks() -> list[tuple[str, bool]]:
    """(outcome, whether it is open) of each time that it was asked for."""
    rows = WorkItem.objects.filter(cause__startswith="time_request:").order_by("created_at")
    return [(row.outcome, row.closed_at is None) for row in rows]


def test_who_asks_again_after_the_desk_has_closed_the_task_is_heard_again(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    work.close(actor=house.actor(house.ana), item=task(), outcome="She keeps it.", now=NOW + MINUTE)
    for reference in ("R2", "R3"):
        text("R", sender=str(visit.patient.phone), reference=reference, now=NOW + HOUR)
    assert tasks() == [("She keeps it.", False), ("", True)]
    again = WorkItem.objects.get(closed_at=None)
    assert again.due_at == NOW + 5 * HOUR
    stage_moves = times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW + HOUR)
    assert stage_moves.chosen_start == start_of(visit) == local(FRIDAY, "10:00")
    assert [is_open for _, is_open in tasks()] == [False, False]


def test_a_wish_that_comes_after_the_desk_has_closed_the_task_is_a_task(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    desk_moves_it(house)
    work.close(actor=house.actor(house.ana), item=task(), outcome="She keeps it.", now=NOW + MINUTE)
    for _ in range(2):
        times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW + HOUR)
    assert tasks() == [("She keeps it.", False), ("", True)]


def test_who_was_moved_back_moves_to_the_same_time_again(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    visit.refresh_from_db()
    desk = house.actor(house.ana)
    moving.reschedule(actor=desk, appointment=visit, start=local(THURSDAY, "10:00"), now=NOW + MINUTE)
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW + HOUR)
    assert start_of(visit) == local(FRIDAY, "10:00")


# --- After a visit that was missed --------------------------------------------------------------


@pytest.fixture
def missed(visit: Appointment) -> PatientLink:
    """The link of the message two hours after Rosa did not come."""
    announce(visit)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.NOSHOW)
    plan(now=visit.starts_at + 2 * HOUR)
    links = PatientLink.objects.select_related("message__appointment", "message__clinic", "patient")
    return links.get(message__kind="missed")


def test_who_missed_a_visit_wishes_another_time_and_the_desk_books_it(
    house: House, missed: PatientLink, visit: Appointment
) -> None:
    now = visit.starts_at + 3 * HOUR
    assert not TimeRequest.objects.exists(), "nothing is written by a look"
    later = local(FRIDAY, "13:00")
    assert later in offered(missed, now)
    request = times.choose(link=missed, start=later, now=now)
    times.choose(link=missed, start=later, now=now + MINUTE)
    assert (task().closed_at, task().due_at) == (None, now + 4 * HOUR)
    times.close_overtaken(now=now + MINUTE)
    assert task().closed_at is None
    for minutes in (2, 3):
        times.carry_out(actor=house.actor(house.ana), request=request, now=now + minutes * MINUTE)
    booked = Appointment.objects.exclude(pk=visit.pk).get()
    assert (booked.starts_at, booked.patient_status, booked.plan_id) == (later, "accepted", visit.plan_id)
    assert task().outcome == "Booked for the time that the patient chose, Fri, Jan 15, 13:00."
    assert start_of(visit) == local(THURSDAY, "10:00")
    with pytest.raises(Conflict) as refused:
        times.choose(link=missed, start=local(FRIDAY, "14:00"), now=now + HOUR)
    assert refused.value.code == "visit_moved"


def test_the_task_ends_when_the_desk_has_booked_another_time_than_was_wished_for(
    stage: Stage, missed: PatientLink, visit: Appointment
) -> None:
    now = visit.starts_at + 3 * HOUR
    request = times.choose(link=missed, start=local(FRIDAY, "13:00"), now=now)
    other = stage.book(visit.plan, "14:00", FRIDAY)
    Appointment.objects.filter(pk=other.pk).update(created_at=now + MINUTE)
    assert times.close_overtaken(now=now + 2 * MINUTE) == 1
    assert tasks() == [("Booked for Fri, Jan 15, 14:00.", False)]
    assert not times.stands(request, now + 2 * MINUTE)
    assert offered(missed, now + 2 * MINUTE) == []


def test_what_was_wished_for_before_the_visit_was_missed_is_no_wish_any_more(
    house: House, link: PatientLink, visit: Appointment
) -> None:
    desk_moves_it(house)
    times.choose(link=link, start=local(FRIDAY, "10:00"), now=NOW)
    work.close(actor=house.actor(house.ana), item=task(), outcome="She keeps it.", now=NOW + MINUTE)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.NOSHOW)
    now = visit.starts_at + 2 * HOUR
    plan(now=now)
    missed = PatientLink.objects.get(message__kind="missed")
    assert times.request_of(missed).chosen_start is None
    assert times.choose(link=missed, start=local(FRIDAY, "13:00"), now=now).chosen_at == now
    assert times.request_of(missed).chosen_start == local(FRIDAY, "13:00")
    assert tasks() == [("She keeps it.", False), ("", True)]


def test_words_of_staff_in_its_place_lead_to_the_same_times(
    house: House, missed: PatientLink, visit: Appointment
) -> None:
    now = visit.starts_at + 3 * HOUR
    Message.objects.filter(pk=missed.message_id).update(status="sent", sent_at=now)
    words = "We hope that you are well. Other times: {link}"
    written = again.send_again(
        actor=house.actor(house.ana), id=uuid4(), message=missed.message, text=words, now=now
    )
    assert offered(PatientLink.objects.get(message=written), now) == offered(missed, now) != []


def test_a_missed_visit_that_took_place_after_all_offers_nothing(
    missed: PatientLink, visit: Appointment
) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.FULFILLED)
    missed.refresh_from_db()
    assert offered(PatientLink.objects.get(pk=missed.pk), visit.starts_at + 3 * HOUR) == []
