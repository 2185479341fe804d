"""The desk's and the prescriber's pages, from a plan to a checked-in visit."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from clinic.models import AccessLog
from scheduler.models import Appointment, AppointmentStatus, ParticipantStatus, TreatmentPlan
from scheduler.prescribing import screening
from scheduler.visits import moving
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def order(stage: Stage, **changes: Any) -> dict[str, Any]:
    """A plan form as Priya fills it."""
    return {
        "id": str(new_id()),
        "protocol": str(stage.protocol.pk),
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": "6",
        "valid_from": "2027-01-11",
        "valid_until": "2027-04-11",
        "prior_treatments": "Two trials without response",
        **{f"findings_{item.code}": "absent" for item in screening.ITEMS},
        **changes,
    }


def hidden(page: Any, form: str = "form") -> dict[str, str]:
    """What the page's hidden fields carry."""
    return {name: str(page.context[form][name].value() or "") for name in ("id", "start", "chair", "nurse")}


def test_a_prescriber_writes_a_plan(stage: Stage) -> None:
    browser = browser_of(stage.house.priya)
    address = reverse("new_plan", args=[stage.house.rosa.pk])
    assert "Pregnancy" in words(browser.get(address))

    answer = browser.post(address, order(stage), follow=True)

    plan = TreatmentPlan.objects.get()
    assert answer.redirect_chain == [(reverse("plan", args=[plan.pk]), 302)]
    assert "0 of 6 sessions booked" in words(answer)
    assert (plan.prescriber, plan.findings.count()) == (stage.house.priya, len(screening.ITEMS))


def test_a_plan_sent_twice_is_written_once(stage: Stage) -> None:
    browser = browser_of(stage.house.priya)
    address = reverse("new_plan", args=[stage.house.rosa.pk])
    filled = order(stage)

    for _ in range(2):
        assert browser.post(address, filled).status_code == 302

    assert TreatmentPlan.objects.count() == 1


def test_a_refused_plan_comes_back_as_it_was_filled(stage: Stage) -> None:
    browser = browser_of(stage.house.priya)
    filled = order(stage, ordered_dose="1.6", findings_pregnancy="unknown")

    page = browser.post(reverse("new_plan", args=[stage.house.rosa.pk]), filled)

    assert page.status_code == 400
    assert "1.6 mg/kg is above this protocol's limit of 1.5 mg/kg" in words(page)
    assert "Unknown blocks: find out" in words(page)
    assert "Two trials without response" in words(page)
    assert page.context["form"]["id"].value() == filled["id"]
    assert not TreatmentPlan.objects.exists()


def test_everything_that_a_plan_needs_is_told_at_once(stage: Stage) -> None:
    """What can't be read, what is missing, and what the protocol and the screen say of the rest."""
    filled = order(
        stage,
        ordered_dose="half",
        indication="G43.709",
        sessions_ordered="99",
        valid_until="2027-01-10",
        findings_pregnancy="",
        findings_glaucoma="present",
    )

    page = browser_of(stage.house.priya).post(reverse("new_plan", args=[stage.house.rosa.pk]), filled)

    assert set(page.context["form"].errors) == {
        "ordered_dose",
        "indication",
        "sessions_ordered",
        "valid_until",
        "findings_pregnancy",
        "findings_glaucoma",
    }
    assert not TreatmentPlan.objects.exists()


def test_the_desk_books_a_time_that_is_offered(stage: Stage) -> None:
    plan = stage.plan()
    browser = browser_of(stage.house.ana)

    best = browser.get(reverse("book_patient", args=[stage.house.rosa.pk]), follow=True)
    assert best.redirect_chain == [(reverse("book_best", args=[plan.pk]), 302)]
    offer = browser.get(reverse("book_plan", args=[plan.pk]))
    first = offer.context["days"][0].starts[0]
    assert (first.start, first.chair) == (NOW, stage.chairs[0])
    assert [turn.nurse for turn in first.nurses] == [stage.nurses[0]]
    page = browser.get(
        reverse("book_confirm", args=[plan.pk]),
        {"start": first.start.isoformat(), "chair": first.chair.pk},
    )
    assert "Book this visit" in words(page)
    booked = browser.post(reverse("book_confirm", args=[plan.pk]), hidden(page), follow=True)

    visit = Appointment.objects.get()
    assert booked.redirect_chain == [(reverse("visit", args=[visit.pk]), 302)]
    assert "The visit is booked." in words(booked)
    assert "Chair 1" in words(booked)


def test_a_time_taken_meanwhile_is_refused_with_others_to_choose(stage: Stage) -> None:
    plan = stage.plan()
    browser = browser_of(stage.house.ana)
    address = reverse("book_confirm", args=[plan.pk])
    page = browser.get(address, {"start": stage.at("9:30").isoformat(), "chair": str(stage.chairs[0].pk)})
    stage.book(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[0])

    refused = browser.post(address, hidden(page))

    assert refused.status_code == 409
    assert "Chair 1 is taken for 130 minutes of this visit." in words(refused)
    assert "The nearest times that are free" in words(refused)
    assert Appointment.objects.count() == 1


