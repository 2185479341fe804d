"""People who come and go in Lakeside, and Max, who sees to it and shows with his password that it is him."""

from datetime import datetime
from typing import Any

from clinic import access, work
from clinic.models import Member, Membership, Role, Urgency, User, WorkItem
from clinic.signin import Proof
from clinic.staff import joining, members
from tests.cast import NOW, PASSWORD, House, make_user, new_id


def member(house: House, user: User) -> Member:
    return Member.objects.get(user=user, clinic=house.clinic)


def by_max(house: House, **more: Any) -> dict[str, Any]:
    """What each change of Max's says of him."""
    return {"actor": house.actor(house.max), "now": NOW, "proof": Proof(PASSWORD), **more}


def invited(house: House, name: str = "Nora Neu", *roles: Role, **more: Any) -> Member:
    """Somebody who has never been here, with an open invitation."""
    email = f"{name.split()[0].lower()}.{name.split()[1].lower()}@lakeside.example"
    details: dict[str, Any] = {"credentials": "MD", "email": email, **more}
    return members.invite(
        id=new_id(),
        clinic=house.clinic,
        full_name=name,
        offered=roles or (Role.NURSE,),
        **details,
        **by_max(house),
    )


def accepted(invitation: Member, *, now: datetime = NOW) -> Member:
    """Whoever it is for accepts what it offers."""
    return joining.accept(
        actor=access.actor_of(invitation.user),
        member=invitation,
        roles=[Role(role) for role in invitation.offered],
        now=now,
    )


def gone(house: House, name: str = "Gil Gone") -> Member:
    """A nurse who worked here and left."""
    user = make_user(house.clinic, name, Role.NURSE)
    Membership.objects.filter(user=user).delete()
    return member(house, user)


def task_of(house: House, user: User) -> WorkItem:
    """A nurse's task that this person has taken."""
    task = work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause="story",
        title="Call the patient",
        urgency=Urgency.AMBER,
        role=Role.NURSE,
        due_at=NOW,
    )
    return work.acknowledge(actor=house.actor(user), item=task, now=NOW)
