"""The hours' pages: a week at a glance, hours set and taken back, visits in the way and the repair."""

from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler.models import Absence, AbsenceReason, Closure, DayHours, Opening, ResourceKind, WorkingPattern
from scheduler.working_hours import working_time
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, make_resource, set_stage
from tests.web.pages import Page, browser_of, words

TUESDAY = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def max_(stage: Stage) -> Client:
    return browser_of(stage.house.max)


def on_the_wall(stage: Stage, resource: Any, day: date) -> list[str]:
    """The openings of a local day as its wall shows them."""
    found = Opening.objects.filter(
        resource=resource, during__overlap=(stage.at("0:00", day), stage.at("23:59", day))
    ).order_by("during")
    offset = timedelta(hours=-6)
    return [f"{row.during.lower + offset:%H:%M}-{row.during.upper + offset:%H:%M}" for row in found]


def said(page: Page) -> str:
    return words(page).replace("\N{EN DASH}", "-")


# --- The week ---------------------------------------------------------------------------------------------


def test_the_week_shows_hours_own_hours_absences_and_closures(stage: Stage, max_: Client) -> None:
    chair, actor = stage.chairs[0], stage.house.actor(stage.house.max)
    working_time.record_absence(
        actor=actor,
        id=new_id(),
        resource=chair,
        start=stage.at("12:00", TUESDAY),
        end=stage.at("14:00", TUESDAY),
        reason=AbsenceReason.BREAKDOWN,
        now=NOW,
    )
    saturday = TODAY + timedelta(days=5)
    working_time.close(
        actor=actor,
        id=new_id(),
        clinic=stage.house.clinic,
        start=stage.at("0:00", saturday),
        end=stage.at("12:00", saturday),
        name="Painters",
        now=NOW,
    )

    shown = said(max_.get(reverse("hours")))

    assert "Hours, Mon, Jan 11 to Sun, Jan 17" in shown
    assert "Nurses Name Mon, Jan 11" in shown
    assert "09:00-12:00 14:00-17:00 Own hours Out of order" in shown
    assert "Sat, Jan 16: Painters. The clinic is closed until 12:00." in shown
    assert "doesn't work Closed" in shown


def test_another_week_is_found_by_any_of_its_days(stage: Stage, max_: Client) -> None:
    shown = said(max_.get(reverse("hours"), {"week": "2027-02-28"}))

    assert "Hours, Mon, Feb 22 to Sun, Feb 28" in shown
    assert "This week" in shown


def test_the_desk_sees_the_week_and_may_record_absences_alone(stage: Stage) -> None:
    ana = browser_of(stage.house.ana)

    shown = ana.get(reverse("hours"))

    assert "Record an absence" in said(shown)
    assert "Closures and holidays" not in said(shown)
    assert reverse("hours_day", args=[stage.chairs[0].pk, TODAY]) not in shown.content.decode()
    assert ana.get(reverse("weekly_hours", args=[stage.chairs[0].pk])).status_code == 403
    assert "Set weekly hours" not in said(ana.get(reverse("resource_hours", args=[stage.chairs[0].pk])))


