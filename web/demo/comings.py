"""Who came and went at the synthetic clinic: a nurse who moved away, and one who has been invited.

As rows, not by `clinic.staff`: no mail shall leave about people who are made up.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Member, Membership, Role, User
from clinic.staff import invitations

LEFT: Final = ("wanda@chairside.example", "Wanda Ost", "RN")
INVITED: Final = ("ines@chairside.example", "Ines Kraft", "RN")
SINCE_THE_INVITATION: Final = timedelta(hours=3)


def tell(*, clinic: Clinic, manager: Actor, since: datetime, lately: datetime, now: datetime) -> None:
    """Everybody has been here `since` it opened; one left `lately`, one was invited this morning."""
    with acting(manager.user_id, reason="Moved away"):
        left = _user(LEFT)
        Membership.objects.create(user=left, clinic=clinic, role=Role.NURSE)
        Membership.objects.filter(user=left).delete()
    Member.objects.filter(clinic=clinic).update(joined_at=since)
    Member.objects.filter(clinic=clinic, user=left).update(left_at=lately)
    invited_at = now - SINCE_THE_INVITATION
    with acting(manager.user_id):
        Member.objects.create(
            id=id_of("invited"),
            clinic=clinic,
            user=_user(INVITED),
            invited_name=INVITED[1],
            invited_credentials=INVITED[2],
            offered=[Role.NURSE],
            invited_by_id=manager.user_id,
            invited_until=invitations.lasts_until(invited_at),
            invitation_sent_at=invited_at,
        )


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"chairside:comings:{name}")


def _user(person: tuple[str, str, str]) -> User:
    email, name, credentials = person
    return User.objects.create_user(email, full_name=name, credentials=credentials)
