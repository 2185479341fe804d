"""Who signs in, the roles that they have in a clinic, and their place in it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower, Now
from phonenumber_field.modelfields import PhoneNumberField

from clinic.history import tracked
from clinic.models.clinics import Clinic
from clinic.models.rows import Row


class UserManager(BaseUserManager["User"]):
    """Makes users by e-mail address, which is kept in lower case so that it has one spelling."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


@tracked
class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in. What they may do comes from their memberships, never from this row."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField()
    full_name = models.CharField(max_length=120)
    credentials = models.CharField(
        max_length=40, blank=True, help_text="RN, MD, NP: printed beside a signature."
    )
    mobile = PhoneNumberField(blank=True, help_text="Where urgent tasks page this person, in E.164.")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["full_name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]


class Role(models.TextChoices):
    FRONT_DESK = "front_desk", "Front desk"
    NURSE = "nurse", "Nurse"
    PRESCRIBER = "prescriber", "Prescriber"
    MANAGER = "manager", "Manager"


@tracked
class Membership(Row):
    """A user works in a clinic in a role; somebody with two roles has two rows."""

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    charge = models.BooleanField(
        default=False, help_text="Charge nurse: is told when a nurse does not answer an alert"
    )

    class Meta:
        constraints = [models.UniqueConstraint("user", "clinic", "role", name="membership_once")]


class MemberState(models.TextChoices):
    WORKING = "working", "Works here"
    INVITED = "invited", "Invited"
    REFUSED = "refused", "Invitation refused"
    LEFT = "left", "Left"
    WITHDRAWN = "withdrawn", "Invitation withdrawn"


class WayIn(models.TextChoices):
    """What of somebody's ways in a manager has ended, as the history of their place tells it."""

    SESSIONS = "sessions", "Signed out everywhere"
    TOKEN = "token", "Token revoked"
    SECOND_FACTOR = "second_factor", "Second factor taken away"
    LINK = "link", "Link shown to be handed over"


@tracked
class Member(Row):
    """A person's place in a clinic: invited, working there, or gone. What they may do are their memberships.

    Triggers keep it in step with those (0009_members): whoever is given a role has joined, whoever has none
    left has gone. So no door can make a colleague whom the list of staff doesn't know.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="members")
    user = models.ForeignKey(User, models.PROTECT, related_name="places")
    offered = ArrayField(
        models.CharField(max_length=12, choices=Role),
        default=list,
        blank=True,
        help_text="The roles of an invitation that nobody has taken up yet; empty for no invitation.",
    )
    # Of whoever was invited, as the manager typed it. It says nothing of the login that the address may have.
    invited_name = models.CharField(max_length=120, blank=True, default="", db_default="")
    invited_credentials = models.CharField(max_length=40, blank=True, default="", db_default="")
    invited_mobile = models.CharField(max_length=20, blank=True, default="", db_default="", help_text="E.164")
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    invited_until = models.DateTimeField(null=True, help_text="When the link of the last invitation ends.")
    invitation_sent_at = models.DateTimeField(null=True, help_text="When the mail server took it.")
    refused_at = models.DateTimeField(null=True, help_text="When they refused the last invitation.")
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    # The last of each that a manager did: sessions, tokens and second factors themselves have no history.
    way_in = models.CharField(
        max_length=13,
        choices=WayIn,
        blank=True,
        default="",
        db_default="",
        help_text="Which of their ways in a manager ended or gave last.",
    )
    way_in_at = models.DateTimeField(null=True, help_text="When a manager did.")

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "user", name="member_once"),
            models.CheckConstraint(
                name="member_invited_until_a_moment",
                condition=models.Q(offered=[]) | models.Q(invited_until__isnull=False),
            ),
        ]

    @property
    def state(self) -> MemberState:
        if self.offered:
            return MemberState.INVITED
        if self.joined_at is None:
            return MemberState.REFUSED if self.refused_at else MemberState.WITHDRAWN
        return MemberState.LEFT if self.left_at else MemberState.WORKING

    def invitation_has_ended(self, now: datetime) -> bool:
        """Whether there is one that its link opens no more: nobody answered it in time."""
        return bool(self.offered) and (self.invited_until is None or self.invited_until <= now)

    @property
    def full_name(self) -> str:
        """As this clinic knows them: until they have joined, as was typed, whoever the address is of."""
        return self.invited_name if self.joined_at is None else self.user.full_name

    @property
    def credentials(self) -> str:
        return self.invited_credentials if self.joined_at is None else self.user.credentials

    @property
    def mobile(self) -> str:
        """Where they are paged, in E.164; of somebody who works elsewhere by now it is nobody's business."""
        if self.joined_at is None:
            return self.invited_mobile
        return str(self.user.mobile) if self.state == MemberState.WORKING else ""
