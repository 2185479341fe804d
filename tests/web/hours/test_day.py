"""One day's own hours: set, given back, and refused with the visits that stand in the way."""

from datetime import time, timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from scheduler.models import AbsenceReason, DayHours
from scheduler.working_hours import time_off
from tests.cast import NOW, new_id
from tests.scheduler.stage import Stage
from tests.web.hours.reading import TUESDAY, on_the_wall, said


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
    time_off.record_absence(**away, resource=nurse, reason=AbsenceReason.LEAVE)
    time_off.close(**away, clinic=stage.house.clinic, name="Painters")
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


def test_a_late_copy_of_a_days_own_hours_is_no_success(stage: Stage, max_: Client) -> None:
    chair = stage.chairs[0]
    address = reverse("hours_day", args=[chair.pk, TUESDAY])
    form = day_form(max_.get(address), from_1="10:00")
    assert [max_.post(address, form).status_code for _ in range(2)] == [302, 302]
    max_.post(address, day_form(max_.get(address), id=new_id(), from_1="11:00"))

    answer = max_.post(address, form)

    assert answer.status_code == 409
    assert on_the_wall(stage, chair, TUESDAY) == ["11:00-17:00"]
