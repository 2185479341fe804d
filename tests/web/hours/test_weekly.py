"""Weekly hours on their page: set with a break, in place of others, and ended."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from scheduler.models import WorkingPattern
from tests.cast import TODAY
from tests.scheduler.stage import Stage
from tests.web.hours.reading import on_the_wall, said, weekly_form


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
