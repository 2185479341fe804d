"""`manage.py verify_records`: walk every chain of signed records and name the first broken link of each."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from sessions_app.signing.verification import verify_all

PROGRESS_EVERY = 500


class Command(BaseCommand):
    help = "Proves that every signed record is what was signed; fails and names the first broken link."

    def handle(self, *args: Any, **options: Any) -> None:
        broken = 0
        count = 0
        for count, (patient, link) in enumerate(verify_all(), start=1):
            if link is not None:
                broken += 1
                self.stdout.write(f"BROKEN patient {patient.pk}, link {link.chain_position}: {link.what}")
            if count % PROGRESS_EVERY == 0:
                self.stdout.write(f"{count} chains walked")
        if broken:
            raise CommandError(f"{broken} of {count} chains are broken.")
        self.stdout.write(f"All {count} chains hold.")
