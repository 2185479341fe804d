"""manage.py create_clinic NAME --sender NAME --zone ZONE --phone NUMBER: a clinic, still without staff."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.history import acting
from clinic.models import Clinic
from clinic.phones import e164


class Command(BaseCommand):
    help = "Makes a clinic. Patients see only the sender name, so it should not say what is treated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--sender", required=True, help="Neutral name that patients see in messages.")
        parser.add_argument("--zone", required=True, help="IANA time zone, such as America/Chicago.")
        parser.add_argument("--phone", required=True, help="Such as '+1 312 555 0100'.")
        parser.add_argument("--address", default="")

    def handle(self, **options: Any) -> None:
        clinic = Clinic(
            name=options["name"].strip(),
            sender_name=options["sender"].strip(),
            time_zone=options["zone"],
            phone=e164(options["phone"]) or options["phone"],
            address=options["address"].strip(),
        )
        try:
            clinic.full_clean()
        except ValidationError as error:
            raise CommandError(
                "; ".join(f"{field}: {' '.join(said)}" for field, said in error.message_dict.items())
            ) from error
        if Clinic.objects.filter(name=clinic.name).exists():
            raise CommandError("A clinic of this name is there already.")
        with acting(None, door="command"):
            clinic.save()
        self.stdout.write(str(clinic.pk))
