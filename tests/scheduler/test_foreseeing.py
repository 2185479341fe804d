"""What a change of hours would touch is told before it is made: the same that making it then does."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from scheduler.models import Opening, Resource, ResourceKind, WorkingPattern
from scheduler.visits import booking
from scheduler.working_hours import foreseeing, working_time
from scheduler.working_hours.foreseeing import Foreseen
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.declaring import (
    HORIZON,
    TUESDAY,
    absent,
    at,
    booked,
    closed,
    hours,
    nurse,
    on_day,
    stage,
    stretches,
    weekly,
)
from tests.scheduler.stage import Stage, make_resource

__all__ = ["booked", "nurse", "stage"]  # fixtures of these stories too

Change = tuple[Callable[[House, Resource], Foreseen], Callable[[House, Resource], Any]]


def minutes_open(resource: Resource) -> set[int]:
    return {
        minute
        for row in Opening.objects.filter(resource=resource)
        for minute in range(int(row.during.lower.timestamp() // 60), int(row.during.upper.timestamp() // 60))
    }


def set_weekly(*hours: str, weekdays: list[int], **changes: Any) -> Change:
    asked = {"valid_from": TODAY, **changes}

    def standing(nurse: Resource) -> list[Any]:
        found = working_time.patterns_standing(nurse, weekdays, asked["valid_from"], asked.get("valid_until"))
        return [row.pk for row in found]

    return (
        lambda _, nurse: foreseeing.weekly(
            resource=nurse, weekdays=weekdays, hours=stretches(*hours), now=NOW, **asked
        ),
        lambda house, nurse: weekly(
            house, nurse, *hours, weekdays=weekdays, in_place_of=standing(nurse), **asked
        ),
    )


def end_mondays(last_day: date) -> Change:
    return (
        lambda _, nurse: foreseeing.pattern_end(
            pattern=nurse.patterns.get(weekday=0), last_day=last_day, now=NOW
        ),
        lambda house, nurse: working_time.end_pattern(
            actor=house.actor(house.max), pattern=nurse.patterns.get(weekday=0), last_day=last_day, now=NOW
        ),
    )


CHANGES: dict[str, Change] = {
    "longer Mondays": set_weekly("08:00-18:00", weekdays=[0]),
    "two stretches for one week, in place of one": set_weekly(
        "07:00-09:00", "15:00-20:00", weekdays=[0, 1], valid_from=TUESDAY, valid_until=TODAY + timedelta(7)
    ),
    "no Tuesdays": set_weekly(weekdays=[1]),
    "Sundays too, beyond the horizon": set_weekly(
        "10:00-00:00", weekdays=[6], valid_from=TODAY + timedelta(300)
    ),
    "no Mondays after the next": end_mondays(TODAY + timedelta(7)),
    "no Mondays any more": end_mondays(TODAY - timedelta(1)),
    "a day of its own": (
        lambda _, nurse: foreseeing.day(resource=nurse, day=TUESDAY, hours=stretches("12:00-20:00"), now=NOW),
        lambda house, nurse: on_day(house, nurse, TUESDAY, "12:00-20:00"),
    ),
    "away over a night": (
        lambda _, nurse: foreseeing.absence(
            resource=nurse, start=at("15:00"), end=at("10:00", TUESDAY), now=NOW
        ),
        lambda house, nurse: absent(house, nurse, at("15:00"), at("10:00", TUESDAY)),
    ),
    "closed": (
        lambda house, _: foreseeing.closure(
            clinic=house.clinic, stretches=[(at("00:00", TUESDAY), at("11:30", TUESDAY))], now=NOW
        ),
        lambda house, _: closed(house, at("00:00", TUESDAY), at("11:30", TUESDAY)),
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_foreseen_is_what_comes(house: House, nurse: Resource, name: str) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(0, 1))
    foresee, make = CHANGES[name]
    before = minutes_open(nurse)

    foreseen = foresee(house, nurse)

    assert minutes_open(nurse) == before
    make(house, nurse)
    after = minutes_open(nurse)
    assert (foreseen.gained, foreseen.lost) == (len(after - before), len(before - after))
    assert foreseen.refusal is None


def test_the_week_is_told_as_it_is_and_as_it_would_be_with_what_gives_way(
    house: House, nurse: Resource
) -> None:
    standing = weekly(house, nurse, "09:00-17:00", weekdays=(0, 1))

    foreseen = foreseeing.weekly(
        resource=nurse, weekdays=[1, 2], hours=stretches("10:00-14:00"), valid_from=TUESDAY, now=NOW
    )

    assert [(day.weekday, day.was, day.becomes) for day in foreseen.week[:4]] == [
        (0, stretches("09:00-17:00"), stretches("09:00-17:00")),
        (1, stretches("09:00-17:00"), stretches("10:00-14:00")),
        (2, [], stretches("10:00-14:00")),
        (3, [], []),
    ]
    assert list(foreseen.standing) == [standing[1]]


def test_a_visit_in_the_way_is_told_as_the_change_refuses_it(stage: Stage, booked: Any) -> None:
    asked: Any = {"resource": stage.chairs[0], "day": TUESDAY, "hours": stretches("13:00-17:00"), "now": NOW}

    foreseen = foreseeing.day(**asked).refusal

    with pytest.raises(Conflict) as refused:
        on_day(
            stage.house,
            stage.chairs[0],
            TUESDAY,
            "13:00-17:00",
            in_place_of=stage.chairs[0].day_hours.get(day=TUESDAY).pk,
        )
    assert foreseen is not None
    assert (foreseen.code, foreseen.detail, foreseen.data) == (
        refused.value.code,
        refused.value.detail,
        refused.value.data,
    )
    assert [visit["appointment"] for visit in foreseen.data["visits"]] == [booked.pk]


def test_a_hold_that_ran_out_stands_in_no_ones_way(stage: Stage) -> None:
    booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(stage.house.omar),
        start=stage.at("10:00", TUESDAY),
        now=NOW,
    )
    asked: Any = {"resource": stage.clinician, "day": TUESDAY, "hours": []}

    assert foreseeing.day(**asked, now=NOW).refusal is not None
    assert foreseeing.day(**asked, now=NOW + timedelta(hours=1)).refusal is None


def test_days_on_which_the_clocks_change_are_named(house: House, nurse: Resource) -> None:
    foreseen = foreseeing.weekly(
        resource=nurse,
        weekdays=[6],
        hours=stretches("01:00-04:00", "09:00-12:00"),
        valid_from=TODAY,
        now=NOW,
    )

    assert [(odd.day, odd.hours, odd.minutes) for odd in foreseen.odd] == [
        (date(2027, 3, 14), stretches("01:00-04:00")[0], 120),
        (date(2027, 11, 7), stretches("01:00-04:00")[0], 240),
    ]
    skipped = foreseeing.day(resource=nurse, day=date(2027, 3, 14), hours=stretches("02:30-03:30"), now=NOW)
    assert [odd.minutes for odd in skipped.odd] == [0]


@pytest.mark.parametrize(
    ("given", "runs"),
    [("02:15-02:45", "03:15-03:45"), ("01:30-02:30", "01:30-03:30"), ("02:15-08:00", "03:15-08:00")],
)
def test_an_edge_that_the_clocks_skip_is_told_with_when_it_comes_instead(
    house: House, nurse: Resource, given: str, runs: str
) -> None:
    spring = date(2027, 3, 14)
    house.clinic.opening_horizon_days = 90
    house.clinic.save()

    [odd] = foreseeing.day(resource=nurse, day=spring, hours=stretches(given), now=NOW).odd
    on_day(house, nurse, spring, given)

    assert [odd.runs] == stretches(runs)
    assert [shown[-11:] for shown in hours(nurse)] == [runs]
    assert not foreseeing.day(resource=nurse, day=spring, hours=stretches("03:00-08:00"), now=NOW).odd


def test_a_change_beyond_the_horizon_tells_up_to_when_openings_are_made(
    house: House, nurse: Resource
) -> None:
    last = TODAY + timedelta(days=HORIZON)

    within = foreseeing.day(resource=nurse, day=last, hours=stretches("09:00-17:00"), now=NOW)
    beyond = foreseeing.day(
        resource=nurse, day=last + timedelta(days=1), hours=stretches("09:00-17:00"), now=NOW
    )

    assert (within.gained, within.openings_until) == (480, None)
    assert (beyond.gained, beyond.openings_until) == (0, last)


def test_what_cannot_be_declared_cannot_be_foreseen(house: House, nurse: Resource) -> None:
    with pytest.raises(Invalid) as refused:
        foreseeing.weekly(
            resource=nurse,
            weekdays=[],
            hours=stretches("12:00-09:00"),
            valid_from=TODAY - timedelta(1),
            valid_until=TODAY - timedelta(2),
            now=NOW,
        )
    told = [error["field"] for error in refused.value.data["errors"]]
    assert told == ["hours", "weekdays", "valid_until", "valid_from"]
    nurse.active = False
    nurse.save()
    with pytest.raises(Conflict, match="is out of use"):
        foreseeing.day(resource=nurse, day=TUESDAY, hours=[], now=NOW)


def test_it_costs_the_same_however_many_chairs_and_patterns(
    house: House, nurse: Resource, django_assert_max_num_queries: Any
) -> None:
    for number in range(4):
        chair = make_resource(house, ResourceKind.CHAIR, f"Chair {number}", 1)
        weekly(house, chair, "09:00-12:00", "13:00-17:00", weekdays=range(7))
    weekly(house, nurse, "09:00-17:00", weekdays=range(7))

    with django_assert_max_num_queries(8):
        closing = foreseeing.closure(
            clinic=house.clinic,
            stretches=[(at("00:00", TUESDAY), at("00:00", TODAY + timedelta(5)))],
            now=NOW,
        )
    with django_assert_max_num_queries(12):
        foreseeing.weekly(
            resource=nurse, weekdays=range(7), hours=stretches("10:00-12:00"), valid_from=TODAY, now=NOW
        )

    assert [reach.lost // 60 for reach in closing.reaches] == [4 * 7] * 4 + [4 * 8]
    assert WorkingPattern.objects.count() == 4 * 14 + 7
