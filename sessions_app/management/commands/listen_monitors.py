"""`manage.py listen_monitors`: take what bedside monitors send (HL7 v2 over MLLP), until it is stopped."""

import asyncio
import signal
import socket
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from clinic.models import Clinic
from sessions_app.monitors import mllp, readings, samples

PORT: Final = 2575  # IANA: hl7


class Command(BaseCommand):
    help = "Listens for bedside monitors and stores what they send."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")
        parser.add_argument("--port", type=int, default=PORT, help="0: any that is free.")
        parser.add_argument(
            "--fd", type=int, help="A socket that listens already, by its number, in place of host and port."
        )
        parser.add_argument(
            "--clinic", help="By name: whose nurses are told of unknown monitors. Needless with one clinic."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        _check_codes()
        home = _home(options["clinic"])
        if options["fd"] is None:
            listening = socket.create_server((options["host"], options["port"]))
        else:
            listening = socket.socket(fileno=options["fd"])
        asyncio.run(self._listen(home, listening))

    async def _listen(self, home: Clinic | None, listening: socket.socket) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)

        def ready(at: int) -> None:
            self.stdout.write(f"Listening for monitors on {listening.getsockname()[0]}:{at}")
            self.stdout.flush()

        await mllp.Listener(mllp.taking(home)).listen(listening, ready=ready, stop=stop)


def _home(name: str | None) -> Clinic | None:
    """The clinic of this name, or the only one; of several none, and unknown monitors are turned away."""
    clinics = list(Clinic.objects.filter(name=name) if name else Clinic.objects.all()[:2])
    if name and not clinics:
        raise CommandError("There is no clinic of this name.")
    return clinics[0] if len(clinics) == 1 else None


def _check_codes() -> None:
    known = {*samples.SIGNS, readings.NOTHING}
    wrong = sorted(set(settings.MONITOR_CODES.values()) - known)
    if wrong:
        raise CommandError(f"MONITOR_CODES maps to {wrong}; it may map to {sorted(known)}.")
