"""How the synthetic clinic is begun: where it lies, and what it may send. Its life: tests/web/running_day."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from notifications.models import ClinicMessaging
from tests.browser.demo import MIDDAY
from web.demo import house
from web.demo.house import STORY_FROM, STORY_UNTIL, zone_of_the_story

SATURDAY = MIDDAY  # 12:02 in Chicago

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("month", range(1, 13))
def test_somewhere_it_is_always_late_morning(month: int) -> None:
    """Also half a minute past the last minute of one zone, and while half the world saves daylight."""
    for day in (1, 15, 28):
        first = datetime(2027, month, day, 0, 0, 30, tzinfo=UTC)
        for minute in range(0, 24 * 60, 5):
            now = first + timedelta(minutes=minute)
            assert STORY_FROM <= now.astimezone(ZoneInfo(zone_of_the_story(now))).time() <= STORY_UNTIL


@pytest.mark.parametrize(("provider", "silent"), [({}, False), ({"url": "https://sms.example"}, True)])
def test_a_real_provider_is_given_nothing_about_patients_who_are_made_up(
    settings: Any, provider: dict[str, str], silent: bool
) -> None:
    settings.SMS = provider
    built = house.build(now=SATURDAY, since=SATURDAY - timedelta(days=9), lately=SATURDAY - timedelta(days=2))
    assert bool(ClinicMessaging.objects.get(clinic=built.clinic).paused_at) is silent
