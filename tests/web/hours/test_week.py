"""The hours of a week at a glance: who works when, who is away, what is closed."""

from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler.models import AbsenceReason, ResourceKind
from scheduler.working_hours import time_off
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, make_resource
from tests.web.hours.reading import TUESDAY, said
from tests.web.pages import browser_of


def test_the_week_shows_hours_own_hours_absences_and_closures(stage: Stage, max_: Client) -> None:
    chair, actor = stage.chairs[0], stage.house.actor(stage.house.max)
    time_off.record_absence(
        actor=actor,
        id=new_id(),
        resource=chair,
        start=stage.at("12:00", TUESDAY),
        end=stage.at("14:00", TUESDAY),
        reason=AbsenceReason.BREAKDOWN,
        now=NOW,
    )
    saturday = TODAY + timedelta(days=5)
    time_off.close(
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


def test_another_clinics_hours_are_not_there(stage: Stage, other_house: House) -> None:
    olga = browser_of(other_house.max)

    for address in (
        reverse("resource_hours", args=[stage.chairs[0].pk]),
        reverse("weekly_hours", args=[stage.chairs[0].pk]),
        reverse("hours_day", args=[stage.chairs[0].pk, TUESDAY]),
    ):
        assert olga.get(address).status_code == 404
    assert "Chair 1" not in said(olga.get(reverse("hours")))
