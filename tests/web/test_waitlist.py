"""The waitlist's pages at the desk: who waits, what is offered, answers by telephone."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.models import AccessLog, Channel, Patient
from notifications.delivering import delivery
from notifications.planning.planner import plan as plan_messages
from scheduler.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduler.visits import booking, moving
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join
from tests.web.pages import browser_of, words

DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


@pytest.fixture
def desk(stage: Stage) -> Client:
    return browser_of(stage.house.ana)


def filled(**changes: Any) -> dict[str, Any]:
    form = {
        "id": str(new_id()),
        "first_day": TODAY.isoformat(),
        "last_day": (TODAY + 30 * DAY).isoformat(),
        "notice_hours": "24",
    }
    return {**form, **changes}


def test_nobody_waits_and_the_page_says_how_one_comes_onto_it(desk: Client) -> None:
    assert "Nobody waits" in words(desk.get("/waitlist/"))


def test_the_list_says_who_waits_since_when_for_what_and_what_is_offered(stage: Stage, desk: Client) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 3 * DAY)
    entry = join(stage, plan, appointment=visit, weekdays=(0, 1), nurse=stage.nurses[0], notice_hours=4)
    join(stage, stage.plan(stage.house.omar), now=NOW - 9 * DAY)
    hold_for(stage, entry, "14:00")
    said = words(desk.get("/waitlist/"))
    everybody = said[said.index("Everybody who waits") :]
    assert everybody.index("Omar Haddad") < everybody.index("Rosa Delgado")
    assert "9 days" in everybody
    assert "Sat, Jan 2" in said
    assert "Earlier than Thu, Jan 14, 13:00" in said
    assert "One more session" in said
    assert "Mon, Tue" in said
    assert "rather with Nurse 1, 4 h notice" in said
    assert "Mon, Jan 11, 14:00" in said
    assert "Answer by Mon, Jan 11, 11:00." in " ".join(said.split())
    assert "No free time suits them." in said


def test_whom_no_message_reaches_is_to_be_called(stage: Stage, desk: Client) -> None:
    Patient.objects.filter(pk=stage.house.rosa.pk).update(preferred_channel=Channel.NONE)
    hold_for(stage, join(stage, stage.plan()), "14:00")
    plan_messages(now=NOW)
    delivery.drain(clock=lambda: NOW)
    said = words(desk.get("/waitlist/"))
    assert "No message went out: The patient wants no messages. Please call (312) 555-0142." in said


def test_a_chair_is_waited_for_rather_or_only(stage: Stage, desk: Client) -> None:
    address, chair = f"/plans/{stage.plan().pk}/waitlist/", stage.chairs[1]
    refused = desk.post(address, filled(only="on"))
    assert "Choose the nurse or the chair that it has to be." in words(refused)
    desk.post(address, filled(chair=str(chair.pk), nurse=str(stage.nurses[0].pk), only="on"))
    entry = WaitlistEntry.objects.get()
    assert (entry.chair, entry.only) == (chair, True)
    assert "only with Nurse 1 in Chair 2, 24 h notice" in words(desk.get("/waitlist/"))
    assert f'value="{chair.pk}" selected' in desk.get(f"/waitlist/{entry.pk}/").content.decode()
    changed = {name: value for name, value in filled(chair=str(chair.pk)).items() if name != "id"}
    desk.post(f"/waitlist/{entry.pk}/", changed)
    assert "rather in Chair 2, 24 h notice" in words(desk.get("/waitlist/"))


def test_offering_now_says_what_came_of_it(stage: Stage, desk: Client) -> None:
    assert "Nothing is free just now" in words(desk.post("/waitlist/offer-now/", follow=True))
    join(stage, stage.plan())
    assert "1 time was offered just now." in words(desk.post("/waitlist/offer-now/", follow=True))


def test_a_patient_is_put_on_the_list_from_the_plan(stage: Stage, desk: Client) -> None:
    address = f"/plans/{stage.plan().pk}/waitlist/"
    form = desk.get(address).content.decode()
    assert 'value="2027-01-11"' in form
    assert 'value="2027-04-11"' in form  # the plan's last day
    page = desk.post(address, filled(weekdays=["1", "3"], earliest="09:30"), follow=True)
    assert "Rosa Delgado is on the waitlist." in words(page)
    entry = WaitlistEntry.objects.get()
    assert (entry.weekdays, entry.appointment) == ([1, 3], None)
    assert AccessLog.objects.filter(what="waitlist").exists()


def test_sent_twice_it_is_one_entry(stage: Stage, desk: Client) -> None:
    address, form = f"/plans/{stage.plan().pk}/waitlist/", filled()
    desk.post(address, form)
    assert desk.post(address, form).status_code == 302
    assert WaitlistEntry.objects.count() == 1


def test_a_visit_waits_for_an_earlier_time_up_to_its_own_day(stage: Stage, desk: Client) -> None:
    visit = stage.book(stage.plan(), "13:00", TODAY + 3 * DAY)
    assert "Wants an earlier time" in words(desk.get(f"/visits/{visit.pk}/"))
    address = f"/visits/{visit.pk}/waitlist/"
    page = desk.get(address)
    assert "stays booked until an earlier time is accepted" in words(page)
    assert 'value="2027-01-14"' in page.content.decode()
    desk.post(address, filled(last_day="2027-01-14"))
    assert WaitlistEntry.objects.get().appointment == visit


def test_a_refused_form_comes_back_as_it_was_filled_with_the_mend_at_its_field(
    stage: Stage, desk: Client
) -> None:
    sent = filled(earliest="12:00", latest="12:30", weekdays=["4"])
    page = desk.post(f"/plans/{stage.plan().pk}/waitlist/", sent)
    assert page.status_code == 400
    assert "A visit takes 120 minutes: it can't start and be over within these times." in words(page)
    body = page.content.decode()
    assert sent["id"] in body
    assert 'value="12:30"' in body
    assert 'value="4" id="id_weekdays_4" checked' in body


def test_a_plan_that_waits_already_leads_to_its_entry(stage: Stage, desk: Client) -> None:
    plan = stage.plan()
    entry = join(stage, plan)
    page = desk.get(f"/plans/{plan.pk}/waitlist/", follow=True)
    assert page.redirect_chain == [(f"/waitlist/{entry.pk}/", 302)]
    assert "on the waitlist already" in words(page)


def test_an_entry_is_changed_and_shows_what_was_offered_so_far(stage: Stage, desk: Client) -> None:
    entry = join(stage, stage.plan())
    offer = hold_for(stage, entry, "14:00")
    desk.post(f"/waitlist/offers/{offer.pk}/decline/")
    address = f"/waitlist/{entry.pk}/"
    said = words(desk.get(address))
    assert "Offered so far Mon, Jan 11, 14:00 Declined" in said
    changed = {name: value for name, value in filled(notice_hours="3").items() if name != "id"}
    page = desk.post(address, changed, follow=True)
    assert "The entry is changed." in words(page)
    entry.refresh_from_db()
    assert entry.notice_hours == 3


def test_the_entrys_page_takes_the_answer_and_says_why_nothing_is_offered(stage: Stage, desk: Client) -> None:
    """Where the task to call leads: the number, the time, and both answers."""
    entry = join(stage, stage.plan())
    address = f"/waitlist/{entry.pk}/"
    assert "Nothing is offered just now No free time suits them." in words(desk.get(address))
    offer = hold_for(stage, entry, "14:00")
    page = desk.get(address)
    assert "Offered just now Mon, Jan 11, 14:00 Answer by" in words(page)
    assert f"tel:{stage.house.rosa.phone}" in page.content.decode()
    for answer in ("accept", "decline"):
        assert f"/waitlist/offers/{offer.pk}/{answer}/" in page.content.decode()


def test_answers_by_telephone(stage: Stage, desk: Client) -> None:
    first = hold_for(stage, join(stage, stage.plan()), "14:00")
    page = desk.post(f"/waitlist/offers/{first.pk}/accept/", follow=True)
    assert "Rosa Delgado takes the time: it is booked." in words(page)
    assert Appointment.objects.get(pk=first.appointment_id).status == "booked"
    late = desk.post(f"/waitlist/offers/{first.pk}/decline/", follow=True)
    assert "This time is no longer held." in words(late)


def test_free_time_is_offered_to_whom_it_fits_and_taken_back(stage: Stage, desk: Client) -> None:
    entry = join(stage, stage.plan())
    page = desk.get("/waitlist/?day=2027-01-12")
    said = words(page)
    assert "Free time that fits: Tue, Jan 12" in said
    assert "Rosa Delgado" in said[said.index("Free time") : said.index("Everybody")]
    [suited] = page.context["fits"]
    sent = {"id": suited.id, "start": suited.fit.start.isoformat(), "chair": suited.fit.chair.pk}
    for _ in range(2):
        answer = desk.post(f"/waitlist/{entry.pk}/offer/", sent, follow=True)
        assert answer.redirect_chain == [("/waitlist/?day=2027-01-12", 302)]
    assert "The time is held for Rosa Delgado, who gets a message." in words(answer)
    offer = WaitlistOffer.objects.get()
    assert "On offer now Rosa Delgado" in words(answer)
    assert "2 h left to answer" in words(answer)
    assert "Nobody who waits would come" in words(answer)  # who has an offer is asked for no other
    back = desk.post(f"/waitlist/offers/{offer.pk}/take-back/", follow=True)
    assert "The offer is taken back" in words(back)
    offer.refresh_from_db()
    assert offer.status == "withdrawn"


def test_a_time_that_has_gone_meanwhile_is_told_on_the_list(stage: Stage, desk: Client) -> None:
    entry, omars = join(stage, stage.plan()), stage.plan(stage.house.omar)
    [suited] = desk.get("/waitlist/?day=2027-01-12").context["fits"]
    # A second preparation at once is more than the nurse has hands for.
    booking.book(
        actor=stage.house.actor(stage.house.ana), id=new_id(), plan=omars, start=suited.fit.start, now=NOW
    )
    sent = {"id": suited.id, "start": suited.fit.start.isoformat(), "chair": suited.fit.chair.pk}
    page = desk.post(f"/waitlist/{entry.pk}/offer/", sent, follow=True)
    assert not WaitlistOffer.objects.exists()
    assert "held for Rosa" not in words(page)
    assert "banner-error" in page.content.decode()


def test_a_day_that_is_none_or_past_is_today(stage: Stage, desk: Client) -> None:
    join(stage, stage.plan())
    for day in ("nonsense", "2020-01-01"):
        assert "Free time that fits: Mon, Jan 11" in words(desk.get(f"/waitlist/?day={day}"))


def test_who_was_moved_by_hand_stands_below_the_list_with_what_happened(stage: Stage, desk: Client) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 3 * DAY)
    entry = join(stage, plan, appointment=visit)
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("9:00", TODAY + DAY), now=NOW)
    assert "Off the list today" not in words(desk.get("/waitlist/"))
    page = desk.post("/waitlist/offer-now/", follow=True)
    happened = "Their visit of Thu, Jan 14, 13:00 was moved to an earlier time by hand."
    assert f"Off the list today Rosa Delgado Booked 09:00. {happened}" in words(page)
    said = words(desk.get(f"/waitlist/{entry.pk}/"))
    assert happened in said
    assert "The visit is on Tue, Jan 12, 09:00 now." in said
    with time_machine.travel(stage.at("0:00", TODAY + DAY), tick=False):
        assert "Off the list" not in words(desk.get("/waitlist/"))


def test_leaving_the_list_comes_last_and_asks_once_more(stage: Stage, desk: Client) -> None:
    entry = join(stage, stage.plan())
    page = desk.get(f"/waitlist/{entry.pk}/").content.decode()
    assert page.index(">Save<") < page.index("<summary>Take off the list</summary>")
    assert page.index("<summary>Take off the list</summary>") < page.index(f"/waitlist/{entry.pk}/withdraw/")


def test_taken_off_the_list(stage: Stage, desk: Client) -> None:
    entry = join(stage, stage.plan())
    page = desk.post(f"/waitlist/{entry.pk}/withdraw/", follow=True)
    assert "Rosa Delgado is off the waitlist." in words(page)
    assert "Withdrawn" in words(desk.get(f"/waitlist/{entry.pk}/"))


def test_a_prescriber_sees_the_list_and_no_buttons(stage: Stage) -> None:
    hold_for(stage, join(stage, stage.plan()), "14:00")
    said = words(browser_of(stage.house.priya).get("/waitlist/"))
    assert "Rosa Delgado" in said
    for button in ("Offer now", "Says yes", "Change"):
        assert button not in said


def test_a_longer_list_asks_no_more_of_the_database(
    stage: Stage, desk: Client, django_assert_max_num_queries: Any
) -> None:
    def one_more(number: int) -> None:
        entry = join(stage, stage.plan(make_patient(stage.house.clinic, f"L{number}", "Waits")))
        hold_for(stage, entry, ["9:00", "11:10", "13:20"][number % 3], TODAY + (1 + number // 3) * DAY)

    one_more(0)
    desk.get("/waitlist/")
    with django_assert_max_num_queries(20) as few:
        desk.get("/waitlist/")
    for number in range(1, 7):
        one_more(number)
    with django_assert_max_num_queries(len(few.captured_queries)):
        desk.get("/waitlist/")
