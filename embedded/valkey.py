"""The embedded Valkey: its data directory, its start, its address.

It listens on a unix socket only and keeps an append-only file, so a kill loses nothing it answered.
When it is started and stopped is the supervisor's business.
"""

import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from embedded import process
from embedded.place import Place, valkey_program


@dataclass(frozen=True)
class Valkey:
    """One data directory below `place`. `throw_away` keeps everything in memory."""

    place: Place
    throw_away: bool = False
    name: str = "Valkey"
    stop_signal: signal.Signals = signal.SIGTERM
    seconds_to_stop: float = 1.0

    @property
    def log(self) -> Path:
        return self.place.logs / "valkey.log"

    @property
    def _socket(self) -> Path:
        return self.place.sockets / "valkey.sock"

    def url(self) -> str:
        return f"unix://{quote(str(self._socket))}?db=0"

    def end_leftovers(self) -> None:
        process.end_all_working_in(self.place.valkey)

    def start(self) -> subprocess.Popen[bytes]:
        process.end_all_working_in(self.place.valkey)
        settings = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self.place.valkey),
            "save": "",
            "appendonly": "no" if self.throw_away else "yes",
            "maxmemory-policy": "noeviction",
        }
        command: list[str | Path] = [valkey_program()]
        for name, value in settings.items():
            command += [f"--{name}", value]
        with self.log.open("ab") as log:
            return process.start(
                command,
                folder=self.place.valkey,
                environment={"LC_ALL": "C.UTF-8"},
                log=log,
                account=self.place.account,
                on_parents_death=signal.SIGTERM,
            )

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as asked:
            asked.settimeout(1)
            try:
                asked.connect(str(self._socket))
                asked.sendall(b"PING\r\n")
                return asked.recv(16).startswith(b"+PONG")
            except OSError:
                return False
