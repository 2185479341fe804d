"""Reads about who works in a clinic, named for what they return."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, OuterRef, QuerySet, When
from knox.models import get_token_model

from clinic import access
from clinic.models import Clinic, Member, Membership, MemberState, Role, WayIn
from clinic.problems import Missing
from clinic.queries import names_of, who_changed

MOST_CHANGES = 200
# Without either nobody can be treated: the last one stops being one only on purpose.
NEEDED: Final = (Role.PRESCRIBER, Role.NURSE)
# Where the details of whoever hasn't joined yet are kept: as they were typed.
TYPED: Final = {"full_name": "invited_name", "credentials": "invited_credentials", "mobile": "invited_mobile"}


def members(rows: QuerySet[Member] | None = None) -> QuerySet[Member]:
    """Members with their roles (`roles`), whether they are charge nurse (`charge`), have a second factor
    (`second_factor`; of somebody with a role here, of nobody else) and work in another clinic (`elsewhere`):
    one query."""
    held = Membership.objects.filter(clinic=OuterRef("clinic"), user=OuterRef("user"))
    beyond = Membership.objects.filter(user=OuterRef("user")).exclude(clinic=OuterRef("clinic"))
    app = Authenticator.objects.filter(user=OuterRef("user"), type=Authenticator.Type.TOTP)
    found = Member.objects.all() if rows is None else rows
    return found.select_related("user", "clinic", "invited_by").annotate(
        roles=ArraySubquery(held.values("role").order_by("role")),
        charge=Exists(held.filter(charge=True)),
        second_factor=Exists(app) & Exists(held),
        elsewhere=Exists(held) & Exists(beyond),
    )


def members_of(clinic_id: UUID) -> QuerySet[Member]:
    """Everybody who works in this clinic, is invited, or was here, by the name that the clinic knows: whose
    the address of an invitation is, not even the order tells."""
    known_as = Case(When(joined_at=None, then="invited_name"), default="user__full_name")
    return members(Member.objects.filter(clinic=clinic_id)).order_by(known_as, "pk")


def invitations_of(user_id: UUID, *, now: datetime) -> QuerySet[Member]:
    """The invitations that somebody may accept now, the latest first."""
    open_now = Member.objects.filter(user=user_id, invited_until__gt=now).exclude(offered=[])
    return open_now.select_related("clinic", "user", "invited_by").order_by("-invited_until", "pk")


def invitation_of(user_id: UUID, member_id: UUID) -> Member:
    """Their own place in a clinic, whatever became of the invitation. Raises `Missing` for anybody else's."""
    found = Member.objects.select_related("clinic", "user").filter(user=user_id, pk=member_id).first()
    if found is None:
        raise Missing
    return found


def reaches_whole(manager_id: UUID, user_id: UUID) -> bool:
    """Whether one person manages every clinic that the other works in: a login is the whole person's, and a
    manager sees to what is of their own clinics."""
    managed = Membership.objects.filter(user=manager_id, role__in=access.MANAGE_STAFF).values("clinic")
    return not Membership.objects.filter(user=user_id).exclude(clinic__in=managed).exists()


def last_as(member: Member, roles: Collection[Role]) -> list[Role]:
    """Those of these roles that a clinic needs and that nobody but them has in it: one query."""
    others = Membership.objects.filter(clinic=member.clinic_id, user__is_active=True)
    had = set(others.exclude(user=member.user_id).values_list("role", flat=True))
    return [role for role in NEEDED if role in roles and role not in had]


def works_in(user_id: UUID) -> QuerySet[Clinic]:
    """The clinics in which they have a role now, by name."""
    held = Membership.objects.filter(user=user_id)
    return Clinic.objects.filter(pk__in=held.values("clinic")).order_by("name", "pk")


def roles_of(member: Any) -> list[Role]:
    """The roles that a row of `members` holds, in their order."""
    return [role for role in Role if role in member.roles]


def offered_to(member: Member) -> list[Role]:
    return [role for role in Role if role in member.offered]


