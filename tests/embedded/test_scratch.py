"""The throw-away services of bin/test: each run has its own, and nothing of them stays."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import caller, scratch
from embedded.databases import addresses
from embedded.place import ROOT, Place
from tests.embedded.conftest import let_anybody_pass

COMMAND = [sys.executable, "-m", "embedded", "scratch"]


def scratch_run(folder: Path, script: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, "sh", "-c", script],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder), "DATABASE_URL": "postgresql://db.example/precious"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def folder() -> Iterator[Path]:
    """Right below the temporary folder: the services' sockets have no room for a longer path."""
    with tempfile.TemporaryDirectory(prefix="scratch-") as made:
        let_anybody_pass(Path(made))
        yield Path(made)


def test_the_exit_code_is_the_commands_and_its_last_line_is_the_last(folder: Path) -> None:
    process = scratch_run(folder, "echo 1 failed in 3 s; exit 7")
    said, _ = process.communicate()

    assert process.returncode == 7
    assert said.splitlines()[-1] == "1 failed in 3 s"


def test_nothing_stays_behind(folder: Path) -> None:
    scratch_run(folder, "true").communicate()

    assert list(folder.iterdir()) == []


def test_two_at_once_have_services_of_their_own(folder: Path) -> None:
    script = "echo $DATABASE_URL; echo $REDIS_URL"
    both = [scratch_run(folder, script) for _ in range(2)]

    said = [process.communicate()[0].splitlines()[-2:] for process in both]

    assert len({address for pair in said for address in pair}) == 4
    assert "precious" not in str(said)


def test_the_callers_settings_do_not_reach_the_tests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Somebody's shell points to their production database, and Python to their other project."""
    foreign = {
        "DATABASE_URL": "postgresql://db.example/precious",
        "PGHOST": "db.example",
        "PGOPTIONS": "-c search_path=precious",
        "PYTHONPATH": "/elsewhere",
        "DJANGO_SETTINGS_MODULE": "precious.settings",
        "EMAIL_URL": "smtp://mail.example",
        "CHAIRSIDE_MODE": "production",
        "DEBUG": "release",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    place = Place(tmp_path)

    given = caller.test_environment(place, addresses(place, {}))

    assert not {name for name, value in foreign.items() if given.get(name) == value}
    assert given["PATH"] == os.environ["PATH"]


def test_what_a_killed_run_left_is_removed_later(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    left = folder / f"{scratch.PREFIX}left"
    left.mkdir()
    (left / "lock").touch()
    os.utime(left, (0, 0))

    scratch.remove_what_the_killed_left()

    assert not left.exists()