def test_what_stands_against_the_plan_is_told_before_a_time_is_chosen(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    stage.book(plan, "9:30")

    page = browser_of(stage.house.ana).get(reverse("book_plan", args=[plan.pk]))

    assert "All 1 sessions of the plan are booked." in words(page)


def test_the_day_lists_visits_by_time_with_what_can_be_done(stage: Stage) -> None:
    stage.book(stage.plan(), "13:00")
    stage.book(stage.plan(stage.house.omar), "9:30")
    ida = make_patient(stage.house.clinic, "Ida", "Koch")
    gone = stage.book(stage.plan(ida), "9:00", TODAY + timedelta(1))
    stage.cancel(gone)

    page = browser_of(stage.house.ana).get(reverse("day"))
    tomorrow = browser_of(stage.house.ana).get(reverse("day_on", args=[TODAY + timedelta(1)]))

    assert "Mon, Jan 11" in words(page)
    assert words(page).index("Omar Haddad") < words(page).index("Rosa Delgado")
    assert "2 visits, 2 not yet confirmed" in words(page)
    assert words(page).count("Check in ") == 4  # on the board, and in the list that a phone shows
    assert "Not taking place" in words(tomorrow)
    assert "Ida Koch" in words(tomorrow)


def test_a_prescriber_sees_the_day_and_no_desk_buttons(stage: Stage) -> None:
    stage.book(stage.plan(), "13:00")

    assert "Check in" not in words(browser_of(stage.house.priya).get(reverse("day")))


def test_the_day_costs_the_same_however_full_it_is(
    stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = browser_of(stage.house.ana)
    stage.book(stage.plan(), "9:30")
    with CaptureQueriesContext(connection) as with_one_visit:
        browser.get(reverse("day"))
    stage.book(stage.plan(stage.house.omar), "13:00")

    with django_assert_num_queries(len(with_one_visit)):
        browser.get(reverse("day"))


def test_a_patient_is_checked_in_from_the_day(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    page = browser_of(stage.house.ana).post(reverse("visit_check_in", args=[visit.pk]), follow=True)

    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.ARRIVED
    assert "Rosa Delgado is checked in." in words(page)


def test_a_yes_to_a_time_is_no_yes_to_where_the_visit_was_moved_meanwhile(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    browser, confirm = browser_of(stage.house.ana), reverse("visit_confirm", args=[visit.pk])
    page = browser.get(reverse("visit", args=[visit.pk])).content.decode()
    [was] = re.findall(r'name="was" value="([^"]+)"', page)
    moving.reschedule(
        actor=stage.house.actor(stage.house.ana), appointment=visit, start=stage.at("11:00"), now=NOW
    )

    refused = browser.post(confirm, {"was": was})

    assert refused.status_code == 412
    assert "moved this visit meanwhile, to Mon, Jan 11, 11:00." in words(refused)
    visit.refresh_from_db()
    assert visit.patient_status == ParticipantStatus.NEEDS_ACTION
    [was] = re.findall(r'name="was" value="([^"]+)"', refused.content.decode())
    browser.post(confirm, {"was": was})
    visit.refresh_from_db()
    assert visit.patient_status == ParticipantStatus.ACCEPTED


def test_a_visit_is_confirmed_and_cancelled_with_a_reason(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    browser = browser_of(stage.house.ana)

    browser.post(reverse("visit_confirm", args=[visit.pk]))
    visit.refresh_from_db()
    assert visit.patient_status == ParticipantStatus.ACCEPTED
    without_reason = browser.post(reverse("visit_cancel", args=[visit.pk]), {"reason": ""})
    assert without_reason.status_code == 400
    assert "Choose the reason." in words(without_reason)
    page = browser.post(reverse("visit_cancel", args=[visit.pk]), {"reason": "pat-lt"}, follow=True)

    assert "Patient: no transport" in words(page)
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CANCELLED


def test_looking_at_a_visit_or_a_plan_is_written_down(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    browser = browser_of(stage.house.nils)

    browser.get(reverse("visit", args=[visit.pk]))
    browser.get(reverse("plan", args=[plan.pk]))

    assert list(AccessLog.objects.order_by("pk").values_list("what", flat=True)) == ["visit", "plan"]


@pytest.mark.parametrize("name", ["visit", "plan", "book_plan", "book_patient", "new_plan"])
def test_another_clinic_finds_nothing(stage: Stage, other_house: House, name: str) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    keys = {"visit": visit.pk, "plan": plan.pk, "book_plan": plan.pk}
    user = other_house.priya if name in ("new_plan", "plan") else other_house.ana

    answer = browser_of(user).get(reverse(name, args=[keys.get(name, plan.patient_id)]))

    assert answer.status_code == 404


def test_nonsense_for_a_day_is_an_unknown_address(stage: Stage) -> None:
    browser = browser_of(stage.house.ana)

    assert browser.get("/day/2027-02-30/").status_code == 404
    assert browser.get("/day/?on=soon").status_code == 200


def test_a_hand_over_is_told_on_every_page_and_a_nurse_can_be_asked_for(house: House) -> None:
    stage = set_stage(house, chairs=3, nurses=2)
    stage.book(stage.plan(), "9:00", nurse=stage.nurses[0])
    ida = stage.plan(make_patient(house.clinic, "Ida", "Koch"))
    stage.book(ida, "9:40", nurse=stage.nurses[1])
    plan = stage.plan(house.omar)
    browser = browser_of(house.ana)
    address, confirm = reverse("book_plan", args=[plan.pk]), reverse("book_confirm", args=[plan.pk])
    told = "Nurse 2, then Nurse 1 from 09:40"

    any_nurse = browser.get(address, {"every": 5})
    with_nurse_2 = browser.get(address, {"every": "5", "nurse": str(stage.nurses[1].pk)})
    page = browser.get(confirm, {"start": stage.at("9:20").isoformat()})
    asked = browser.get(confirm, {"start": stage.at("11:40").isoformat(), "nurse": str(stage.nurses[1].pk)})
    booked = browser.post(confirm, hidden(page), follow=True)
    day = browser.get(reverse("day"))

    assert all(told in words(shown) for shown in (any_nurse, page, booked, day))
    assert "then Nurse" not in words(with_nurse_2)
    assert f"nurse={stage.nurses[1].pk}" in with_nurse_2.content.decode()
    assert "Asked for by name: stays for the whole visit." in words(asked)


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "9999-12-31"])
def test_a_day_at_the_end_of_time_has_no_page(stage: Stage, day: str) -> None:
    assert browser_of(stage.house.ana).get(f"/day/{day}/").status_code == 404


def test_times_at_the_end_of_time_are_not_looked_for(stage: Stage) -> None:
    browser, plan = browser_of(stage.house.ana), stage.plan()
    page = browser.get(reverse("book_plan", args=[plan.pk]), {"start": "9999-12-20"})
    assert (page.status_code, page.context["first"]) == (200, TODAY)
    for start in ("9999-12-20T09:00:00-06:00", "0001-01-01T00:00", "0001-01-05T00:00+14:00"):
        answer = browser.get(reverse("book_confirm", args=[plan.pk]), {"start": start})
        assert (answer.status_code, answer["Location"]) == (302, reverse("book_plan", args=[plan.pk]))


def test_a_visit_that_moved_to_another_day_is_still_told_of_on_its_old_one(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    stage.book(stage.plan(stage.house.omar), "13:00")
    actor = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=actor, appointment=visit, start=stage.at("13:00", TODAY + timedelta(2)), now=NOW)

    page = browser_of(stage.house.ana).get(reverse("day"))
    there = browser_of(stage.house.ana).get(reverse("day_on", args=[TODAY + timedelta(2)]))

    told = words(page)
    assert "1 visit, 1 not yet confirmed" in told
    assert told.index("Not taking place") < told.index("Rosa Delgado")
    assert "Moved to Wed, Jan 13, 13:00" in told
    assert page.content.decode().count(reverse("visit", args=[visit.pk])) == 2
    assert "Moved to" not in words(there)


def test_who_has_come_is_not_said_to_be_unconfirmed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    browser = browser_of(stage.house.ana)
    addresses = [reverse("day"), reverse("visit", args=[visit.pk]), reverse("plan", args=[visit.plan_id])]
    word = visit.get_patient_status_display()
    assert all(word in words(browser.get(address)) for address in addresses)
    browser.post(reverse("visit_check_in", args=[visit.pk]))
    assert not any(word in words(browser.get(address)) for address in addresses)


def test_whether_a_cancellation_is_late_is_said_before_it_is_made(stage: Stage) -> None:
    browser = browser_of(stage.house.ana)
    today = stage.book(stage.plan(), "9:30")
    friday = stage.book(stage.plan(stage.house.omar), "9:30", TODAY + timedelta(4))
    assert "Counts as a late cancellation" in words(browser.get(reverse("visit", args=[today.pk])))
    assert "Not late: the visit begins in" in words(browser.get(reverse("visit", args=[friday.pk])))


def test_the_navigation_marks_the_day_on_the_pages_that_it_leads_to(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    browser = browser_of(stage.house.ana)
    for name, key in (("visit", visit.pk), ("plan", visit.plan_id), ("book_series", visit.plan_id)):
        page = browser.get(reverse(name, args=[key])).content.decode()
        assert f'href="{reverse("day")}" aria-current="page"' in page


def test_a_refused_time_is_told_without_the_name_of_a_field(stage: Stage) -> None:
    address = reverse("book_confirm", args=[stage.plan().pk])
    page = browser_of(stage.house.ana).get(address, {"start": stage.at("9:31").isoformat()})
    assert page.status_code == 400
    assert "Give a time on the 5-minute grid" in words(page)
    assert "start:" not in words(page)
