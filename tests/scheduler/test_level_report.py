"""A day fetched for levelling: what stands on it, what doesn't, and that nothing is written."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler.levelling.level_report import DayLevel, level_of_day
from scheduler.models import Appointment, Claim, Resource, WorkingPattern
from tests.cast import NOW, TODAY, House, client_of, make_patient
from tests.scheduler.stage import Stage, set_stage


def found_on(stage: Stage) -> DayLevel:
    found = level_of_day(stage.house.clinic, TODAY, now=NOW)
    assert found is not None
    return found


def crowd(stage: Stage, house: House, count: int = 3, wall_time: str = "10:00") -> None:
    """Everybody wants to come at ten."""
    for number in range(count):
        patient = make_patient(house.clinic, f"P{number} {wall_time}", "Family")
        stage.book(stage.plan(patient), wall_time, nurse=stage.nurses[number], chair=stage.chairs[number])


def test_a_crowded_hour_is_seen_and_the_template_spreads_it(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    crowd(stage, house)
    found = found_on(stage)
    assert (found.visits, found.commonest) == (3, stage.protocol.title)
    assert (found.booked.peak, found.booked.peak_duty) == (18, 18)
    assert found.template is not None
    assert (found.template.peak, found.peak_bound, found.more_level) == (6, 6, True)
    assert len(found.starts) == 3
    assert found.booked.chair_minutes == found.template.chair_minutes == 390


def test_a_dry_run_changes_nothing(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    crowd(stage, house)
    before = list(Claim.objects.order_by("pk").values()), list(Appointment.objects.order_by("pk").values())
    found_on(stage)
    after = list(Claim.objects.order_by("pk").values()), list(Appointment.objects.order_by("pk").values())
    assert before == after


def test_holds_and_cancelled_visits_are_no_demand(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    crowd(stage, house)
    held, cancelled, _ = Appointment.objects.order_by("patient__given_names")
    Appointment.objects.filter(pk=held.pk).update(status="pending", held_until=NOW + timedelta(minutes=9))
    stage.cancel(cancelled)
    found = found_on(stage)
    assert (found.visits, found.booked.peak) == (1, 6)


def test_a_day_without_visits_has_nothing_to_level(house: House) -> None:
    stage = set_stage(house)
    assert level_of_day(stage.house.clinic, TODAY, now=NOW) is None


def test_closing_is_when_the_weekly_hours_end(house: House) -> None:
    """Open until 17:00 on this day, but the week says 15:00: what comes after is overtime."""
    stage = set_stage(house)
    WorkingPattern.objects.create(
        resource=stage.nurses[0],
        weekday=TODAY.weekday(),
        starts_at="09:00",
        ends_at="15:00",
        valid_from=TODAY,
    )
    stage.book(stage.plan(), "14:00")
    found = found_on(stage)
    assert found.closing == stage.at("15:00")
    assert found.booked.overtime_minutes == 60
    assert found.template is not None
    assert found.template.overtime_minutes == 0


def test_a_room_that_somebody_needs_is_kept(house: House) -> None:
    stage = set_stage(house, chairs=2, nurses=3)
    private = stage.chairs[1]
    Resource.objects.filter(pk=private.pk).update(features=["private-room"])
    for number, wall_time in enumerate(("9:00", "11:30", "14:00")):
        patient = make_patient(house.clinic, f"Given{number}", "Family")
        stage.book(stage.plan(patient, chair_features=["private-room"]), wall_time, chair=private)
    found = found_on(stage)
    assert found.template is not None
    assert (found.more_at_least, found.more_at_most) == (0, 0)


def test_a_chair_that_went_out_of_use_since_still_counts_on_its_day(house: House) -> None:
    stage = set_stage(house)
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    Resource.objects.filter(pk=stage.chairs[0].pk).update(active=False)
    assert found_on(stage).visits == 1


def test_a_fuller_day_costs_no_more_queries(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    counts = []
    for wall_time in ("9:00", "13:00"):
        crowd(stage, house, wall_time=wall_time)
        with CaptureQueriesContext(connection) as asked:
            found_on(stage)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_level_of_a_day_is_told_over_the_api(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    crowd(stage, house)
    client = client_of(house.max)
    asked = {"clinic": str(house.clinic.pk), "day": TODAY.isoformat()}
    told = client.get("/api/v1/reports/level/", asked).json()["level"]
    assert (told["booked"]["peak"], told["template"]["peak"], told["peak_bound"]) == (18, 6, 6)
    assert (told["gap"], type(told["in_time"])) == (0.0, bool)
    assert told["seconds"] <= 3.5
    empty = {**asked, "day": (TODAY + timedelta(days=1)).isoformat()}
    assert client.get("/api/v1/reports/level/", empty).json() == {"level": None}
