"""Who on the waitlist would fit the free time of a day, as the desk is told."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from clinic.models import Consent
from scheduler.finding.availability import minute_of
from scheduler.prescribing.spacing import override_spacing
from scheduler.visits import lengthening
from scheduler.waitlist import waitlist
from scheduler.waitlist.fitting import Fit, who_fits
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join, offer_freed

DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def fits(stage: Stage, **asked: Any) -> list[Fit]:
    return who_fits(stage.house.clinic, **{"day": TODAY, "now": NOW, **asked})


def test_what_fits_best_is_what_would_be_offered(stage: Stage) -> None:
    join(stage, stage.plan(), earliest=time(13), chair=stage.chairs[1])

    [fit] = fits(stage)
    [offer] = offer_freed(stage)

    assert (fit.start, fit.chair) == (offer.starts_at, stage.chairs[1])
    assert fit.start == stage.at("13:00")
    assert not fit.short_notice


def test_who_has_an_offer_open_is_asked_for_no_other_time(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    assert fits(stage)
    hold_for(stage, entry, "14:00", TODAY + 4 * DAY)
    assert fits(stage) == []


def test_notice_is_not_waited_for_but_told(stage: Stage) -> None:
    join(stage, stage.plan(), notice_hours=24)

    [fit] = fits(stage)
    [offer] = offer_freed(stage)

    assert (fit.start, fit.short_notice) == (NOW, True)
    assert offer.starts_at >= NOW + DAY


def test_who_waits_longest_comes_first(stage: Stage) -> None:
    rosa = join(stage, stage.plan())
    omar = join(stage, stage.plan(stage.house.omar), now=NOW - 9 * DAY)

    assert [fit.entry for fit in fits(stage)] == [omar, rosa]


def test_an_earlier_time_is_over_before_the_visit_that_it_stands_for(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "12:00", chair=stage.chairs[0])
    join(stage, plan, appointment=visit)

    [fit] = fits(stage)

    assert fit.start == NOW
    assert max(fit.starts[stage.chairs[1].pk]) == minute_of(stage.at("9:50"))


def test_an_earlier_time_has_room_for_the_recovery_of_the_visit_that_it_stands_for(stage: Stage) -> None:
    plan, ana = stage.plan(), stage.house.actor(stage.house.ana)
    visit = stage.book(plan, "13:30", chair=stage.chairs[0])
    visit = lengthening.lengthen(actor=ana, appointment=visit, extra_recovery_minutes=60, now=NOW)
    join(stage, plan, appointment=visit)

    [fit] = fits(stage)

    assert max(fit.starts[stage.chairs[1].pk]) == minute_of(stage.at("10:20"))


def test_a_day_too_close_to_another_visit_is_none_unless_a_prescriber_says_so(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "13:00", TODAY + DAY)
    join(stage, plan)
    assert fits(stage) == []

    override_spacing(
        actor=stage.house.actor(stage.house.priya),
        id=new_id(),
        plan=plan,
        min_days=1,
        max_days=7,
        reason="Began abroad",
        now=NOW,
    )

    assert [fit.start for fit in fits(stage)] == [NOW]


def test_a_time_that_was_declined_is_not_shown_again(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    waitlist.decline(actor=None, offer=hold_for(stage, entry, "9:00"), now=NOW)

    [fit] = fits(stage)

    assert fit.start == stage.at("11:00")


def test_only_what_was_wished_for_fits_who_wants_nothing_else(stage: Stage) -> None:
    join(stage, stage.plan(), chair=stage.chairs[1], only=True, latest=time(14))

    [fit] = fits(stage)

    assert fit.chair == stage.chairs[1]
    assert max(fit.starts[stage.chairs[1].pk]) == minute_of(stage.at("12:00"))
    morning = minute_of(stage.at("9:30")), minute_of(stage.at("10:00"))
    assert fit.first_in(stage.chairs[1].pk, morning) == morning[0]
    noon = minute_of(stage.at("12:05")), minute_of(stage.at("13:00"))
    assert fit.first_in(stage.chairs[1].pk, noon) is None


@pytest.mark.parametrize("weekdays", [(1, 2), (0, 3)])
def test_a_weekday_that_was_not_wished_for_is_none(stage: Stage, weekdays: tuple[int, ...]) -> None:
    join(stage, stage.plan(), weekdays=weekdays)
    assert bool(fits(stage)) is (TODAY.weekday() in weekdays)


def test_nobody_fits_whose_plan_stands_against_any_time(stage: Stage) -> None:
    join(stage, stage.plan())
    Consent.objects.filter(patient=stage.house.rosa).update(revoked_at=NOW)
    assert fits(stage) == []


def test_what_is_taken_over_or_elsewhere_fits_nobody(
    stage: Stage, other_house: House, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    join(stage, stage.plan())
    assert fits(stage, now=stage.at("15:05")) == []
    assert who_fits(other_house.clinic, TODAY, now=NOW) == []
    with django_assert_num_queries(0):
        assert fits(stage, now=NOW + DAY) == []


def test_any_number_who_wait_cost_six_queries(
    stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    join(stage, stage.plan())
    with CaptureQueriesContext(connection) as for_one:
        assert len(fits(stage)) == 1
    people = [make_patient(stage.house.clinic, name, "Koch") for name in ("Ida", "Eva", "Ada")]
    ida, eva, ada = (stage.plan(patient) for patient in people)
    join(stage, ida, appointment=stage.book(ida, "13:00", TODAY + 3 * DAY))
    join(stage, eva)
    join(stage, ada, earliest=time(10))
    with django_assert_num_queries(len(for_one)):
        assert len(fits(stage)) == 4
    assert len(for_one) == 6
