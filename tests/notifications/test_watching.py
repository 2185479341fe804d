"""Is everything that must run running? A stopped beat, a stopped worker, a stuck message, an open breaker."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from redis import Redis

from clinic import clock
from notifications import saying, tasks
from notifications.models import ClinicMessaging, Message, SendingState
from notifications.planning.planner import plan
from notifications.watching import health
from notifications.watching.heartbeats import BEAT, DRAIN, PLANNER, beat
from tests.cast import NOW, House
from tests.notifications.visits import book
from tests.web.pages import browser_of, words

MINUTE = timedelta(minutes=1)
STANDS_STILL = "No messages are sent and nobody is called"
TELL = "Tell whoever runs the server."
NO_BEAT = f"{STANDS_STILL}: what sets the work going has stopped (the beat). {TELL}"
NO_WORKER = f"{STANDS_STILL}: what does the work has stopped (the worker). {TELL}"


@pytest.fixture
def alive(db: None, long_up: None) -> Iterator[None]:
    """Everything ran a moment ago, and the bell is silent."""
    with (
        time_machine.travel(NOW, tick=False),
        Redis.from_url(settings.CACHES["default"]["LOCATION"]) as broker,
    ):
        broker.delete(*health.QUEUES)
        beat(BEAT, PLANNER, DRAIN, now=NOW)
        yield
        broker.delete(*health.QUEUES)


def test_nothing_is_late_while_everything_runs(alive: None) -> None:
    assert health.read(NOW + MINUTE).late == []


@pytest.mark.parametrize("ages", [{}, {"beat": 9e4, "worker": 9e4, "planner": 9e4, "drain": 9e4}])
def test_right_after_a_start_nothing_is_late_that_had_no_time_to_be_done(ages: dict[str, float]) -> None:
    """The first of an installation, and one after a night."""
    started = health.Health(ages=ages, due={}, refusals={}, paused=[], breakers_open=[], up=119.0, waiting=0)
    assert started.late == []
    assert replace(started, up=121.0).late == [NO_BEAT]
    assert len(replace(started, up=301.0).late) == 3


def test_how_long_the_house_is_up_is_known(db: None) -> None:
    now = clock.now()
    assert 0 < health.read(now).up < health.read(now + MINUTE).up


def test_each_task_leaves_its_sign_of_life(db: None, long_up: None) -> None:
    with time_machine.travel(NOW, tick=False):
        assert NO_BEAT in health.read(NOW).late
        tasks.plan()
        tasks.drain()
        tasks.run_clocks()
        assert health.read(NOW).ages == {"beat": 0, "worker": 0, "planner": 0, "drain": 0}


def test_a_stopped_beat_leaves_an_empty_bell(alive: None) -> None:
    late = health.read(NOW + 3 * MINUTE).late
    assert late == [NO_BEAT]


@pytest.mark.parametrize("queue", ["celery", "clocks"])
def test_a_stopped_worker_leaves_a_bell_that_rings_on(alive: None, queue: str) -> None:
    with Redis.from_url(settings.CACHES["default"]["LOCATION"]) as broker:
        broker.lpush(queue, "{}")
    assert health.read(NOW + 3 * MINUTE).late == [NO_WORKER]


def test_a_drain_that_never_finishes_is_told_while_the_rest_runs(alive: None) -> None:
    later = NOW + 6 * MINUTE
    beat(BEAT, PLANNER, now=later)
    assert health.read(later).late == [
        f"Messages to patients are not sent: the drain has not finished for minutes. {TELL}"
    ]


def test_a_message_that_is_stuck_is_told_with_its_age(alive: None, house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    assert Message.objects.filter(status="planned").exists()
    later = NOW + 16 * MINUTE
    beat(BEAT, PLANNER, DRAIN, now=later)
    assert health.read(later).late == ["A message has been due for 16 minutes and is not sent."]


@pytest.mark.parametrize(("kind", "told"), [("answer", True), ("reminder", False)])
def test_of_a_clinic_that_is_silent_what_is_owed_all_the_same_is_told(
    alive: None, house: House, kind: str, told: bool
) -> None:
    visit = book(house, house.rosa)
    ClinicMessaging.objects.update_or_create(clinic=house.clinic, defaults={"paused_at": NOW})
    saying.say(
        key="owed",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind=kind,
        stage="help",
        due_at=NOW,
        stale_at=NOW + 60 * MINUTE,
        appointment=visit,
        visit_starts_at=visit.starts_at,
    )
    beat(BEAT, PLANNER, DRAIN, now=NOW + 16 * MINUTE)
    assert bool(health.read(NOW + 16 * MINUTE).late) is told


def test_an_open_breaker_and_a_pause_are_told(alive: None) -> None:
    SendingState.objects.update_or_create(name="sms", defaults={"closed_until": NOW + MINUTE})
    SendingState.objects.update_or_create(name="all", defaults={"paused_at": NOW})
    assert health.read(NOW).late == [
        "Sending is paused: everything.",
        "The provider doesn't answer, so sending waits: text messages.",
    ]
    assert "The provider" not in str(health.read(NOW + 90 * timedelta(seconds=1)).late)


def test_the_details_say_so_to_whoever_watches_and_name_nobody(alive: None, house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    fine = browser_of().get("/health/details/")
    assert (fine.status_code, fine.json()["late"]) == (200, [])
    with time_machine.travel(NOW + 20 * MINUTE, tick=False):
        late = browser_of().get("/health/details/")
    assert (late.status_code, NO_BEAT in late.json()["late"]) == (503, True)
    assert "Rosa" not in late.content.decode()


def test_the_manager_alone_sees_a_banner_on_every_page(alive: None, house: House) -> None:
    assert NO_BEAT not in words(browser_of(house.max).get("/tasks/"))
    with time_machine.travel(NOW + 3 * MINUTE, tick=False):
        health.cache.clear()
        assert NO_BEAT in words(browser_of(house.max).get("/tasks/"))
        assert NO_BEAT not in words(browser_of(house.ana).get("/tasks/"))


def test_of_several_things_the_worst_stands_and_the_others_are_counted(alive: None, house: House) -> None:
    SendingState.objects.update_or_create(name="sms", defaults={"closed_until": NOW + 9 * MINUTE})
    SendingState.objects.update_or_create(name="all", defaults={"paused_at": NOW})
    with time_machine.travel(NOW + 3 * MINUTE, tick=False):
        health.cache.clear()
        page = browser_of(house.max).get("/tasks/")

    aside = page.content.decode().partition('<aside class="late"')[2].partition("</aside>")[0]
    assert aside.count('class="banner') == 1
    said = words(page)
    assert f"{NO_BEAT} And 2 more Sending is paused: everything. The provider doesn't answer" in said


def test_most_pages_ask_nothing_of_it(alive: None, django_assert_num_queries: pytest.FixtureRequest) -> None:
    health.late_now(NOW)
    with django_assert_num_queries(0):  # type: ignore[operator]
        health.late_now(NOW)
