"""manage.py create_user EMAIL [--name NAME] [--role ROLE]... [--charge] [--clinic NAME_OR_ID]: of the staff.

Nobody types a password for somebody else: the command prints a link with which the person sets their
own, once, within the days that PASSWORD_RESET_TIMEOUT gives. Run it again for another clinic or role,
for a new link, or with --name or --credentials to change those of somebody who works in several clinics.

Whoever is invited stays invited: the link is their invitation's, which offers what is given here as well,
and they work in the clinic once they have accepted.
"""

from argparse import BooleanOptionalAction
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction

from clinic import clock
from clinic.history import acting
from clinic.management.commands.import_patients import chosen_clinic
from clinic.models import Clinic, Member, Membership, Role, User, WayIn
from clinic.staff.invitations import (
    answer_link,
    clinics_shown_a_link,
    lasts_until,
    link_needed,
    make_links_void,
    password_link,
)
from clinic.staff.letters import in_words
from clinic.staff.queries import TYPED


class Command(BaseCommand):
    help = "Makes a user, or gives one another role, and prints a link to set a password with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="Full name; somebody new must have one.")
        parser.add_argument(
            "--role",
            default=[],
            choices=Role.values,
            action="append",
            help="As what; may be left out for whoever is invited.",
        )
        parser.add_argument(
            "--clinic", default="", help="Name or id; may be left out where there is only one."
        )
        parser.add_argument(
            "--charge",
            action=BooleanOptionalAction,
            help="A nurse who is told when another does not answer an alert; --no-charge ends it.",
        )
        parser.add_argument("--credentials", default="", help="RN, MD, NP: printed beside a signature.")

    def handle(self, *, email: str, **options: Any) -> None:
        try:
            validate_email(email.strip())
        except ValidationError as error:
            raise CommandError("This isn't an e-mail address.") from error
        clinic = chosen_clinic(options["clinic"])
        with transaction.atomic(), acting(None, door="command"):
            user = User.objects.filter(email__iexact=email.strip()).first()
            invited = Member.objects.filter(clinic=clinic, user=user).exclude(offered=[]).first()
            if user is not None and invited is not None:
                if options["charge"] is not None:
                    raise CommandError("Only whoever works here can be in charge: they are invited still.")
                self._hand_over(invited, options)
                return
            if not options["role"]:
                raise CommandError("Say as what they work here with --role.")
            if user is None:
                if not options["name"].strip():
                    raise CommandError("Say who this is with --name.")
                user = User.objects.create_user(
                    email, full_name=options["name"].strip(), credentials=options["credentials"]
                )
            else:
                _change(user, full_name=options["name"].strip(), credentials=options["credentials"].strip())
            for role in options["role"]:
                Membership.objects.get_or_create(user=user, clinic=clinic, role=role)
            if options["charge"] is not None:
                _put_in_charge(user, clinic, charge=options["charge"])
            known = user.has_usable_password()
            if not known:  # A manager who was shown one would come in here with it, too.
                make_links_void(user)
        if known:
            self.stdout.write(f"{user.email} keeps their password.")
            if clinics_shown_a_link(user.pk) - {clinic.pk}:
                self.stderr.write(
                    "Another clinic was shown a link with which it may have been set: make sure that nobody"
                    " else knows it."
                )
            return
        self.stderr.write("Give this link to the person; it sets their password and works once:")
        self.stdout.write(password_link(user))

    def _hand_over(self, member: Member, options: dict[str, Any]) -> None:
        """The link of an open invitation, which offers what was given as well and lasts afresh."""
        member = Member.objects.select_for_update(of=["self"]).select_related("user").get(pk=member.pk)
        details = {"full_name": options["name"].strip(), "credentials": options["credentials"].strip()}
        member.offered = [role.value for role in Role if role in {*member.offered, *options["role"]}]
        if member.joined_at is None:
            for name in filter(details.get, details):
                setattr(member, TYPED[name], details[name])
        else:
            _change(member.user, **details)
        if Role.PRESCRIBER in member.offered and not member.credentials:
            raise CommandError("A prescriber's credentials stand beside each signature: give --credentials.")
        member.invited_until = lasts_until(clock.now())
        member.way_in, member.way_in_at = WayIn.LINK, clock.now()
        member.save()
        offered = in_words([Role(role) for role in member.offered])
        self.stderr.write(f"{member.full_name} is invited as {offered}, and works here once they accept.")
        if member.user.has_usable_password():
            self.stderr.write("They keep their password. Give them the address at which they answer:")
            self.stdout.write(answer_link(member))
        else:
            make_links_void(member.user)
            self.stderr.write("Give this link to the person; it sets their password and works once:")
            self.stdout.write(password_link(member.user))
            if link_needed(member, clinics_shown_a_link(member.user_id)):
                self.stderr.write(f"Then they sign in, and accept here: {answer_link(member)}")


def _change(user: User, **given: str) -> None:
    """What was given of somebody who is there already."""
    new = {name: value for name, value in given.items() if value}
    for name, value in new.items():
        setattr(user, name, value)
    user.save(update_fields=list(new))


def _put_in_charge(user: User, clinic: Clinic, *, charge: bool) -> None:
    nurse = Membership.objects.filter(user=user, clinic=clinic, role=Role.NURSE).first()
    if nurse is None:
        raise CommandError(f"{user.full_name} is no nurse in {clinic.name}: only a nurse can be in charge.")
    nurse.charge = charge
    nurse.save(update_fields=["charge"])
