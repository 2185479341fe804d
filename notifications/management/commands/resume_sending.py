"""manage.py resume_sending [WAY]: what was paused leaves again, but for what has lost its use.

Resuming everything says that this is the database to send from, and no backup that was put back by mistake.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from notifications.delivering import restored, sending_state


class Command(BaseCommand):
    help = "Lets messages leave again. Of everything: says that this is the database to send from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("way", nargs="?", choices=sending_state.WAYS, default=sending_state.ALL)

    def handle(self, *, way: str, **options: Any) -> None:
        if way == sending_state.ALL:
            restored.resume_all()
        else:
            sending_state.resume(name=way)
        self.stdout.write(f"Resumed: {way}.")
