"""A real Celery worker on a real Valkey: a booked visit's confirmation arrives without anybody's doing."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from clinic import clock
from clinic.models import Patient
from notifications import tasks
from notifications.models import InboxItem, Message
from tests.cast import House
from tests.notifications.visits import book

PATIENCE_SECONDS = 30
DAY = timedelta(days=1)


@pytest.fixture
def worker(transactional_db: None, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process on the tests' own database and broker."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    with (tmp_path / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "--app", "config", "worker", "--pool=solo", "--without-mingle"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def zone_where_it_is_noon(now: datetime) -> str:
    """So that the test may run at night. Etc/GMT+5 is five hours *behind* UTC."""
    return f"Etc/GMT{now.hour - 12:+d}"


def test_a_worker_plans_and_delivers_what_a_booking_asks_for(
    worker: subprocess.Popen[bytes], house: House
) -> None:
    # The worker reads the real clock: the visit is ten days from now, whenever that is.
    now = clock.now()
    Patient.objects.update(time_zone=zone_where_it_is_noon(now))
    visit = book(house, house.rosa, now + DAY * 10)
    tasks.plan.delay()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not InboxItem.objects.exists():
        assert worker.poll() is None, "the worker ended"
        assert time.monotonic() < deadline, "nothing arrived"
        time.sleep(0.05)
    message = Message.objects.get(appointment=visit, stage="confirmation")
    assert InboxItem.objects.get().key == str(message.pk)
