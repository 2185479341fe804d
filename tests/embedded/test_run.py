"""Starting and stopping: bin/run with the two databases alone."""

import os
import shlex
import signal
import socket
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from embedded import application, commands
from embedded import run as run_module
from embedded.place import Place
from embedded.progress import Progress, Stopped, Trouble
from tests.embedded.conftest import Run, processes_of, until

DAC_OVERRIDE_ALONE = 1 << 1


def test_ctrl_c_stops_everything_in_order_and_leaves_no_process(run: Run) -> None:
    run.start()
    run.write("a reading")

    assert run.stop(signal.SIGINT) == 0

    assert "Stopping everything in order" in run.said()
    assert processes_of(run.folder) == {}
    log = (run.folder / "log" / "postgres.log").read_text()
    assert "database system is shut down" in log


def test_the_data_is_there_at_the_next_start(run: Run) -> None:
    run.start()
    run.write("a reading")
    run.stop(signal.SIGTERM)

    run.start()

    assert run.rows() == ["a reading"]
    assert run.keys() == ["a reading"]


def test_a_second_start_says_that_it_is_running_and_where(run: Run) -> None:
    run.start()
    second = Run(run.folder)

    said = second.start()

    assert second.process
    assert second.process.wait() == 3
    assert run.process
    assert f"already running at {run.folder} (databases only) (process {run.process.pid})" in said


def test_what_was_half_made_is_made_again(run: Run) -> None:
    """An initdb that was killed leaves a folder under another name."""
    (run.folder / "postgres.making").mkdir(parents=True)
    (run.folder / "postgres.making" / "PG_VERSION").write_text("18\n")

    run.start()
    run.write("a reading")

    assert run.rows() == ["a reading"]


def test_passwords_are_made_once_and_read_by_their_owner_alone(run: Run) -> None:
    run.start()
    secrets = run.folder / "secrets"
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    run.stop()

    run.start()

    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert {"postgres", "chairside_owner", "chairside_app"} <= set(before)
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}


def test_an_outside_database_takes_the_place_of_the_embedded_one(run: Run) -> None:
    said = run.start(DATABASE_URL="postgresql://someone@db.example/chairside")

    assert "DATABASE_URL is set: using db.example" in said
    assert "DATABASE_URL=postgresql://someone@db.example/chairside\n" in said
    assert not (run.folder / "postgres").exists()


def test_a_taken_port_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    with application.listen() as first, application.listen() as second:
        assert second.getsockname()[1] > first.getsockname()[1] >= application.FIRST_PORT


def test_monitors_have_a_port_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.delenv("MONITOR_PORT", raising=False)
    own = ("MONITOR_PORT", application.FIRST_MONITOR_PORT)
    with application.listen(*own) as first, application.listen(*own) as second:
        taken = first.getsockname()[1]
        assert second.getsockname()[1] > taken >= application.FIRST_MONITOR_PORT
        monkeypatch.setenv("MONITOR_PORT", str(taken))
        with pytest.raises(application.Trouble, match=r"is taken; choose another with MONITOR_PORT="):
            application.listen(*own)


def test_a_wanted_port_that_is_taken_is_not_exchanged_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        with pytest.raises(application.Trouble, match="is taken; choose another"):
            application.listen()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the databases as somebody else")
def test_root_may_keep_the_data_below_a_folder_that_nobody_else_may_enter(run: Run) -> None:
    """As in /root. The databases keep one capability of root's, and none when the way is open."""
    run.folder.parent.chmod(0o700)

    run.start()
    run.write("a reading")

    assert run.rows() == ["a reading"]
    assert capabilities_of(run.number_of("bin/postgres")) == DAC_OVERRIDE_ALONE
    run.stop(signal.SIGKILL)
    until(lambda: processes_of(run.folder) == {})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the databases as somebody else")
def test_root_starts_the_databases_as_a_user_without_any_right(run: Run) -> None:
    run.start()

    for program in ("bin/postgres", "valkey-server"):
        number = run.number_of(program)
        assert Path(f"/proc/{number}").stat().st_uid != 0
        assert capabilities_of(number) == 0


def capabilities_of(number: int) -> int:
    status = Path(f"/proc/{number}/status").read_text()
    [effective] = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff:")]
    return int(effective, 16)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ('{"pid": 7, "address": "http://localhost:8003"}', "http://localhost:8003"),
        ('{"pid": 7, "address": ""}', "http://localhost:8000"),
        ('{"pid": 7, "address": "/data (databases only)"}', "http://localhost:8000"),
        ("", "http://localhost:8000"),
    ],
)
def test_links_that_a_command_prints_lead_to_the_run_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: str, address: str
) -> None:
    """bin/manage beside a bin/run, with only the program that it turns into faked."""
    place = Place(tmp_path)
    started: list[dict[str, str]] = []
    monkeypatch.setattr(commands, "VAR", place)
    monkeypatch.setattr(commands.environment, "ensure", lambda *given: None)
    monkeypatch.setattr(commands.os, "execve", lambda *given: started.append(given[2]))
    with run_module.sole_use(place):
        place.lock.write_text(told)
        commands.manage(["create_user"], Progress())
    assert started[0]["PUBLIC_URL"] == address


