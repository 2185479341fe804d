"""Clinics: opened by whoever runs the installation, described by their managers. How they book is upstairs.

Nobody opens a clinic from a page: docs/decisions/0015-a-new-clinic.md says why.
"""

from collections.abc import Collection
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from clinic.access import Actor
from clinic.history import acting
from clinic.lock_screens import faults_of_words
from clinic.models import Clinic, Membership, Role, User
from clinic.phones import e164, is_assigned
from clinic.problems import Conflict, Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from clinic.visible_text import hidden_in, is_visible

DETAILS: Final = ("name", "sender_name", "phone", "address")
PHONE_MEND: Final = "Write a number that can be dialled, in full, such as +1 312 555 0100."


def open_clinic(
    *,
    details: dict[str, str],
    manager_email: str = "",
    manager_name: str = "",
    manager_roles: Collection[Role] = (),
    credentials: str = "",
) -> tuple[Clinic, User | None]:
    """Make a clinic, and with an e-mail address its first manager, who may have other roles as well.

    `details` are name, sender_name, time_zone, phone, and address where there is one. Raises `Invalid` with
    every field that needs mending, and `Conflict` `clinic_known` for a name that is taken.
    """
    wrong = _wrong(details)
    email = manager_email.strip().lower()
    if email:
        try:
            validate_email(email)
        except ValidationError:
            wrong["manager"] = "This isn't an e-mail address. Write it like name@example.org."
        known = User.objects.filter(email__iexact=email).first()
        if known is None and not is_visible(manager_name):
            wrong["manager_name"] = "Say who this is."
    clinic = Clinic(**{name: value.strip() for name, value in details.items()})
    clinic.phone = e164(str(clinic.phone)) or clinic.phone
    try:
        clinic.full_clean(exclude=[*wrong, *({"phone"} & set(wrong))])
    except ValidationError as error:
        wrong |= {field: " ".join(said) for field, said in error.message_dict.items()}
    if wrong:
        raise Invalid(wrong)

    def work() -> tuple[Clinic, User | None]:
        if Clinic.objects.filter(name=clinic.name).exists():
            raise Conflict("A clinic of this name is there already.", code="clinic_known")
        with acting(None, door="command"):
            clinic.save(force_insert=True)
            if not email:
                return clinic, None
            user = User.objects.filter(email__iexact=email).first() or User.objects.create_user(
                email, full_name=manager_name.strip(), credentials=credentials.strip()
            )
            for role in {Role.MANAGER, *manager_roles}:
                Membership.objects.create(user=user, clinic=clinic, role=role)
        return clinic, user

    return in_transaction(work)


def details_of(clinic: Clinic) -> dict[str, str]:
    """What `change_details` changes, as it stands."""
    return {name: str(getattr(clinic, name)) for name in DETAILS}


def change_details(
    *, actor: Actor, clinic: Clinic, changes: dict[str, str], seen: Seen | None = None
) -> Clinic:
    """Change name, sender_name, phone, address: what is given. Equal values write no history.

    Messages that have left keep the name that they were sent under. Raises `Invalid`, and `ChangedMeanwhile`
    where something stands otherwise than it was `seen`.
    """
    given = {name: value.strip() for name, value in changes.items() if name in DETAILS}
    wrong = _wrong(given)
    if wrong:
        raise Invalid(wrong)
    if "phone" in given:
        given["phone"] = e164(given["phone"])

    def work() -> Clinic:
        row = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        stands = details_of(row)
        refuse_unseen(seen, row, stands=stands, wanted=given)
        changed = [name for name, value in given.items() if stands[name] != value]
        for name in changed:
            setattr(row, name, given[name])
        if changed:
            with acting(actor.user_id):
                row.save(update_fields=changed)
        return row

    return in_transaction(work)


def _wrong(details: dict[str, Any]) -> dict[str, str]:
    wrong: dict[str, str] = hidden_in({name: str(details.get(name, "")) for name in DETAILS})
    needs = {"name": "A clinic needs a name.", "sender_name": "Patients need a name to know you by."}
    for name, mend in needs.items():
        if name in details and not is_visible(details[name]):
            wrong[name] = mend
    for name, most in {"name": 120, "sender_name": 40, "address": 240}.items():
        if len(str(details.get(name, "")).strip()) > most:
            wrong.setdefault(name, f"Write at most {most} characters.")
    # It stands before every text: the name alone would say what is treated (domain.md 6.3).
    if told := faults_of_words(str(details.get("sender_name", ""))):
        wrong.setdefault("sender_name", " ".join(told))
    if "phone" in details:
        number = e164(str(details["phone"]))
        if not number or not is_assigned(number):
            wrong["phone"] = PHONE_MEND
    return wrong
