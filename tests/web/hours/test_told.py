"""What a change of hours would touch stands beside its form before it is made: by typing, and by Check."""

from datetime import time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler.models import Absence, Closure, DayHours, ResourceKind, WorkingPattern
from scheduler.visits import booking
from scheduler.working_hours import working_time
from tests.cast import NOW, TODAY, client_of, new_id
from tests.scheduler.stage import Stage, make_resource
from tests.web.hours.reading import TUESDAY, said, weekly_form
from tests.web.pages import browser_of


def set_saturdays(stage: Stage, resource: Any) -> list[WorkingPattern]:
    return working_time.set_pattern(
        actor=stage.house.actor(stage.house.max),
        id=new_id(),
        resource=resource,
        weekdays=[5],
        hours=[(time(9), time(17))],
        valid_from=TODAY,
        now=NOW,
    )


@pytest.mark.parametrize("check", ["yes", "typing"])
def test_weekly_hours_are_told_as_a_week_with_what_they_gain(stage: Stage, max_: Client, check: str) -> None:
    set_saturdays(stage, stage.chairs[0])

    shown = max_.post(reverse("weekly_hours", args=[stage.chairs[0].pk]), weekly_form(check=check))

    told = said(shown)
    assert shown.status_code == 200
    assert "15 h a week, 7 h more than now." in told
    assert "No booked visit needs these hours." in told
    assert "Saturday 09:00-17:00 09:00-12:30 , 13:00-17:00" in told
    assert "Sunday none 09:00-12:30 , 13:00-17:00" in told
    assert "Other hours stand there and give way: Saturday, 09:00-17:00, from Mon, Jan 11" in told
    assert ("<html" in shown.content.decode()) == (check == "yes")
    assert WorkingPattern.objects.count() == 1


def test_hours_that_were_shown_to_give_way_are_set_with_one_press(stage: Stage, max_: Client) -> None:
    (standing,) = set_saturdays(stage, stage.chairs[0])
    address = reverse("weekly_hours", args=[stage.chairs[0].pk])
    form = weekly_form()
    told = max_.post(address, {**form, "check": "typing"}).content.decode()
    assert f'name="in_place_of"\n             value="{standing.pk} "' in told

    answer = max_.post(address, {**form, "in_place_of": ["", f"{standing.pk} "]}, follow=True)

    assert "Chair 1's weekly hours are set." in said(answer)


def test_visits_in_the_way_are_named_with_the_repair_while_the_hours_are_typed(
    stage: Stage, max_: Client
) -> None:
    visit = stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
    address = reverse("hours_day", args=[stage.chairs[0].pk, TUESDAY])
    typed = {"id": str(new_id()), "from_1": "13:00", "until_1": "17:00", "check": "typing"}

    shown = max_.post(address, typed)

    assert shown.status_code == 200
    assert "4 h fewer to book as far as the schedule is open. 1 booked visit stands against it." in said(
        shown
    )
    assert "Rosa Delgado Chair 1" in said(shown)
    assert "Tuesday" not in said(shown)
    page = shown.content.decode()
    assert reverse("visit", args=[visit.pk]) in page
    assert f"{reverse('repair_day', args=[TUESDAY])}?from=" in page
    assert DayHours.objects.get(resource=stage.chairs[0], day=TUESDAY).hours == [[time(9), time(17)]]


def test_a_time_that_is_only_held_is_not_told_as_booked(stage: Stage, max_: Client) -> None:
    """Beside the form, over the API and when it is refused; an offer of the waitlist is such a time."""
    chair, omar = stage.chairs[0], stage.plan(stage.house.omar)
    held = booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=omar,
        start=stage.at("14:00", TUESDAY),
        chair=chair,
        until=NOW + timedelta(hours=2),
        now=NOW,
    )
    address = reverse("hours_day", args=[chair.pk, TUESDAY])
    typed = {"id": str(new_id()), "from_1": "09:00", "until_1": "09:30"}

    alone = said(max_.post(address, {**typed, "check": "typing"}))
    booked = stage.book(stage.plan(), "10:00", TUESDAY, chair=chair)
    beside = said(max_.post(address, {**typed, "check": "typing"}))
    with time_machine.travel(NOW, tick=False):
        by_call = client_of(stage.house.max).post(
            "/api/v1/day-hours/check/",
            {"resource": str(chair.pk), "day": TUESDAY, "hours": []},
            format="json",
        )
    refused = said(max_.post(address, {**typed, "in_place_of": str(chair.day_hours.get(day=TUESDAY).pk)}))

    assert "1 time that is held or on offer stands against it." in alone
    assert "1 booked visit and 1 time that is held or on offer stand against it." in beside
    assert {row["appointment"]: row["booked"] for row in by_call.json()["visits"]} == {
        str(booked.pk): True,
        str(held.pk): False,
    }
    assert "This would take hours away from 1 booked visit and 1 time that is held or on offer." in refused


