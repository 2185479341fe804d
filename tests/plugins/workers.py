"""Shares the tests among processes (pytest-xdist's workers gw0, gw1, ...) that never meet in a service.

In PostgreSQL each worker has a database of its own: pytest-django names it after the worker. This module
gives each a Valkey database of its own, for cache and broker, and says how many workers there are and
which stories go to the same one.
The roles and their settings belong to the whole server: tests read them and never change them.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

# What the stories of a line look at is made once for all of them, and dear: each worker would make it again.
TOGETHER = (
    ("tests/browser/test_pages.py::test_the_pages_of_the_day", "tests/web/running_day/"),
    ("tests/clinic/test_api_schema.py",),
    ("tests/test_layering.py",),
)
# The longest begin, or one worker would be alone with them at the end. Not those with a browser: once it has
# been started, its loop stays in the thread.
FIRST = (
    "tests/test_permission_matrix.py::test_each_role",
    "tests/clinic/test_patients.py::test_finding_is_one_query",
    "tests/scheduler/test_availability_oracle.py::test_every_possible_start",
    "tests/notifications/test_choosing.py::test_whenever_the_planner_runs",
)
# They wait for Chromium and its clocks for nearly half of their time: the last process takes them, beside one
# for each core that takes what reckons. So a browser is started once, too.
WITH_BROWSER = "tests/browser/"
MOST = 8  # the services of one run hold: 16 databases in Valkey, 300 connections in PostgreSQL


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """How many `-n auto` is: one for each core, and one for the stories with a browser; for a single file
    none, for its tests run here and now."""
    named = {argument.partition("::")[0] for argument in config.args}
    if len(named) == 1 and Path(*named).is_file():
        return 0
    browsers = any(WITH_BROWSER.startswith(f"{name.rstrip('/')}/") for name in named)
    cores = len(os.sched_getaffinity(0))
    return min(cores + browsers, MOST) if cores > 1 else 0


class OneByOne(LoadScopeScheduling):
    """Each story goes to whoever is free next; those of one line of TOGETHER go to one worker, and those with
    a browser to the last one as long as there are any.

    xdist's own groups write their name into the node's id, which pytest 9.2 no longer reads.
    """

    def _assign_work_unit(self, node: WorkerController) -> None:
        is_last = node.gateway.id == f"gw{self.numnodes - 1}"
        kind = (scope for scope in self.workqueue if scope.startswith(WITH_BROWSER) == is_last)
        if fitting := next(kind, None):
            self.workqueue.move_to_end(fitting, last=False)
        super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        return goes_with(nodeid)


def goes_with(story: str) -> str:
    """What is alike for stories that go to the same worker."""
    return next((line[0] for line in TOGETHER if story.startswith(line)), story)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneByOne:
    return OneByOne(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests() -> Generator[None]:
    """Before anything reads the settings, and for every program that a test starts."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:
        os.environ["REDIS_URL"] = valkey_of(os.environ["REDIS_URL"], int(worker.removeprefix("gw")))
    return (yield)


def valkey_of(url: str, worker: int) -> str:
    """The same server's database for this worker: `unix:///path?db=1`, `redis://host:6379/1`."""
    address, _, _ = url.partition("?")
    if address.startswith("unix:"):
        return f"{address}?db={worker}"
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/{worker}"
