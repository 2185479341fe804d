"""docs/api.md: the very lines that it shows, run with curl against a live server."""

import os
import re
import shutil
import subprocess
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from scheduler.models import Appointment
from tests.cast import NOW, TODAY, House, local
from tests.scheduler.stage import set_stage

TOMORROW = TODAY + timedelta(days=1)
MANUAL = Path(__file__).resolve().parents[2] / "docs" / "api.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_lines_of_the_manual_book_a_visit_and_are_refused_the_second(
    house: House, live_server: Any
) -> None:
    lines = "\n".join(re.findall(r"^```sh\n(.*?)^```", MANUAL.read_text(), re.DOTALL | re.MULTILINE))
    with time_machine.travel(NOW, tick=True):
        stage = set_stage(house)
        plan = stage.plan()
        token = StringIO()
        call_command("create_token", house.ana.email, stdout=token, stderr=StringIO())
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", lines],
            env={
                "PATH": os.environ["PATH"],
                "no_proxy": "*",
                "CHAIRSIDE": live_server.url,
                "TOKEN": token.getvalue().strip(),
                "WHO": plan.patient.family_name,
                "FROM": local(TOMORROW, "8:00").isoformat(),
                "TO": local(TOMORROW, "18:00").isoformat(),
            },
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status": "booked"' in done.stdout, done.stdout + done.stderr
    assert done.stdout.endswith("409\n"), done.stdout
    visit = Appointment.objects.get()
    assert visit.plan == plan