@pytest.mark.parametrize(
    ("changes", "box", "sentence", "unfilled"),
    [
        ({"weekdays": []}, "weekdays", "Tick at least one.", True),
        ({"until_2": ""}, "until_2", "Give both ends of these hours, or neither.", True),
        ({"from_2": "12:00"}, "until_2", "overlap. Give them as one.", False),
        ({"until_2": "11:00"}, "until_2", "13:00 to 11:00 ends before it begins.", False),
        ({"valid_until": "2027-01-10"}, "valid_until", "The last day must not be before the first.", False),
        ({"valid_from": "2027-01-10"}, "valid_from", "Days that are over stay as they were.", False),
    ],
)
def test_each_fault_is_told_at_its_own_box_while_it_is_typed(
    stage: Stage, max_: Client, changes: dict[str, Any], box: str, sentence: str, unfilled: bool
) -> None:
    shown = max_.post(
        reverse("weekly_hours", args=[stage.chairs[0].pk]), weekly_form(check="typing", **changes)
    )

    (fault,) = shown.context["faults"]
    assert (fault.name, fault.unfilled) == (box, unfilled)
    assert sentence in fault.words
    assert f'data-at="{box}"' in shown.content.decode()


def test_a_stretch_that_is_half_typed_takes_the_picture_of_the_others_from_nobody(
    stage: Stage, max_: Client
) -> None:
    shown = max_.post(
        reverse("weekly_hours", args=[stage.chairs[0].pk]), weekly_form(check="typing", until_2="")
    )

    assert "7 h a week, 7 h more than now." in said(shown)


def test_the_night_of_the_clocks_is_told(stage: Stage, max_: Client) -> None:
    nights = weekly_form(
        weekdays=["6"], from_1="01:00", until_1="05:00", from_2="", until_2="", check="typing"
    )

    told = said(max_.post(reverse("weekly_hours", args=[stage.nurses[0].pk]), nights))

    assert "Sun, Mar 14: the clocks change, so 01:00 to 05:00 lasts 3 h." in told
    assert "Sun, Nov 7: the clocks change, so 01:00 to 05:00 lasts 5 h." in told


def test_the_end_of_weekly_hours_is_told(stage: Stage, max_: Client) -> None:
    (pattern,) = set_saturdays(stage, stage.chairs[0])
    address = reverse("end_pattern", args=[pattern.pk])

    told = said(max_.post(address, {"last_day": "2027-01-18", "check": "yes"}))
    early = max_.post(address, {"last_day": "2027-01-01", "check": "typing"})

    assert "No hours a week, 8 h fewer than now." in told
    assert "Hours that are over stay as they were." in said(early)
    assert WorkingPattern.objects.get().valid_until is None


def test_an_absence_tells_the_visits_that_it_breaks(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", TUESDAY)
    asked = {
        "id": str(new_id()),
        "resource": str(stage.nurses[0].pk),
        "reason": "",
        "first_day": "2027-01-12",
        "last_day": "2027-01-13",
        "check": "typing",
    }

    told = said(browser_of(stage.house.ana).post(reverse("new_absence"), asked))
    wrong = browser_of(stage.house.ana).post(reverse("new_absence"), {**asked, "last_day": "2027-01-11"})

    assert "16 h fewer to book as far as the schedule is open. 1 booked visit stands against it." in told
    assert "Rosa Delgado Nurse 1" in told
    assert 'data-at="last_day"' in wrong.content.decode()
    assert not Absence.objects.exists()


def test_a_closure_and_holidays_tell_whose_hours_they_take(stage: Stage, max_: Client) -> None:
    stage.house.clinic.holiday_calendar = "US-IL"
    stage.house.clinic.save()
    stage.book(stage.plan(), "10:00", TUESDAY)
    closure = {"id": str(new_id()), "name": "", "first_day": "2027-01-12", "last_day": "2027-01-12"}
    holidays = {"id": str(new_id()), "year": "2027", "days": ["2027-01-18", "2027-05-31"]}

    told = said(max_.post(reverse("closures"), {**closure, "check": "typing"}))
    whole = max_.post(reverse("close_holidays"), {**holidays, "check": "yes"})

    assert "Takes 8 h of the nurses, 16 h of the chairs and 8 h of the clinicians." in told
    assert "1 booked visit stands against it." in told
    assert "Nobody would have worked then. No booked visit is touched." in said(whole)
    assert whole.context["holidays"]["days"].value() == ["2027-01-18", "2027-05-31"]
    assert not Closure.objects.exists()


def test_the_desk_is_told_of_no_hours_that_it_may_not_change(stage: Stage) -> None:
    address = reverse("weekly_hours", args=[stage.chairs[0].pk])

    assert browser_of(stage.house.ana).post(address, weekly_form(check="typing")).status_code == 403


def test_what_is_told_costs_the_same_however_many_visits_and_chairs(stage: Stage, max_: Client) -> None:
    closure = {"id": str(new_id()), "name": "Painters", "first_day": "2027-01-12", "last_day": "2027-01-15"}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            shown = max_.post(reverse("closures"), {**closure, "check": "typing"})
        assert "stand" in said(shown)
        return len(captured)

    stage.book(stage.plan(), "10:00", TUESDAY)
    queries()  # whether the machinery lives is kept for some seconds
    few = queries()
    stage.book(stage.plan(stage.house.omar), "10:00", TUESDAY + timedelta(days=2))
    for number in range(3, 6):
        make_resource(stage.house, ResourceKind.CHAIR, f"Chair {number}", 1)

    assert queries() == few
