"""Name, credentials and mobile number of who works in a clinic, and who of its nurses is in charge.

The number is where red pages go, and name and credentials stand beside signatures: of somebody who works in
several clinics no manager of one changes them. What people change of themselves is in `own_details`.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from clinic.access import Actor
from clinic.models import Member, Membership, MemberState, Role
from clinic.phones import e164
from clinic.problems import Conflict, Forbidden, Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.staff import letters, queries
from clinic.staff.changing import changed, held_by, lock_person
from clinic.visible_text import ONE_LINE, hides_something, is_visible

THEIRS: Final = (
    "{name} works in another clinic too. Their name, credentials and number are changed by somebody who"
    " manages all of their clinics or runs the server, the number also by themselves under Your"
    " details."
)
OWN_NUMBER: Final = "Your own number is changed under Your details, with your password."


def checked(**given: str | None) -> dict[str, str]:
    """What was given, trimmed, the number as it is dialled. Raises `Invalid`."""
    details = {name: value.strip() for name, value in given.items() if value is not None}
    wrong = {name: ONE_LINE for name, value in details.items() if hides_something(value)}
    if "full_name" in details and not is_visible(details["full_name"]):
        wrong["full_name"] = "Enter the name, as it stands beside a signature."
    if details.get("mobile"):
        details["mobile"] = e164(details["mobile"])
        if not details["mobile"]:
            wrong["mobile"] = "Enter a phone number such as +1 312 555 0123."
    if wrong:
        raise Invalid(wrong)
    return details


def details_of(member: Member) -> dict[str, str | bool]:
    """What `change_details` changes of somebody, as it stands."""
    return {
        "full_name": member.full_name,
        "credentials": member.credentials,
        "mobile": member.mobile,
        "charge": Membership.objects.filter(
            clinic=member.clinic_id, user=member.user_id, role=Role.NURSE, charge=True
        ).exists(),
    }


def change_details(
    *,
    actor: Actor,
    member: Member,
    full_name: str | None = None,
    credentials: str | None = None,
    mobile: str | None = None,
    charge: bool | None = None,
    seen: Seen | None = None,
    now: datetime,
) -> Member:
    """Change what is given. The address that somebody signs in with is not: whoever could change it could
    become them. Of somebody invited, what was typed of them is changed, and nothing of their login.

    Raises `Invalid` (a line that hides something, a number that can't be dialled, credentials taken from a
    prescriber, a charge nurse who is no nurse, one's own number), `Forbidden` `works_elsewhere`, and
    `ChangedMeanwhile` where something stands otherwise than it was `seen`.
    """
    details = checked(full_name=full_name, credentials=credentials, mobile=mobile)
    wanted = details | ({} if charge is None else {"charge": charge})

    def change(row: Member) -> None:
        row.user = lock_person(row.user_id)
        refuse_unseen(
            seen,
            row,
            stands=details_of(row),
            wanted=wanted,
            who=lambda names: queries.who_changed_details(row, names),
        )
        if row.state == MemberState.INVITED and row.joined_at is None:
            _change_what_was_typed(row, details)
        elif row.state == MemberState.WORKING:
            _change_person(actor, row, details)
        else:
            raise Conflict(f"{row.full_name} doesn't work here now.", code="not_working")
        if charge is not None:
            _put_in_charge(row, charge=charge)

    return changed(actor, member, change)


def _change_what_was_typed(row: Member, details: dict[str, str]) -> None:
    _keep_a_prescribers_credentials(details, {Role(role) for role in row.offered})
    for name, value in details.items():
        setattr(row, queries.TYPED[name], value)
    row.save(update_fields=[queries.TYPED[name] for name in details])


def _change_person(actor: Actor, row: Member, details: dict[str, str]) -> None:
    """Whose login is locked."""
    person = row.user
    # A form sends all that it shows: what stands there already is no change.
    new = {name: value for name, value in details.items() if str(getattr(person, name)) != value}
    if not new:
        return
    if not queries.reaches_whole(actor.user_id, person.pk):
        raise Forbidden(THEIRS.format(name=person.full_name), code="works_elsewhere")
    if "mobile" in new and person.pk == actor.user_id:
        raise Invalid({"mobile": OWN_NUMBER})
    _keep_a_prescribers_credentials(new, held_by(row))
    for name, value in new.items():
        setattr(person, name, value)
    person.save(update_fields=list(new))
    if "mobile" in new:
        by = actor.name
        transaction.on_commit(lambda: letters.number_changed(user=person, by=by))


def _put_in_charge(row: Member, *, charge: bool) -> None:
    nurse = Membership.objects.filter(clinic=row.clinic, user=row.user, role=Role.NURSE).first()
    if nurse is None and charge:
        raise Invalid({"charge": f"{row.full_name} is no nurse here: only a nurse can be."})
    if nurse is not None:
        nurse.charge = charge
        nurse.save(update_fields=["charge"])


def _keep_a_prescribers_credentials(details: dict[str, str], roles: set[Role]) -> None:
    if details.get("credentials") == "" and Role.PRESCRIBER in roles:
        raise Invalid({"credentials": "A prescriber's credentials stand beside each signature."})
