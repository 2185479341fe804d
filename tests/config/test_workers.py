"""The suite runs in several processes: what one of them empties, no other one is using. Which stories go to
the same one, and which go first, is said by name: a name that is gone would say nothing."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis import Redis

from config.celery import app
from tests.plugins.workers import FIRST, TOGETHER, OneByOne, goes_with, valkey_of

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("unix:///a%20folder/valkey.sock?db=0", "unix:///a%20folder/valkey.sock?db=3"),
        ("redis://user:word@cache.example:6379/0", "redis://user:word@cache.example:6379/3"),
        ("redis://cache.example", "redis://cache.example/3"),
    ],
)
def test_each_worker_has_a_valkey_database_for_itself(url: str, own: str) -> None:
    assert valkey_of(url, 3) == own


def test_this_worker_has_services_of_its_own(db: None, worker_id: str) -> None:
    number, suffix = ("0", "") if worker_id == "master" else (worker_id.removeprefix("gw"), f"_{worker_id}")
    assert str(connection.settings_dict["NAME"]) == f"test_chairside{suffix}"
    assert settings.CACHES["default"]["LOCATION"].endswith(f"db={number}")
    assert settings.CELERY_BROKER_URL.endswith(f"virtual_host={number}")


def test_emptying_this_workers_cache_leaves_the_others_alone(worker_id: str) -> None:
    other = Redis.from_url(valkey_of(settings.CACHES["default"]["LOCATION"], 15))
    other.set("of another worker", "kept")
    cache.set("of-this-worker", "gone")
    cache.clear()
    assert cache.get("of-this-worker") is None
    assert other.get("of another worker") == b"kept"
    other.close()


def test_stories_that_share_what_is_dear_to_make_go_to_one_worker() -> None:
    day = "tests/web/running_day"
    assert goes_with(f"{day}/test_story.py::test_a") == goes_with(f"{day}/test_queries.py::test_b[1]")
    tour = "tests/browser/test_pages.py::test_the_pages_of_the_day_are_whole"
    assert goes_with(tour) == goes_with(f"{day}/test_story.py::test_a")
    assert goes_with("tests/web/test_desk.py::test_a") != goes_with("tests/web/test_desk.py::test_b")


@dataclass(eq=False)
class Process:
    """One of a run's processes, and the stories that it was given."""

    gateway: SimpleNamespace
    stories: list[str]
    given: list[str] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, places: list[int]) -> None:
        self.given += [self.stories[at] for at in places]

    def shutdown(self) -> None:
        self.shutting_down = True


def test_stories_with_a_browser_go_to_the_last_process_while_there_are_others(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xdist.scheduler.loadscope.parse_tx_spec_config", lambda config: ["popen"] * 2)
    board, texts = "tests/browser/test_board.py::test_a", "tests/browser/test_texts.py::test_b"
    stories = [board, texts, "tests/web/test_desk.py::test_c", "tests/web/test_desk.py::test_d"]
    first, last = (Process(SimpleNamespace(id=f"gw{number}"), stories) for number in range(2))
    scheduler: Any = OneByOne(pytestconfig)
    for process in (first, last):
        scheduler.add_node(process)
        scheduler.add_node_collection(process, stories)
    scheduler.schedule()
    assert last.given == [board, texts]
    assert first.given == stories[2:]


@pytest.mark.parametrize("name", [*FIRST, *(name for line in TOGETHER for name in line)])
def test_every_name_of_what_goes_together_or_first_is_one_of_a_story_or_a_place(name: str) -> None:
    place, _, story = name.partition("::")
    assert (ROOT / place).exists()
    assert not story or f"def {story}" in (ROOT / place).read_text()


def test_every_ring_of_the_beat_expires_by_the_next_one() -> None:
    for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
        assert 0 < entry["options"]["expires"] <= entry["schedule"], name


def test_what_a_patients_safety_hangs_on_has_a_queue_of_its_own() -> None:
    """And a task goes to its own queue alone: each has its own routing key."""
    rung_for = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    queues = {
        name: app.amqp.router.route({}, name).get("queue", app.amqp.queues["celery"]) for name in rung_for
    }
    assert {name for name, queue in queues.items() if queue.name == "clocks"} == {
        "sessions_app.tasks.run_clocks",
        "notifications.tasks.run_clocks",
        "notifications.tasks.drain_urgent",
    }
    assert {queue.routing_key for queue in app.amqp.queues.values()} == {"celery", "clocks"}
    app.autodiscover_tasks(force=True)
    assert set(app.tasks) >= rung_for