def test_the_week_costs_the_same_however_many_work_there(stage: Stage, max_: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert max_.get(reverse("hours")).status_code == 200
        return len(captured)

    queries()  # whether the machinery lives is kept for some seconds
    few = queries()
    for number in range(3, 6):
        make_resource(stage.house, ResourceKind.CHAIR, f"Chair {number}", 1)

    assert queries() == few


# --- Weekly hours -----------------------------------------------------------------------------------------


def weekly_form(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "weekdays": ["5", "6"],
        "from_1": "09:00",
        "until_1": "12:30",
        "from_2": "13:00",
        "until_2": "17:00",
        "valid_from": "2027-01-11",
        **changes,
    }


def test_a_manager_sets_weekly_hours_with_a_break(stage: Stage, max_: Client) -> None:
    chair = stage.chairs[0]
    address = reverse("weekly_hours", args=[chair.pk])
    assert "Weekly hours of Chair 1" in said(max_.get(address))
    form = weekly_form()

    for _ in range(2):  # sent twice, set once
        answer = max_.post(address, form, follow=True)

    assert "Chair 1's weekly hours are set." in said(answer)
    assert "Saturday 09:00-12:30 Mon, Jan 11 further notice" in said(answer)
    assert on_the_wall(stage, chair, TODAY + timedelta(days=5)) == ["09:00-12:30", "13:00-17:00"]
    assert WorkingPattern.objects.count() == 4


def test_what_stands_there_is_shown_first_and_then_gives_way(stage: Stage, max_: Client) -> None:
    chair = stage.chairs[0]
    address = reverse("weekly_hours", args=[chair.pk])
    max_.post(address, weekly_form())
    changed = weekly_form(weekdays=["5"], from_1="08:00", until_2="16:00")

    asked = max_.post(address, changed)

    assert asked.status_code == 409
    assert "Saturday, 09:00-12:30, from Mon, Jan 11" in said(asked)
    assert "Sunday," not in said(asked)
    assert 'value="08:00"' in asked.content.decode()
    assert on_the_wall(stage, chair, TODAY + timedelta(days=5))[0] == "09:00-12:30"

    agreed = str(asked.context["form"]["in_place_of"].value())
    answer = max_.post(address, {**changed, "in_place_of": agreed}, follow=True)

    assert "weekly hours are set" in said(answer)
    assert on_the_wall(stage, chair, TODAY + timedelta(days=5)) == ["08:00-12:30", "13:00-16:00"]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"weekdays": []}, "weekdays", "Tick at least one."),
        ({"until_2": ""}, "until_2", "Give both ends of these hours, or neither."),
        ({"from_2": "12:00"}, "until_2", "09:00 to 12:30 and 12:00 to 17:00 overlap. Give them as one."),
        ({"until_2": "11:00"}, "until_2", "13:00 to 11:00 ends before it begins."),
        ({"valid_from": "2027-01-10"}, "valid_from", "Days that are over stay as they were."),
        ({"valid_until": "2027-01-10"}, "valid_until", "The last day must not be before the first."),
    ],
)
def test_hours_that_cannot_be_come_back_as_they_were_filled(
    stage: Stage, max_: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = max_.post(reverse("weekly_hours", args=[stage.chairs[0].pk]), weekly_form(**changes))

    assert answer.status_code == 400
    assert sentence in str(answer.context["form"].errors[field])
    assert 'value="12:30"' in answer.content.decode()
    assert not WorkingPattern.objects.exists()


def test_weekly_hours_are_ended(stage: Stage, max_: Client) -> None:
    max_.post(reverse("weekly_hours", args=[stage.chairs[0].pk]), weekly_form(weekdays=["5"]))
    pattern = WorkingPattern.objects.earliest("starts_at")
    address = reverse("end_pattern", args=[pattern.pk])
    assert "End Saturday, 09:00-12:30" in said(max_.get(address))

    refused = max_.post(address, {"last_day": "2027-01-01"})
    answer = max_.post(address, {"last_day": "2027-01-18"}, follow=True)

    assert refused.status_code == 400
    assert "Hours that are over stay as they were." in said(refused)
    assert "Saturday 09:00-12:30 Mon, Jan 11 Mon, Jan 18" in said(answer)


def test_late_copies_of_hours_that_gave_way_or_were_taken_back_are_no_success(
    stage: Stage, max_: Client
) -> None:
    address = reverse("weekly_hours", args=[stage.chairs[0].pk])
    form = weekly_form(weekdays=["5"], valid_from="2027-01-18")
    for _ in range(2):
        assert max_.post(address, form).status_code == 302
    for pattern in WorkingPattern.objects.all():
        ended = max_.post(reverse("end_pattern", args=[pattern.pk]), {"last_day": "2027-01-11"}, follow=True)
        assert "These hours are taken back." in said(ended)

    answer = max_.post(address, form)

    assert answer.status_code == 409
    assert "taken back or replaced since" in said(answer)


# --- One day ----------------------------------------------------------------------------------------------


def day_form(page: Any, **changes: Any) -> dict[str, Any]:
    """The day's form as the page shows it, with changes."""
    form = page.context["form"]
    shown = {name: form[name].value() for name in form.fields}
    return {
        name: f"{value:%H:%M}" if isinstance(value, time) else str(value or "")
        for name, value in {**shown, **changes}.items()
    }


def test_a_day_is_given_hours_of_its_own_and_then_the_weekly_ones_again(stage: Stage, max_: Client) -> None:
    chair = stage.chairs[0]
    DayHours.objects.filter(resource=chair).delete()
    address = reverse("hours_day", args=[chair.pk, TUESDAY])
    page = max_.get(address)
    assert "These are the weekly hours." in said(page)

    answer = max_.post(address, day_form(page, from_1="10:00", until_1="15:00"), follow=True)

    assert "Chair 1's hours on Tue, Jan 12 are set." in said(answer)
    assert on_the_wall(stage, chair, TUESDAY) == ["10:00-15:00"]
    page = max_.get(address)
    assert page.context["form"]["from_1"].value() == time(10)
    cleared = max_.post(reverse("clear_day", args=[DayHours.objects.get(resource=chair).pk]), follow=True)
    assert "The weekly hours of Chair 1 hold again on this day." in said(cleared)
    assert on_the_wall(stage, chair, TUESDAY) == []


def test_a_day_that_another_manager_has_set_meanwhile_is_shown_and_not_overwritten(
    stage: Stage, max_: Client
) -> None:
    chair = stage.chairs[0]
    address = reverse("hours_day", args=[chair.pk, TUESDAY])
    page = max_.get(address)
    other = day_form(page, id=new_id(), from_1="08:00")
    assert max_.post(address, other).status_code == 302

    answer = max_.post(address, day_form(page, from_1="10:00"))

    assert answer.status_code == 409
    assert "Somebody has changed these hours meanwhile." in said(answer)
    assert on_the_wall(stage, chair, TUESDAY) == ["08:00-17:00"]
    assert max_.post(address, day_form(answer, id=new_id())).status_code == 302
    assert on_the_wall(stage, chair, TUESDAY) == ["10:00-17:00"]


def test_what_stands_above_a_days_own_hours_is_said_before_and_after(stage: Stage, max_: Client) -> None:
    nurse, actor = stage.nurses[0], stage.house.actor(stage.house.max)
    begins, ends = stage.at("0:00", TUESDAY), stage.at("0:00", TUESDAY + timedelta(days=1))
    away: dict[str, Any] = {"actor": actor, "id": new_id(), "start": begins, "end": ends, "now": NOW}
    working_time.record_absence(**away, resource=nurse, reason=AbsenceReason.LEAVE)
    working_time.close(**away, clinic=stage.house.clinic, name="Painters")
    address = reverse("hours_day", args=[nurse.pk, TUESDAY])
    told = (
        "Nurse 1 is away: Leave, Tue, Jan 12, 00:00 to Wed, Jan 13, 00:00.",
        "The clinic is closed: Painters, Tue, Jan 12, 00:00 to Wed, Jan 13, 00:00.",
    )

    form = max_.get(address)
    answer = max_.post(
        address, {"id": new_id(), "from_1": "08:00", "until_1": "12:00"} | _standing(form), follow=True
    )

    assert all(f"{words} That stands above the hours that are set here." in said(form) for words in told)
    assert "Nurse 1's hours on Tue, Jan 12 are set." in said(answer)
    assert all(f"{words} That stands above the day's own hours." in said(answer) for words in told)


def _standing(page: Any) -> dict[str, str]:
    """The day's own hours that the page has shown, which are to give way."""
    return {"in_place_of": str(page.context["form"]["in_place_of"].value() or "")}


def test_visits_in_the_way_are_shown_with_the_repair_of_their_day(stage: Stage, max_: Client) -> None:
    visit = stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
    address = reverse("hours_day", args=[stage.chairs[0].pk, TUESDAY])

    answer = max_.post(address, day_form(max_.get(address), from_1="13:00"))

    assert answer.status_code == 409
    assert "This would take hours away from 1 booked visit." in said(answer)
    assert "Tue, Jan 12, 10:00-" in said(answer)
    assert "Rosa Delgado Chair 1" in said(answer)
    assert reverse("visit", args=[visit.pk]) in answer.content.decode()
    (day, query) = answer.context["repairs"][0]
    assert day == TUESDAY
    assert query == (
        "from=2027-01-12T15%3A00%3A00%2B00%3A00&until=2027-01-12T19%3A00%3A00%2B00%3A00"
        f"&resource={stage.chairs[0].pk}"
    )
    assert answer.context["form"]["from_1"].value() == "13:00"
    assert on_the_wall(stage, stage.chairs[0], TUESDAY) == ["09:00-17:00"]


def test_an_extra_shift_with_a_visit_in_it_stays(stage: Stage, max_: Client) -> None:
    stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
    own = DayHours.objects.get(resource=stage.chairs[0], day=TUESDAY)

    answer = max_.post(reverse("clear_day", args=[own.pk]))

    assert answer.status_code == 409
    assert "Rosa Delgado" in said(answer)
    assert DayHours.objects.filter(pk=own.pk).exists()


# --- Absences and closures --------------------------------------------------------------------------------


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


def test_a_late_copy_of_a_days_own_hours_is_no_success(stage: Stage, max_: Client) -> None:
    chair = stage.chairs[0]
    address = reverse("hours_day", args=[chair.pk, TUESDAY])
    form = day_form(max_.get(address), from_1="10:00")
    assert [max_.post(address, form).status_code for _ in range(2)] == [302, 302]
    max_.post(address, day_form(max_.get(address), id=new_id(), from_1="11:00"))

    answer = max_.post(address, form)

    assert answer.status_code == 409
    assert on_the_wall(stage, chair, TUESDAY) == ["11:00-17:00"]


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


def test_another_clinics_hours_are_not_there(stage: Stage, other_house: House) -> None:
    olga = browser_of(other_house.max)

    for address in (
        reverse("resource_hours", args=[stage.chairs[0].pk]),
        reverse("weekly_hours", args=[stage.chairs[0].pk]),
        reverse("hours_day", args=[stage.chairs[0].pk, TUESDAY]),
    ):
        assert olga.get(address).status_code == 404
    assert "Chair 1" not in said(olga.get(reverse("hours")))
