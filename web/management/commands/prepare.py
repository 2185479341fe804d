"""`manage.py prepare`: the database ready for use, however it was found.

Migrates, and, unless this is production or shall stay empty, fills an empty database with the synthetic
clinic. Run as often as you like: a second run changes nothing.
"""

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management import BaseCommand, CommandParser, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from clinic import clock
from clinic.models import Clinic
from notifications.delivering import sending_state
from web.demo import story
from web.demo.welcome import welcome

NO_CLINIC: Final = """\
The tables are up to date. There is no clinic yet: nobody can sign in. Make one, beside what is running, with
  {manage} create_clinic "Name" --sender "Name in texts" --zone America/Chicago --phone "+1 ..." \\
      --manager who@your.clinic --manager-name "Their Name"
It prints a link with which the manager sets a password."""


class Command(BaseCommand):
    help = "Migrate; outside production, make the synthetic clinic in an empty database."
    requires_system_checks: list[str] = []  # the web server's own start runs them

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--welcome-file", type=Path, help="Where to write what a newcomer should read.")
        parser.add_argument("--pause-sending", default="", help="Why nothing may leave until somebody looks.")
        parser.add_argument(
            "--called-by", default="bin/manage", help="How a shell calls manage.py on this data."
        )
        parser.add_argument("--empty", action="store_true", help="Make no synthetic clinic.")

    def handle(
        self,
        *args: Any,
        welcome_file: Path | None = None,
        pause_sending: str = "",
        called_by: str = "bin/manage",
        empty: bool = False,
        **options: Any,
    ) -> None:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if waiting:
            self._say(f"Bringing the tables up to date ({len(waiting)} steps)")
            call_command("migrate", verbosity=0, interactive=False, stdout=self.stdout)
        if pause_sending:
            sending_state.pause(by="bin/run", name=sending_state.ALL, why=pause_sending, now=clock.now())
        clinic = Clinic.objects.order_by("created_at").first()
        if clinic is None and not settings.PRODUCTION and not empty:
            clinic = story.create(now=clock.now(), say=self._say)
        text = welcome(clinic) if clinic else NO_CLINIC.format(manage=called_by)
        if welcome_file:
            welcome_file.write_text(text)
        else:
            self._say(text)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
