"""kill -9 of each part: nothing is orphaned and nothing that was committed is lost."""

import contextlib
import os
import signal
import subprocess

import pytest

from tests.embedded.conftest import Run, processes_of, until


def test_a_killed_supervisor_leaves_no_orphan_and_loses_nothing(run: Run) -> None:
    run.start()
    run.write("before the kill")

    run.stop(signal.SIGKILL)
    until(lambda: processes_of(run.folder) == {})
    run.start()

    assert run.rows() == ["before the kill"]
    assert run.keys() == ["before the kill"]


@pytest.mark.parametrize("program", ["bin/postgres", "valkey-server"])
def test_a_killed_server_is_started_again_and_loses_nothing(run: Run, program: str) -> None:
    run.start()
    run.write("before the kill")
    killed = run.number_of(program)

    os.kill(killed, signal.SIGKILL)
    until(lambda: "stopped by itself; starting it again" in run.said() and _answers(run))

    assert run.number_of(program) != killed
    assert run.rows() == ["before the kill"]
    assert run.keys() == ["before the kill"]


def test_a_server_killed_together_with_its_supervisor_recovers(run: Run) -> None:
    """Nobody is left to clean up: the next start finds the lock files of the dead."""
    run.start()
    run.write("before the kill")
    server = run.number_of("bin/postgres")

    os.kill(server, signal.SIGKILL)
    run.stop(signal.SIGKILL)
    until(lambda: processes_of(run.folder) == {})
    run.start()

    assert run.rows() == ["before the kill"]


def test_a_dead_servers_number_that_another_program_got_is_no_obstacle(run: Run) -> None:
    run.start()
    run.write("before the kill")
    lock_file = run.folder / "postgres" / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    run.stop(signal.SIGKILL)
    until(lambda: processes_of(run.folder) == {})
    owner = lock_file.parent.stat()

    with subprocess.Popen(["sleep", "600"], user=owner.st_uid) as other:
        lock_file.write_text("\n".join([str(other.pid), *lines[1:]]) + "\n")
        os.chown(lock_file, owner.st_uid, owner.st_gid)
        run.start()
        other.kill()

    assert run.rows() == ["before the kill"]


def test_a_server_that_keeps_dying_ends_the_run_with_its_log(run: Run) -> None:
    """Stopping with a message is better than a service that is never quite there."""
    run.start()
    assert run.process
    (run.folder / "valkey" / "appendonlydir").rename(run.folder / "moved away")
    (run.folder / "valkey" / "appendonlydir").write_text("not a folder")

    os.kill(run.number_of("valkey-server"), signal.SIGKILL)

    assert run.process.wait() == 1
    assert "Valkey stopped while it was starting" in run.said()
    assert str(run.folder / "log" / "valkey.log") in run.said()
    assert processes_of(run.folder) == {}


def _answers(run: Run) -> bool:
    try:
        return bool(run.rows() and run.keys())
    except Exception:
        return False


def test_a_servers_child_that_hangs_at_the_end_is_not_left_behind(run: Run) -> None:
    """PostgreSQL's processes lead sessions of their own: killing the server's leaves them."""
    run.start()
    [hanging] = [number for number, command in processes_of(run.folder).items() if "checkpointer" in command]
    os.kill(hanging, signal.SIGSTOP)

    assert run.stop() == 0

    left = processes_of(run.folder)
    with contextlib.suppress(ProcessLookupError):
        os.kill(hanging, signal.SIGKILL)
    assert left == {}
