"""manage.py create_clinic NAME --sender NAME --zone ZONE --phone NUMBER [--manager EMAIL]: opens a clinic.

The clinic and its first manager, who gets a link to set a password with and goes on from the page *Setting
up*. Nobody can claim a clinic over the network: docs/decisions/0015-a-new-clinic.md.
"""

from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import clinics, clock
from clinic.models import Clinic, Role, User
from clinic.problems import Problem
from clinic.staff.invitations import lasts_until, password_link


class Command(BaseCommand):
    help = "Makes a clinic. Patients see only the sender name, so it should not say what is treated."
    requires_system_checks: list[str] = []  # the web server's own start runs them: they take seconds

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--sender", required=True, help="Neutral name that patients see in messages.")
        parser.add_argument("--zone", required=True, help="IANA time zone, such as America/Chicago.")
        parser.add_argument("--phone", required=True, help="Such as '+1 312 555 0100'.")
        parser.add_argument("--address", default="")
        parser.add_argument("--manager", default="", metavar="EMAIL", help="Its first manager.")
        parser.add_argument("--manager-name", default="", metavar="NAME", help="Needed for somebody new.")
        parser.add_argument(
            "--role",
            action="append",
            default=[],
            choices=[role for role in Role.values if role != Role.MANAGER],
            help="What the first manager is besides; as often as needed.",
        )
        parser.add_argument(
            "--credentials", default="", help="The manager's: RN, MD, NP, printed beside a signature."
        )

    def handle(self, **options: Any) -> None:
        details = {
            "name": options["name"],
            "sender_name": options["sender"],
            "time_zone": options["zone"],
            "phone": options["phone"],
            "address": options["address"],
        }
        self.stderr.write(f"Making {details['name']} ...")
        self.stderr.flush()
        try:
            clinic, manager = clinics.open_clinic(
                details=details,
                manager_email=options["manager"],
                manager_name=options["manager_name"],
                manager_roles=[Role(role) for role in options["role"]],
                credentials=options["credentials"],
            )
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        # Said at once: the link, which knows every page's address, takes its time.
        self.stdout.write(f"The clinic is made: {clinic.name}.")
        self.stdout.flush()
        self._say_who_manages(clinic, manager)
        self.stdout.write(f"Its id, for the API and other commands: {clinic.pk}")

    def _say_who_manages(self, clinic: Clinic, manager: User | None) -> None:
        if manager is None:
            self.stdout.write("It has no manager yet: create_user EMAIL --name NAME --role manager.")
        elif manager.has_usable_password():
            self.stdout.write(f"{manager.email} manages it now, and keeps their password.")
        else:
            until = lasts_until(clock.now()).astimezone(ZoneInfo(clinic.time_zone))
            self.stdout.write(
                f"Give this link to {manager.email}; it sets their password and works once, until"
                f" {until:%a, %b %-d, %H:%M} ({clinic.time_zone}):"
            )
            self.stdout.write(password_link(manager))
