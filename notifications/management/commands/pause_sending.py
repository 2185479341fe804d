"""manage.py pause_sending [WAY] --by NAME --why WORDS: nothing leaves the installation, of any clinic.

Also the first thing to do after a backup was put back, before anything else is started: docs/operations.md.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clock
from clinic.problems import Problem
from notifications.delivering import sending_state


class Command(BaseCommand):
    help = "Lets nothing leave, or nothing of one form. What falls due waits until resume_sending."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("way", nargs="?", choices=sending_state.WAYS, default=sending_state.ALL)
        parser.add_argument("--by", required=True, help="Who you are, as the clinics know you.")
        parser.add_argument("--why", required=True, help="In a few words, for whoever finds it paused.")

    def handle(self, *, way: str, by: str, why: str, **options: Any) -> None:
        try:
            row = sending_state.pause(by=by, name=way, why=why, now=clock.now())
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Paused: {way}. {row.paused_why}")
