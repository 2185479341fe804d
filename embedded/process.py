"""One child process: started so that it cannot outlive its parent, and ended with all it started.

Every child leads a session of its own, so a terminal's Ctrl-C reaches the supervisor alone and a
whole family can be ended at once. What the children are does not belong here.
"""

import contextlib
import ctypes
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from embedded.place import Account
from embedded.progress import Trouble

# Waits until the condition holds, at most so many seconds; says whether it does.
Wait = Callable[[Callable[[], bool], float], bool]

_libc = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAP_DAC_OVERRIDE, _CAP_SETPCAP = 1, 8
_CAPABILITY_VERSION_3 = 0x20080522


def start(
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str],
    log: IO[bytes],
    errors: IO[bytes] | None = None,
    account: Account | None = None,
    on_parents_death: signal.Signals = signal.SIGKILL,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` in its own session; the kernel signals it when this process dies.

    What it writes goes to `log`, its errors as well unless `errors` is another file.
    Call it from the main thread only: the kernel's "parent" is the thread that forked.
    """
    parent = os.getpid()
    crosses = account is not None and not _is_open_to_all(Path(command[0]), folder)
    if crosses and not _may_pass_file_modes():
        raise Trouble(
            f"{folder} is below a folder that root alone may enter. Move it, or start as another user."
        )

    def before_exec() -> None:
        if account:
            _become(account, crosses_closed_folders=crosses)
        die_with_parent(on_parents_death, parent)

    return subprocess.Popen(
        [os.fspath(word) for word in command],
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=errors or subprocess.STDOUT,
        start_new_session=True,
        pass_fds=keep_open,
        preexec_fn=before_exec,
    )


def die_with_parent(death_signal: signal.Signals, parent: int) -> None:
    """Ask the kernel to signal this process when `parent` dies; it may be dead already."""
    _must(_libc.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0))
    if os.getppid() != parent:
        os._exit(126)


def end_family(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a child's session, itself included, and collect it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_in_order(
    processes: Sequence[tuple[subprocess.Popen[bytes], signal.Signals]], *, within: float, wait: Wait
) -> None:
    """Give each process its signal and all of them `within` seconds together, then kill what is left."""
    for child, by in processes:
        if child.poll() is None:
            child.send_signal(by)
    wait(lambda: all(child.poll() is not None for child, _ in processes), within)
    for child, _ in processes:
        end_family(child)


def end_all_working_in(folder: Path) -> None:
    """Kill what a killed predecessor left at work in `folder`, and wait until it is gone.

    Only for whoever holds the lock of the data. A database's processes all work in its own folder.
    """
    while left := [pid for pid in _process_numbers() if _works_in(pid) == folder.resolve()]:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def linux_only() -> None:
    if sys.platform != "linux":
        raise Trouble("The embedded services need Linux. On other systems use docker-compose.yml.")


def _process_numbers() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _works_in(pid: int) -> Path | None:
    """The folder of a living process; a dead one that nobody has collected yet has none."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None


def _is_open_to_all(program: Path, folder: Path) -> bool:
    """Whether any account may run `program` and reach `folder` (its own mode aside)."""
    return (
        bool(program.stat().st_mode & 0o001)
        and all(parent.stat().st_mode & 0o001 for parent in program.resolve().parents)
        and all(parent.stat().st_mode & 0o001 for parent in folder.resolve().parents)
    )


def _may_pass_file_modes() -> bool:
    """Whether this root has the capabilities for it, which a container may have taken away."""
    status = Path("/proc/self/status").read_text()
    [permitted] = [line.split()[1] for line in status.splitlines() if line.startswith("CapPrm:")]
    needed = 1 << _CAP_DAC_OVERRIDE | 1 << _CAP_SETPCAP
    return int(permitted, 16) & needed == needed


def _become(account: Account, *, crosses_closed_folders: bool) -> None:
    """Stop being root, in the child.

    A clone below a closed folder (`/root` is 0700) could not be read by the new account: it then
    keeps the one capability that passes file modes, and no other.
    """
    if crosses_closed_folders:
        # setuid() then takes no capability away, and access() heeds them; capset() takes all but one.
        _must(_libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if crosses_closed_folders:
        header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
        kept = 1 << _CAP_DAC_OVERRIDE
        _must(_libc.capset(header, struct.pack("=6I", kept, kept, kept, 0, 0, 0)))
        _must(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def _must(result: int) -> None:
    """End the child before it runs anything, when the kernel refused."""
    if result != 0:
        os._exit(126)
