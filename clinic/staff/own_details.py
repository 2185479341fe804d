"""What people change of themselves: the number on which they are paged.

Not their name, nor their credentials: both stand beside signatures, and nobody vouches for themselves.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from clinic.access import Actor
from clinic.history import acting
from clinic.models import User
from clinic.signin import Proof, reauthenticate
from clinic.staff import letters
from clinic.staff.changing import lock_person
from clinic.staff.details import checked
from clinic.transactions import in_transaction

WHY_AGAIN: Final = "urgent pages about patients go to this number"


def change_own_mobile(*, actor: Actor, mobile: str, proof: Proof, now: datetime) -> User:
    """Their number in every clinic that they work in; empty: they are paged by e-mail. They are told by mail.

    Raises `Invalid` at `mobile`, `password` or `code`. The number that stands there already changes nothing.
    """
    number = checked(mobile=mobile)["mobile"]
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def work_() -> User:
        person = lock_person(actor.user_id)
        if str(person.mobile) == number:
            return person
        with acting(actor.user_id, reason="Changed their own number"):
            person.mobile = number
            person.save(update_fields=["mobile"])
        transaction.on_commit(lambda: letters.number_changed(user=person, by=""))
        return person

    return in_transaction(work_)
