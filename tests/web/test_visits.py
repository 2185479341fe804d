"""The pages of one visit and of a time that is held: moved, missed, taken back, told."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Clinic
from scheduler.models import Appointment, AppointmentStatus
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def fresh(visit: Appointment) -> Appointment:
    return Appointment.objects.get(pk=visit.pk)


def hidden(page: Any) -> dict[str, str]:
    """What the page's hidden fields carry."""
    return {field.html_name: str(field.value() or "") for field in page.context["form"].hidden_fields()}


def test_a_time_is_held_from_the_confirming_page_and_booked_on_its_own(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    page = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": stage.at("9:30").isoformat()})
    assert "Hold it for 10 minutes" in words(page)

    held = browser.post(reverse("book_hold", args=[plan.pk]), hidden(page), follow=True)
    again = browser.post(reverse("book_hold", args=[plan.pk]), hidden(page))

    visit = Appointment.objects.get()
    assert again["Location"] == reverse("visit", args=[visit.pk])
    assert "The time is held until 09:10." in words(held)
    assert "Held, 10 min left" in words(browser.get(reverse("day")))
    booked = browser.post(reverse("visit_book_held", args=[visit.pk]), follow=True)
    assert "The visit is booked." in words(booked)


def test_what_was_held_is_not_booked_by_going_back_but_on_its_own_page(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    page = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": stage.at("9:30").isoformat()})
    browser.post(reverse("book_hold", args=[plan.pk]), hidden(page))
    answer = browser.post(reverse("book_confirm", args=[plan.pk]), hidden(page), follow=True)
    visit = Appointment.objects.get()
    assert visit.status == AppointmentStatus.PENDING
    assert answer.redirect_chain == [(reverse("visit", args=[visit.pk]), 302)]
    assert "Nothing else was booked or held." in words(answer)
    assert "Book this time" in words(answer)


def test_a_hold_that_ran_out_is_said_on_its_page(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    page = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": stage.at("9:30").isoformat()})
    browser.post(reverse("book_hold", args=[plan.pk]), hidden(page))
    visit = Appointment.objects.get()

    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        shown = browser.get(reverse("visit", args=[visit.pk]))
        refused = browser.post(reverse("visit_book_held", args=[visit.pk]))

    assert "09:10, and free again since then" in words(shown)
    assert "Book this time" not in words(shown)
    assert refused.status_code == 409
    assert "This time is held no longer." in words(refused)


def test_a_hold_is_given_up_and_other_times_are_shown(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    page = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": stage.at("9:30").isoformat()})
    browser.post(reverse("book_hold", args=[plan.pk]), hidden(page))

    answer = browser.post(reverse("visit_release", args=[Appointment.objects.get().pk]))

    assert answer["Location"] == reverse("book_plan", args=[plan.pk])
    assert "No visits on this day" in words(browser.get(reverse("day")))


def test_a_visit_is_moved_to_a_time_that_is_offered(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    browser = browser_of(stage.house.ana)

    offer = browser.get(reverse("visit_choose_time", args=[visit.pk]))
    assert "Now Mon, Jan 11, 09:30" in words(offer)
    start = stage.at("13:00", TOMORROW)
    assert start in {one.start for day in offer.context["days"] for one in day.starts}
    page = browser.get(
        reverse("visit_move", args=[visit.pk]),
        {"start": start.isoformat(), "chair": str(stage.chairs[1].pk)},
    )
    assert ", instead of Mon, Jan 11, 09:30" in words(page)
    assert "Chair 2, instead of Chair 1" in words(page)
    moved = browser.post(reverse("visit_move", args=[visit.pk]), hidden(page), follow=True)

    assert fresh(visit).starts_at == start
    assert "Moved from Mon, Jan 11, 09:30 to Tue, Jan 12, 13:00 Ana Lima" in words(moved)


def test_a_move_that_is_refused_shows_why_and_where_else(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    address = reverse("visit_move", args=[visit.pk])
    page = browser_of(stage.house.ana).get(address, {"start": stage.at("13:00").isoformat()})
    stage.book(stage.plan(stage.house.omar), "13:00")

    refused = browser_of(stage.house.ana).post(address, hidden(page))

    assert refused.status_code == 409
    assert "No nurse is free." in words(refused)
    assert f'href="{address}?start=' in refused.content.decode()


def test_a_missed_visit_is_marked_and_taken_back(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00")
    browser = browser_of(stage.house.ana)
    assert "Patient has not come" in words(browser.get(reverse("visit", args=[visit.pk])))

    missed = browser.post(reverse("visit_missed", args=[visit.pk]), follow=True)
    assert "Undo: missed" in words(missed)
    back = browser.post(reverse("visit_undo", args=[visit.pk]), follow=True)

    assert "the visit is booked for its own time" in words(back)
    assert fresh(visit).status == AppointmentStatus.BOOKED


def test_while_the_clinic_waits_the_page_says_from_when_on_a_visit_is_missed(stage: Stage) -> None:
    Clinic.objects.filter(pk=stage.house.clinic.pk).update(no_show_after_minutes=15)
    visit = stage.book(stage.plan(), "9:00")
    browser = browser_of(stage.house.ana)

    page = words(browser.get(reverse("visit", args=[visit.pk])))
    early = browser.post(reverse("visit_missed", args=[visit.pk]))

    assert "Can be marked as missed from 09:15 on." in page
    assert "Patient has not come" not in page
    assert early.status_code == 409
    assert "The clinic waits until 09:15 before it is missed." in words(early)


def test_what_cannot_be_taken_back_is_said_on_the_page(stage: Stage) -> None:
    visit = stage.cancel(stage.book(stage.plan(), "9:30"))
    stage.book(stage.plan(stage.house.omar), "9:30")

    refused = browser_of(stage.house.ana).post(reverse("visit_undo", args=[visit.pk]))

    assert refused.status_code == 409
    assert "This time can't be booked." in words(refused)
    assert "Nurse 1 comes nearest" in words(refused)


def test_a_prescriber_sees_a_visit_and_changes_nothing_about_it(stage: Stage) -> None:
    visit = stage.cancel(stage.book(stage.plan(), "9:30"))

    page = words(browser_of(stage.house.priya).get(reverse("visit", args=[visit.pk])))

    assert "Cancelled, late: Patient Ana Lima" in page
    assert "Take the cancellation back" not in page


def test_what_is_over_leads_on_to_another_time(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    again = f'href="{reverse("book_best", args=[plan.pk])}"'
    page = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": stage.at("9:30").isoformat()})
    browser.post(reverse("book_hold", args=[plan.pk]), hidden(page))
    held = Appointment.objects.get()
    address = reverse("visit", args=[held.pk])
    assert again not in browser.get(address).content.decode()
    with time_machine.travel(NOW + timedelta(minutes=11), tick=False):
        ran_out = browser.get(address)
        assert again in ran_out.content.decode()
        assert "No longer held" in words(ran_out)
        refused = browser.post(reverse("visit_book_held", args=[held.pk]))
        assert "Choose a time again" in words(refused)
    booked = stage.book(stage.plan(stage.house.omar), "13:00")
    stage.cancel(booked)
    again = f'href="{reverse("book_best", args=[booked.plan_id])}"'
    assert again in browser.get(reverse("visit", args=[booked.pk])).content.decode()
