"""Absences, closures and holidays: recorded by the desk or the manager, and taken back."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from scheduler.models import Absence, Closure
from scheduler.working_hours import working_time
from tests.cast import NOW, new_id
from tests.scheduler.stage import Stage
from tests.web.hours.reading import TUESDAY, on_the_wall, said
from tests.web.pages import browser_of


def absence_form(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "resource": str(stage.nurses[0].pk),
        "reason": "illness",
        "first_day": "2027-01-12",
        "last_day": "2027-01-13",
        **changes,
    }


def test_the_desk_records_an_absence_of_two_days_and_takes_it_back(stage: Stage) -> None:
    ana, nurse = browser_of(stage.house.ana), stage.nurses[0]
    page = ana.get(reverse("new_absence"), {"resource": str(nurse.pk), "day": TUESDAY.isoformat()})
    assert str(page.context["form"]["resource"].value()) == str(nurse.pk)
    form = absence_form(stage)

    for _ in range(2):
        answer = ana.post(reverse("new_absence"), form, follow=True)

    assert "Nurse 1's absence is recorded." in said(answer)
    absence = Absence.objects.get()
    assert (absence.during.lower, absence.during.upper) == (
        stage.at("0:00", TUESDAY),
        stage.at("0:00", TUESDAY + timedelta(days=2)),
    )
    assert on_the_wall(stage, nurse, TUESDAY) == []
    shown = said(ana.get(reverse("resource_hours", args=[nurse.pk])))
    assert "Ill: Tue, Jan 12, 00:00 to Thu, Jan 14, 00:00" in shown
    taken_back = ana.post(reverse("withdraw_absence", args=[absence.pk]), follow=True)
    assert "its hours are open again" in said(taken_back)
    assert on_the_wall(stage, nurse, TUESDAY) == ["09:00-17:00"]


def test_a_late_copy_of_an_absence_that_was_taken_back_is_no_success(stage: Stage) -> None:
    ana, form = browser_of(stage.house.ana), absence_form(stage)
    ana.post(reverse("new_absence"), form)
    ana.post(reverse("withdraw_absence", args=[Absence.objects.get().pk]))

    answer = ana.post(reverse("new_absence"), form)

    assert answer.status_code == 409
    assert "taken back or replaced since" in said(answer)
    assert not Absence.objects.exists()


def test_the_same_absence_is_recorded_once_and_comes_back_as_it_was_filled(stage: Stage) -> None:
    ana = browser_of(stage.house.ana)
    ana.post(reverse("new_absence"), absence_form(stage))

    answer = ana.post(reverse("new_absence"), absence_form(stage, reason="training", last_day="2027-01-12"))

    assert answer.status_code == 409
    assert "An absence of Nurse 1 covers this time already. Take it back first" in said(answer)
    assert answer.context["form"]["reason"].value() == "training"
    assert Absence.objects.count() == 1


def test_an_absence_is_recorded_to_the_minute(stage: Stage) -> None:
    times = {"last_day": "2027-01-12", "from_time": "10:00", "until_time": "12:00"}

    browser_of(stage.house.ana).post(reverse("new_absence"), absence_form(stage, **times))

    assert on_the_wall(stage, stage.nurses[0], TUESDAY) == ["09:00-10:00", "12:00-17:00"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"resource": ""}, "resource", "Choose one."),
        ({"reason": "bored"}, "reason", "Select a valid choice."),
        ({"last_day": "2027-01-11"}, "last_day", "The last day must not be before the first."),
        (
            {"first_day": "2027-01-10", "last_day": "2027-01-10"},
            "last_day",
            "Time that is over stays as it was.",
        ),
        (
            {"last_day": "2027-01-12", "from_time": "12:00", "until_time": "11:00"},
            "until_time",
            "The end must be after the start.",
        ),
        (
            {"last_day": "2027-03-14", "until_time": "02:30"},
            "until_time",
            "There is no 02:30 on March 14: the clocks go forward over it.",
        ),
        (
            {"last_day": "2027-11-07", "until_time": "01:30"},
            "until_time",
            "01:30 on November 7 comes twice",
        ),
    ],
)
def test_an_absence_that_cannot_be_comes_back_as_it_was_filled(
    stage: Stage, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = browser_of(stage.house.ana).post(reverse("new_absence"), absence_form(stage, **changes))

    assert answer.status_code == 400
    assert sentence in str(answer.context["form"].errors[field])
    assert not Absence.objects.exists()


def test_an_ill_nurses_visits_are_shown_before_anything_is_changed(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", TUESDAY)
    stage.book(stage.plan(stage.house.omar), "10:00", TUESDAY + timedelta(days=1))

    answer = browser_of(stage.house.ana).post(reverse("new_absence"), absence_form(stage))

    assert answer.status_code == 409
    assert [row[0].patient.given_names for row in answer.context["stranded"]] == ["Rosa", "Omar"]
    assert [day for day, _ in answer.context["repairs"]] == [TUESDAY, TUESDAY + timedelta(days=1)]
    assert not Absence.objects.exists()


def test_the_clinic_is_closed_for_an_afternoon_and_opened_again(stage: Stage, max_: Client) -> None:
    form = {
        "id": str(new_id()),
        "name": "Staff party",
        "first_day": "2027-01-12",
        "last_day": "2027-01-12",
        "from_time": "13:00",
    }

    answer = max_.post(reverse("closures"), form, follow=True)

    assert "Staff party Tue, Jan 12, 13:00 to Wed, Jan 13, 00:00" in said(answer)
    assert on_the_wall(stage, stage.chairs[0], TUESDAY) == ["09:00-13:00"]
    opened = max_.post(reverse("reopen", args=[Closure.objects.get().pk]), follow=True)
    assert "The clinic is open then after all." in said(opened)
    assert on_the_wall(stage, stage.chairs[0], TUESDAY) == ["09:00-17:00"]


def test_holidays_are_offered_ticked_and_closed_together(stage: Stage, max_: Client) -> None:
    clinic = stage.house.clinic
    assert "The clinic has no public calendar." in said(max_.get(reverse("closures")))
    clinic.holiday_calendar = "US-IL"
    clinic.save()
    page = max_.get(reverse("closures"))
    assert "Mon, Jan 18: Martin Luther King Jr. Day" in said(page)
    assert "Fri, Jan 1:" not in said(page)  # it is over
    assert not Closure.objects.exists()
    form = {"id": str(new_id()), "year": "2027", "days": ["2027-01-18", "2027-05-31"]}

    answer = max_.post(reverse("close_holidays"), form, follow=True)

    assert "The clinic is closed on these holidays." in said(answer)
    closed = list(Closure.objects.order_by("during").values_list("name", "public_holiday"))
    assert closed == [("Martin Luther King Jr. Day", True), ("Memorial Day", True)]
    assert "Mon, Jan 18:" not in said(answer)
    assert "Sat, Jan 1 2028: New Year's Day" in said(max_.get(reverse("closures"), {"year": "2028"}))


def test_a_late_copy_of_holidays_or_a_closure_that_were_opened_again_is_no_success(
    stage: Stage, max_: Client
) -> None:
    stage.house.clinic.holiday_calendar = "US-IL"
    stage.house.clinic.save()
    holidays = {"id": str(new_id()), "year": "2027", "days": ["2027-01-18", "2027-02-12"]}
    closure = {"id": str(new_id()), "name": "Painters", "first_day": "2027-01-20", "last_day": "2027-01-20"}
    for name, form in (("close_holidays", holidays), ("closures", closure)):
        assert [max_.post(reverse(name), form).status_code for _ in range(2)] == [302, 302]
        for closed in Closure.objects.all():
            max_.post(reverse("reopen", args=[closed.pk]))

        answer = max_.post(reverse(name), form)

        assert answer.status_code == 409
        assert "taken back or replaced since" in said(answer)


def test_nothing_ticked_closes_nothing(stage: Stage, max_: Client) -> None:
    stage.house.clinic.holiday_calendar = "US"
    stage.house.clinic.save()

    answer = max_.post(reverse("close_holidays"), {"id": str(new_id()), "year": "2027"})

    assert answer.status_code == 400
    assert not Closure.objects.exists()


def test_a_holiday_with_booked_visits_is_refused_with_all_of_them(stage: Stage, max_: Client) -> None:
    stage.house.clinic.holiday_calendar = "US"
    stage.house.clinic.save()
    holiday = date(2027, 1, 18)
    for resource in (*stage.chairs, *stage.nurses, stage.clinician):
        working_time.set_day(
            actor=stage.house.actor(stage.house.max),
            id=new_id(),
            resource=resource,
            day=holiday,
            hours=[(time(9), time(17))],
            now=NOW,
        )
    stage.book(stage.plan(), "10:00", holiday)
    form = {"id": str(new_id()), "year": "2027", "days": ["2027-01-18", "2027-05-31"]}

    answer = max_.post(reverse("close_holidays"), form)

    assert answer.status_code == 409
    assert "Rosa Delgado" in said(answer)
    assert not Closure.objects.exists()
    assert answer.context["holidays"]["days"].value() == ["2027-01-18", "2027-05-31"]