@pytest.mark.parametrize("option", [["--data", "{folder}"], ["--data={folder}"]])
def test_a_command_finds_the_data_that_a_run_keeps_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: list[str]
) -> None:
    """What stands behind the command, an option of the same name too, is manage.py's."""
    place = Place(tmp_path)
    started: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(commands, "VAR", Place(tmp_path / "var"))
    monkeypatch.setattr(commands.environment, "ensure", lambda *given: None)
    monkeypatch.setattr(commands.os, "execve", lambda *given: started.append(given[1:]))
    with run_module.sole_use(place):
        place.lock.write_text('{"pid": 7, "address": "http://localhost:8003"}')
        asked = [part.format(folder=tmp_path) for part in option]
        commands.manage([*asked, "migrate", "--data", "theirs"], Progress())
    [(command, settings)] = started
    assert command[1:] == ["manage.py", "migrate", "--data", "theirs"]
    assert settings["PUBLIC_URL"] == "http://localhost:8003"
    assert settings["SECRET_KEY"] == place.secret("SECRET_KEY")
    assert "//chairside_owner:" in settings["DATABASE_URL"]
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize(
    ("asked", "mend"),
    [
        (["--data"], "Say which folder"),
        (["--data="], "Say which folder"),
        (["--data", "{away}"], "no folder"),
    ],
)
def test_a_command_makes_no_database_in_a_folder_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], mend: str
) -> None:
    away = tmp_path / "away"
    monkeypatch.setattr(commands, "VAR", Place(tmp_path / "var"))
    monkeypatch.setattr(commands.environment, "ensure", lambda *given: None)
    with pytest.raises(Trouble, match=mend):
        commands.manage([part.format(away=away) for part in asked], Progress())
    assert not away.exists()


@pytest.mark.parametrize(("asked", "empty"), [([], False), (["--empty"], True)])
def test_whoever_asks_for_it_starts_without_the_synthetic_clinic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: list[str], empty: bool
) -> None:
    """What is started is faked; what `manage.py prepare --empty` leaves out, its own stories tell."""
    given: list[bool] = []
    monkeypatch.setattr(commands.environment, "ensure", lambda *given: None)
    monkeypatch.setattr(run_module, "everything", lambda place, progress, empty: given.append(empty))
    commands.start(["--data", str(tmp_path), *asked], Progress())
    assert given == [empty]


def test_a_folder_that_was_begun_empty_stays_so_without_being_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def prepare(*given: Any, empty: bool, **more: Any) -> None:
        asked.append(empty)
        raise Stopped

    monkeypatch.setattr(run_module, "start_databases", lambda place, supervisor: None)
    monkeypatch.setattr(run_module.caller, "demo_environment", lambda *given, **more: {})
    monkeypatch.setattr(run_module.application, "prepare", prepare)
    for empty in (False, True, False):
        run_module.everything(Place(tmp_path), Progress(), empty=empty)
    assert asked == [False, True, True]


def test_what_is_printed_to_be_typed_names_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else a command acts on another database than the one whose run printed it."""
    place = Place(tmp_path / "Dana's clinic")
    prepared: list[list[object]] = []

    def ended_at_once(command: list[object], **given: object) -> object:
        prepared.append(command)
        return subprocess.Popen(["true"])

    def no_web(*given: object) -> None:
        raise Stopped

    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setattr(run_module, "start_databases", lambda place, supervisor: None)
    monkeypatch.setattr(run_module.caller, "demo_environment", lambda *given, **more: {})
    monkeypatch.setattr(run_module.originals, "is_original", lambda folder: False)
    monkeypatch.setattr(run_module.originals, "declare", lambda folder: None)
    monkeypatch.setattr(application.process, "start", ended_at_once)
    monkeypatch.setattr(application, "web", no_web)
    run_module.everything(place, Progress())

    [command] = prepared
    [line] = [line for line in capsys.readouterr().out.splitlines() if "resume_sending" in line]
    printed = line.split("then ")[1].removesuffix(".")
    typed = ["bin/manage", "--data", str(place.folder)]
    assert shlex.split(printed) == [*typed, "resume_sending"]
    assert shlex.split(str(command[command.index("--called-by") + 1])) == typed
    assert Place(application.ROOT / "var").manage == "bin/manage"
