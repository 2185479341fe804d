"""Weekly hours become openings, once each, right on both DST days; single openings come and go."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic import clock
from clinic.problems import Conflict, Invalid
from scheduler import booking, finding, queries, resources, working_time
from scheduler.models import Opening, Resource, ResourceKind, WorkingPattern
from scheduler.tasks import extend_openings
from tests.at_once import at_once
from tests.cast import NOW, TODAY, House, make_house, new_id
from tests.scheduler.stage import Stage, make_resource, open_on, set_stage

HORIZON = 14


@pytest.fixture
def nurse(house: House) -> Resource:
    house.clinic.opening_horizon_days = HORIZON
    house.clinic.save()
    return make_resource(house, ResourceKind.NURSE, "Nils", 6)


def weekly(
    resource: Resource, weekday: int, start: str = "09:00", end: str = "17:00", **changes: object
) -> WorkingPattern:
    return WorkingPattern.objects.create(
        resource=resource,
        weekday=weekday,
        starts_at=time.fromisoformat(start),
        ends_at=time.fromisoformat(end),
        **{"valid_from": TODAY, **changes},
    )


def hours(resource: Resource, zone: str) -> list[tuple[str, str]]:
    """Each opening as the clinic's wall shows it."""
    found = Opening.objects.filter(resource=resource).order_by("during")
    return [(wall(opening.during.lower, zone), wall(opening.during.upper, zone)) for opening in found]


def wall(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a %d %H:%M}"


def test_a_weekly_pattern_is_laid_out_through_the_horizon(house: House, nurse: Resource) -> None:
    weekly(nurse, weekday=0)

    assert working_time.extend_openings(clinic=house.clinic, now=NOW) == 3

    assert hours(nurse, house.clinic.time_zone) == [
        ("Mon 11 09:00", "Mon 11 17:00"),
        ("Mon 18 09:00", "Mon 18 17:00"),
        ("Mon 25 09:00", "Mon 25 17:00"),
    ]


def test_a_second_run_changes_nothing_and_a_later_one_only_adds(house: House, nurse: Resource) -> None:
    weekly(nurse, weekday=0)
    working_time.extend_openings(clinic=house.clinic, now=NOW)
    before = set(Opening.objects.values_list("pk", flat=True))

    assert working_time.extend_openings(clinic=house.clinic, now=NOW) == 0
    assert working_time.extend_openings(clinic=house.clinic, now=NOW + timedelta(days=7)) == 1
    assert before < set(Opening.objects.values_list("pk", flat=True))


def test_a_pattern_counts_within_its_dates(house: House, nurse: Resource) -> None:
    weekly(nurse, weekday=1, valid_from=TODAY + timedelta(days=2), valid_until=TODAY + timedelta(days=8))

    working_time.extend_openings(clinic=house.clinic, now=NOW)

    assert hours(nurse, house.clinic.time_zone) == [("Tue 19 09:00", "Tue 19 17:00")]


def test_an_opening_taken_away_stays_away(house: House, nurse: Resource) -> None:
    """The nurse is ill on Monday: no hourly run may put her back to work."""
    weekly(nurse, weekday=0)
    working_time.extend_openings(clinic=house.clinic, now=NOW)
    ill = Opening.objects.order_by("during").first()
    assert ill is not None
    working_time.close_hours(actor=house.actor(house.max), opening=ill)

    assert working_time.extend_openings(clinic=house.clinic, now=NOW + timedelta(hours=1)) == 0


def test_hours_opened_by_hand_stay_and_the_pattern_fills_the_rest(house: House, nurse: Resource) -> None:
    zone = house.clinic.time_zone
    nine, ten = clock.at_local(TODAY, time(9), zone), clock.at_local(TODAY, time(10), zone)
    open_on(nurse, nine - timedelta(hours=1), ten)
    weekly(nurse, weekday=0)

    working_time.extend_openings(clinic=house.clinic, now=NOW)

    assert hours(nurse, zone)[:2] == [("Mon 11 08:00", "Mon 11 10:00"), ("Mon 11 10:00", "Mon 11 17:00")]


def test_nobody_out_of_use_is_given_hours(house: House, nurse: Resource) -> None:
    weekly(nurse, weekday=0)
    nurse.active = False
    nurse.save()

    assert working_time.extend_openings(clinic=house.clinic, now=NOW) == 0


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_lay_each_day_once() -> None:
    house = make_house()
    nurse = make_resource(house, ResourceKind.NURSE, "Nils", 6)
    weekly(nurse, weekday=0)

    written = at_once(*[lambda: working_time.extend_openings(clinic=house.clinic, now=NOW)] * 4)

    assert sorted(written) == [0, 0, 0, 18]
    assert Opening.objects.count() == 18


def test_the_task_extends_every_clinic(house: House, other_house: House) -> None:
    today = clock.now().date()
    for each in (house, other_house):
        nurse = make_resource(each, ResourceKind.NURSE, "N", 6)
        weekly(nurse, weekday=0, valid_from=today)

    extend_openings()

    assert set(Opening.objects.values_list("resource__clinic", flat=True)) == {
        house.clinic.pk,
        other_house.clinic.pk,
    }


# --- Both DST days, in four zones; Phoenix has none -------------------------------------------------------

SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)  # Sundays; in Europe the 28th of March, 31st of October
DST_DAYS = [
    ("America/Chicago", SPRING, 23, 7),
    ("America/Chicago", AUTUMN, 25, 9),
    ("America/New_York", SPRING, 23, 7),
    ("America/New_York", AUTUMN, 25, 9),
    ("Europe/Berlin", date(2027, 3, 28), 23, 7),
    ("Europe/Berlin", date(2027, 10, 31), 25, 9),
    ("America/Phoenix", SPRING, 24, 8),
    ("America/Phoenix", AUTUMN, 24, 8),
]


