"""A consent to treatment counts for as long as the protocol version says, to booking and to the waitlist
alike; by the clinic's days. Rosa and Omar signed theirs on 12 December 2026, 30 days before NOW.
"""

from datetime import timedelta

import pytest

from clinic import consents
from clinic.models import ConsentScope
from scheduler.waitlist import obstacles, waiting
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.scheduler.waits import join, offer_freed

DAY = timedelta(days=1)
SAID = (
    "The consent to treatment was signed on Sat, Dec 12 2026, and the protocol lets one count for 29 days."
    " Have it signed again, and record that."
)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def counting(stage: Stage, days: int) -> None:
    stage.protocol = next_version(stage.protocol, stage.house, reconsent_after_days=days)


def test_it_counts_through_its_last_day_and_not_a_day_longer(stage: Stage) -> None:
    counting(stage, 30)
    plan = stage.plan()

    assert stage.check(plan, "9:30").bookable
    late, next_day = stage.at("23:55"), stage.at("0:00", TODAY + DAY)
    assert stage.check(plan, "9:30", TODAY + DAY, now=late).bookable
    [blocker] = stage.check(plan, "9:30", TODAY + DAY, now=next_day).blockers
    assert blocker.code == "consent_outdated"


def test_one_that_is_too_old_is_told_with_its_day_and_a_new_signature_mends_it(stage: Stage) -> None:
    counting(stage, 29)
    plan = stage.plan()
    [blocker] = stage.check(plan, "9:30").blockers
    assert (blocker.code, blocker.detail) == ("consent_outdated", SAID)

    consents.record(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        patient=stage.house.rosa,
        scope=ConsentScope.TREATMENT,
        form_version="2027-1",
        method="tablet",
        given_at=NOW,
        now=NOW,
    )
    assert stage.check(plan, "9:30").bookable


def test_the_waitlist_offers_nothing_on_it_for_the_same_reason(stage: Stage) -> None:
    counting(stage, 29)
    entry = join(stage, stage.plan())

    assert offer_freed(stage) == []
    row = obstacles.with_obstacles(waiting.entries(), now=NOW).get(pk=entry.pk)
    told = obstacles.why_nothing(row, now=NOW)
    assert told is not None
    assert (told.code, told.detail) == ("consent_outdated", SAID)


def test_a_version_that_does_not_say_lets_it_count_until_it_is_taken_back(stage: Stage) -> None:
    plan = stage.plan(valid_until=TODAY + 3000 * DAY)
    in_years = NOW + 2000 * DAY
    against = [blocker.code for blocker in stage.check(plan, "9:30", now=in_years).blockers]
    assert "consent_outdated" not in against
