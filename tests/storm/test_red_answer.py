"""A red answer is committed and whoever was to call a nurse about it dies: the page goes once they are back.

A drill: `bin/drills tests/storm/test_red_answer.py`. Each process is a real one and ends by kill -9, at the
moment that it says itself; then a real worker on a real Valkey does the rest.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection

from clinic import clock
from clinic.models import WorkItem, WorkItemStep
from notifications import saying, tasks
from notifications.models import CheckIn, InboxItem, Message
from tests.cast import House
from tests.notifications.visits import book, discharge

PATIENCE_SECONDS = 60
HOUR = timedelta(hours=1)
DJANGO = "import django; django.setup(); from clinic import clock; "
# It sends no page: killed after the answer is committed, and after the page is.
ANSWERS = """
from notifications.answering import check_ins
from notifications.models import CheckIn
check_ins.answer(id={id!r}, check_in=CheckIn.objects.get(), question="safety", value="yes", now=clock.now())
"""
CALLS = """
from notifications.escalating import clocks
clocks.run_clocks(now=clock.now())
"""
THEN_WAITS = "print('done', flush=True); import time; time.sleep(600)"


def environment() -> dict[str, str]:
    address = urlsplit(os.environ["DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {**os.environ, "DATABASE_URL": database}


def dies_after(act: str) -> None:
    """A process does this, commits it, and is killed before it can do anything else."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", f"{DJANGO}{act}\n{THEN_WAITS}"],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"done\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not found():
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.1)


@pytest.fixture
def check_in(transactional_db: None, house: House) -> CheckIn:
    now = clock.now()
    visit = book(house, house.rosa, now - 9 * HOUR)
    discharge(visit, now - 6 * HOUR)
    message = saying.say(
        key="story",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="check_in",
        stage="same_day",
        due_at=now - HOUR,
        stale_at=now + HOUR,
        status="sent",
    )
    return CheckIn.objects.create(
        clinic=visit.clinic, patient=visit.patient, plan=visit.plan, kind="same_day", message=message
    )


@pytest.mark.drill
@pytest.mark.timeout(300)
@pytest.mark.parametrize("page_is_written", [False, True], ids=["before the page", "before it leaves"])
def test_whoever_was_to_page_is_killed_and_the_page_goes_once_when_they_are_back(
    house: House, check_in: CheckIn, page_is_written: bool
) -> None:
    dies_after(ANSWERS.format(id=str(uuid4())))
    assert WorkItem.objects.get().urgency == "red"
    if page_is_written:
        dies_after(CALLS)
    assert Message.objects.filter(kind="page").count() == page_is_written
    assert not InboxItem.objects.exists()
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--app", "config", "worker"),
            *("--pool=solo", "--without-mingle", "--queues=celery,clocks"),
        ],
        cwd=settings.BASE_DIR,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(2):  # as the beat rings, again and again
            tasks.run_clocks.delay()
            tasks.drain_urgent.delay()
        until(InboxItem.objects.exists)
        until(lambda: Message.objects.filter(kind="page", status="sent").exists())
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(PATIENCE_SECONDS)
    assert InboxItem.objects.get().user == house.nils
    assert WorkItemStep.objects.filter(kind="escalated").count() == 1
