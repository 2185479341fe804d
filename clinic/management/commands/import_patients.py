"""manage.py import_patients FILE... [--clinic NAME_OR_ID]: patients and allergies out of files into a clinic.

A manager does the same on a page, with a look before it (`clinic.importing.uploads`).
"""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clock
from clinic.importing.judging import Outcome
from clinic.importing.taking_in import import_files
from clinic.models import Clinic

NOUNS = ("patients", "allergies")


class Command(BaseCommand):
    help = (
        "Imports FHIR R4 Patients and AllergyIntolerances (US Core) from NDJSON files or Bundles, and "
        "patients from tables (CSV). What is good comes in, what is not is listed with its line and the "
        "reason. Running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--clinic", default="", help="Name or id; may be left out where there is only one."
        )
        parser.add_argument(
            "--lookalikes",
            action="store_true",
            help="Bring in also new patients who look like somebody on record; without it they are listed.",
        )

    def handle(self, *, files: list[Path], **options: Any) -> None:
        clinic = chosen_clinic(options["clinic"])
        today = clock.local_date(clock.now(), clinic.time_zone)
        self.stderr.write(f"Reading {len(files)} file(s) for {clinic.name} …")
        outcome = import_files(clinic=clinic, paths=files, today=today, lookalikes=options["lookalikes"])
        self._report(outcome, lookalikes=options["lookalikes"])

    def _report(self, outcome: Outcome, *, lookalikes: bool) -> None:
        for kept in outcome.kept:
            self.stdout.write(f"{kept.place}: {kept.reason}")
        for alike in [] if lookalikes else outcome.alike:
            whom = f"patient {alike.known.pk}" if alike.known else str(alike.other)
            self.stdout.write(f"{alike.place}: Left out: has {' and '.join(alike.shared)} as {whom}.")
        for refused in outcome.refused:
            self.stdout.write(self.style.ERROR(f"{refused.place}: {refused.reason}"))
        for noun in NOUNS:
            said = [
                f"{count} {what}" for (what_noun, what), count in outcome.counts.items() if what_noun == noun
            ]
            self.stdout.write(f"{noun}: {', '.join(said) or 'none'}")
        if outcome.refused:
            places = len({refused.place for refused in outcome.refused})
            raise CommandError(f"{places} record(s) were refused and are listed above; the rest is in.")


def chosen_clinic(name_or_id: str) -> Clinic:
    """The clinic an operator means. Raises CommandError with the clinics there are."""
    clinics = list(Clinic.objects.order_by("name"))
    if not name_or_id and len(clinics) == 1:
        return clinics[0]
    for clinic in clinics:
        if name_or_id == clinic.name or name_or_id == str(clinic.pk):
            return clinic
    there_are = (
        "; ".join(f"{clinic.name} ({clinic.pk})" for clinic in clinics) or "none yet: create_clinic makes one"
    )
    raise CommandError(f"Say which clinic with --clinic. There are: {there_are}.")