@pytest.mark.parametrize(("zone", "day", "day_hours", "shift_hours"), DST_DAYS)
def test_a_shift_over_the_change_is_as_long_as_it_is(
    db: None, zone: str, day: date, day_hours: int, shift_hours: int
) -> None:
    """From midnight to 8:00 on the wall are 7, 8 or 9 hours."""
    house = make_house(zone=zone)
    nurse = make_resource(house, ResourceKind.NURSE, "Nils", 6)
    weekly(nurse, weekday=day.weekday(), start="00:00", end="08:00", valid_from=day, valid_until=day)

    working_time.extend_openings(
        clinic=house.clinic, now=datetime.combine(day, time(12), UTC) - timedelta(days=3)
    )

    opening = Opening.objects.get()
    assert opening.during.upper - opening.during.lower == timedelta(hours=shift_hours)
    assert wall(opening.during.lower, zone).endswith("00:00")
    assert wall(opening.during.upper, zone).endswith("08:00")
    start, end = clock.day_bounds(day, zone)
    assert end - start == timedelta(hours=day_hours)


@pytest.mark.parametrize(("zone", "day", "day_hours", "shift_hours"), DST_DAYS)
def test_the_first_feasible_start_is_nine_on_the_wall_on_dst_days(
    db: None, zone: str, day: date, day_hours: int, shift_hours: int
) -> None:
    """And the day board shows the visit on its local day, spacing counting dates across the change."""
    house = make_house(zone=zone)
    stage = set_stage(house, days=0)
    for resource in [*stage.chairs, *stage.nurses, stage.clinician]:
        for on in (day - timedelta(days=1), day):
            open_on(resource, stage.at("9:00", on), stage.at("17:00", on))
    now = stage.at("6:00", day - timedelta(days=2))
    plan = stage.plan(valid_until=day + timedelta(days=9))

    starts = finding.feasible_starts(
        plan=plan, first=stage.at("0:00", day), until=stage.at("23:55", day), now=now
    )
    visit = booking.book(actor=house.actor(house.ana), id=new_id(), plan=plan, start=starts[0].start, now=now)

    assert wall(starts[0].start, zone).endswith("09:00")
    assert wall(starts[-1].start, zone).endswith("14:50")  # 130 minutes before 17:00
    assert [row.appointment for row in queries.day_board(house.clinic, day)] == [visit]
    assert queries.day_board(house.clinic, day - timedelta(days=1)) == []
    day_before = stage.check(plan, "14:50", day - timedelta(days=1), now=now)
    assert [blocker.code for blocker in day_before.blockers] == ["spacing_too_close"]


# --- By hand ----------------------------------------------------------------------------------------------


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def test_an_extra_shift_is_opened_and_closed_again(stage: Stage) -> None:
    max_ = stage.house.actor(stage.house.max)
    opening = working_time.open_hours(
        actor=max_, id=new_id(), resource=stage.chairs[0], start=stage.at("17:00"), end=stage.at("19:00")
    )

    working_time.close_hours(actor=max_, opening=opening)

    assert not Opening.objects.filter(pk=opening.pk).exists()


@pytest.mark.parametrize(("start", "end", "field"), [("17:00", "17:00", "end"), ("18:00", "17:00", "end")])
def test_a_range_that_is_none_is_refused(stage: Stage, start: str, end: str, field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        working_time.open_hours(
            actor=stage.house.actor(stage.house.max),
            id=new_id(),
            resource=stage.chairs[0],
            start=stage.at(start),
            end=stage.at(end),
        )

    assert refusal.value.data["errors"][0]["field"] == field


def test_hours_over_hours_are_refused(stage: Stage) -> None:
    with pytest.raises(Conflict) as refusal:
        working_time.open_hours(
            actor=stage.house.actor(stage.house.max),
            id=new_id(),
            resource=stage.chairs[0],
            start=stage.at("16:00"),
            end=stage.at("18:00"),
        )

    assert refusal.value.code == "opening_overlaps"


def test_hours_with_a_visit_in_them_are_not_closed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    opening = Opening.objects.get(resource=stage.chairs[0], during__contains=visit.starts_at)

    with pytest.raises(Conflict) as refusal:
        working_time.close_hours(actor=stage.house.actor(stage.house.max), opening=opening)

    assert refusal.value.code == "opening_booked"
    assert refusal.value.data["visits"] == [
        {"appointment": visit.pk, "start": visit.starts_at, "end": visit.ends_at}
    ]


def test_capacity_is_not_lowered_under_visits_nor_a_chair_taken_out_of_use(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    max_ = stage.house.actor(stage.house.max)

    with pytest.raises(Conflict) as lower:
        resources.change_resource(actor=max_, resource=stage.nurses[0], capacity=5, now=NOW)
    with pytest.raises(Conflict) as out_of_use:
        resources.change_resource(actor=max_, resource=stage.chairs[0], active=False, now=NOW)

    assert (lower.value.code, out_of_use.value.code) == ("capacity_booked", "resource_booked")
    assert [row["appointment"] for row in out_of_use.value.data["visits"]] == [visit.pk]
    stage.cancel(visit)
    resources.change_resource(actor=max_, resource=stage.nurses[0], capacity=5, now=NOW)
    resources.change_resource(actor=max_, resource=stage.chairs[0], active=False, now=NOW)
