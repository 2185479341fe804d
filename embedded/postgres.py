"""The embedded PostgreSQL 18: its data directory, its start, its roles, its addresses.

It listens on a unix socket only and asks every role for its password. When it is started and
stopped is the supervisor's business.
"""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from embedded import originals, process
from embedded.place import Place, postgres_program
from embedded.process import Wait
from embedded.progress import Trouble

DATABASE = "chairside"
ROLES = Path(__file__).with_name("roles.sql")
ALWAYS = {
    "listen_addresses": "",
    "max_connections": "100",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "log_checkpoints": "off",
    # A refused statement holds what was typed about a patient: its error is logged, its values never.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# A test's database may be lost with the machine, so it need not wait for the disk. And nobody counts its rows
# by the way: the statistics that a plan goes by would change in the middle of a run.
THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "max_connections": "300",  # several processes share the tests, and each has its races
}


@dataclass(frozen=True)
class Postgres:
    """One data directory below `place`. `throw_away` trades durability for speed."""

    place: Place
    throw_away: bool = False
    name: str = "PostgreSQL"
    stop_signal: signal.Signals = signal.SIGINT  # "fast": roll back, write all out, go
    seconds_to_stop: float = 3.0

    @property
    def log(self) -> Path:
        return self.place.logs / "postgres.log"

    def url(self, role: str, database: str = DATABASE) -> str:
        """A libpq address of the socket; every character that a URL could stumble over is quoted."""
        password = quote(self.place.secret(role), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.place.sockets), safe='')}"

    def make_data(self, wait: Wait) -> None:
        """Make the data directory, whole or not at all: it gets its name when it is finished."""
        if self.place.postgres.exists():
            return
        making = self.place.folder / "postgres.making"
        shutil.rmtree(making, ignore_errors=True)
        self.place.make_private(making)
        read, write = os.pipe()
        os.write(write, self.place.secret("postgres").encode())
        os.close(write)
        if self.place.account:
            os.fchown(read, self.place.account.uid, self.place.account.gid)
        command: list[str | Path] = [
            postgres_program("initdb"),
            f"--pgdata={making}",
            "--username=postgres",
            f"--pwfile=/dev/fd/{read}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            *(["--no-sync", "--wal-segsize=16"] if self.throw_away else []),
        ]
        log = self.place.logs / "initdb.log"
        with log.open("wb") as output:
            made = process.start(
                command,
                folder=making,
                environment=_environment(),
                log=output,
                account=self.place.account,
                keep_open=[read],
            )
        os.close(read)
        try:
            wait(lambda: made.poll() is not None, 120)
        finally:
            process.end_family(made)
        if made.returncode != 0:
            raise Trouble(f"PostgreSQL could not make its data directory:\n{log.read_text()}")
        originals.declare(making)
        making.rename(self.place.postgres)

    def start(self) -> subprocess.Popen[bytes]:
        self._forget_the_dead()
        settings = {
            **ALWAYS,
            **(THROW_AWAY if self.throw_away else {}),
            # A list in which a folder with a space or a comma needs its quotes.
            "unix_socket_directories": f'"{self.place.sockets}"',
            "unix_socket_permissions": "0700",
        }
        command: list[str | Path] = [postgres_program("postgres"), "-D", self.place.postgres]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            return process.start(
                command,
                folder=self.place.postgres,
                environment=_environment(),
                log=log,
                account=self.place.account,
                on_parents_death=signal.SIGQUIT,  # "immediate": the next start replays the log
            )

    def is_ready(self) -> bool:
        """Whether the server says so itself, in the last line of its lock file."""
        try:
            lines = (self.place.postgres / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def end_leftovers(self) -> None:
        """A killed server's children lead sessions of their own, and first write out what they have."""
        process.end_all_working_in(self.place.postgres)

    def make_roles(self) -> None:
        """Bring both roles and the database up to `roles.sql`; harmless when they are."""
        done = subprocess.run(
            [
                postgres_program("psql"),
                "--no-psqlrc",
                "--quiet",
                f"--host={self.place.sockets}",
                "--username=postgres",
                "--dbname=postgres",
                f"--file={ROLES}",
            ],
            env={
                **_environment(),
                "PGPASSWORD": self.place.secret("postgres"),
                "CHAIRSIDE_OWNER_PASSWORD": self.place.secret("chairside_owner"),
                "CHAIRSIDE_APP_PASSWORD": self.place.secret("chairside_app"),
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Trouble(f"PostgreSQL refused its roles:\n{done.stderr or done.stdout}")

    def _forget_the_dead(self) -> None:
        """Remove a killed server's lock files.

        PostgreSQL itself would believe them when their process number belongs to another program by
        now, or to a dead process that nobody has collected, as in a container without an init.
        """
        process.end_all_working_in(self.place.postgres)
        (self.place.postgres / "postmaster.pid").unlink(missing_ok=True)
        for left in self.place.sockets.glob(".s.PGSQL.*"):
            left.unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """Next to nothing, so that no PG* variable of the caller reaches the server."""
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