@dataclass(frozen=True)
class Token:
    """A token for the API: `key` is its first characters, enough to tell it by and to no use."""

    key: str
    created_at: datetime
    expires_at: datetime | None


def tokens_of(member: Member, *, now: datetime) -> list[Token]:
    """Their tokens that still open something, the newest first. Of who doesn't work here nothing is told."""
    if member.state != MemberState.WORKING:
        return []
    rows = get_token_model().objects.filter(user=member.user_id).exclude(expiry__lte=now)
    return [Token(row.token_key, row.created, row.expiry) for row in rows.order_by("-created")]


@dataclass(frozen=True)
class Change:
    """One thing that happened to somebody's place in the clinic."""

    at: datetime
    who: str  # a name, or "" for a command of whoever runs the server
    what: str
    reason: str
    door: str


def changes_of(member: Member) -> list[Change]:
    """The latest 200 changes of their roles and invitations, the newest first: three queries."""
    held: Any = Membership.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it
    place: Any = Member.pgh_event_model.objects  # type: ignore[attr-defined]
    roles = list(
        held.filter(user=member.user_id, clinic=member.clinic_id)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:MOST_CHANGES]
    )
    versions = place.filter(pgh_obj_id=member.pk).select_related("pgh_context")
    places = list(versions.order_by("-pgh_id")[: MOST_CHANGES + 1])
    told = [(event, _of_role(event)) for event in roles]
    told += [
        (after, _of_invitation(member, before, after))
        for after, before in zip(places, [*places[1:], None], strict=True)
    ]
    said = [(event, what) for event, what in told if what]
    # Of themselves the clinic's own name: who refused is not told by the name of their login.
    names = names_of({_context(event).get("user", "") for event, _ in said})
    names |= {str(member.user_id): member.full_name}
    changes = [
        Change(
            at=event.pgh_created_at,
            who=names.get(_context(event).get("user", ""), ""),
            what=what,
            reason=_context(event).get("reason", ""),
            door=_context(event).get("door", ""),
        )
        for event, what in said
    ]
    return sorted(changes, key=lambda change: change.at, reverse=True)[:MOST_CHANGES]


def who_changed_details(member: Member, names: Collection[str]) -> dict[str, str]:
    """Who made the latest change of these details, "" where no name stands at it, wherever each is kept: of
    whoever has joined at their login, of the charge nurse at their role."""
    who: dict[str, str] = {}
    if "charge" in names:
        nurse = Membership.objects.get(user=member.user_id, clinic=member.clinic_id, role=Role.NURSE)
        who |= who_changed(nurse, ["charge"])
    if member.joined_at is not None:
        return who | who_changed(member.user, set(names) - {"charge"})
    typed = {TYPED[name]: name for name in names if name in TYPED}
    return who | {typed[column]: by for column, by in who_changed(member, typed).items()}


def _of_role(event: Any) -> str:
    label = Role(event.role).label
    if event.pgh_label == "update":
        return "Charge nurse" if event.charge else f"{label}, not in charge"
    return f"{label} given" if event.pgh_label == "insert" else f"{label} taken away"


def _of_invitation(member: Member, before: Any, after: Any) -> str:
    """What a version of somebody's place tells that their roles don't."""
    done = (after.way_in, after.way_in_at)
    if after.way_in and (before is None or (before.way_in, before.way_in_at) != done):
        return str(WayIn(after.way_in).label)
    if after.offered and (before is None or before.invited_until != after.invited_until):
        offered = ", ".join(role.label for role in Role if role in after.offered)
        return f"Invited as {offered.lower()}"
    if before is None or not before.offered or after.offered or after.joined_at != before.joined_at:
        return ""
    by_themselves = _context(after).get("user") == str(member.user_id)
    return "Invitation refused" if by_themselves else "Invitation withdrawn"


def _context(event: Any) -> dict[str, str]:
    return event.pgh_context.metadata if event.pgh_context else {}
