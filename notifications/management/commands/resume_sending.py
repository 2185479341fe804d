"""manage.py resume_sending [WAY | --clinic NAME]: what was paused leaves again, but for what has lost its
use.

Resuming everything says that this is the database to send from, and no backup that was put back by mistake.
Of one clinic it lifts also a pause that its managers may not: that of made-up patients with a real provider.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.management.commands.import_patients import chosen_clinic
from notifications.delivering import restored, sending_state


class Command(BaseCommand):
    help = "Lets messages leave again. Of everything: says that this is the database to send from."

    def add_arguments(self, parser: CommandParser) -> None:
        which = parser.add_mutually_exclusive_group()
        which.add_argument("way", nargs="?", choices=sending_state.WAYS, default=sending_state.ALL)
        which.add_argument("--clinic", default="", help="The name of one clinic: its messages leave again.")

    def handle(self, *, way: str, clinic: str, **options: Any) -> None:
        if clinic:
            sending_state.resume_for_clinic(clinic=chosen_clinic(clinic))
        elif way == sending_state.ALL:
            restored.resume_all()
        else:
            sending_state.resume(name=way)
        self.stdout.write(f"Resumed: {clinic or way}.")
