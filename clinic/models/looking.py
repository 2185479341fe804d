"""What is kept of the staff themselves: what happened at their sign-in, and who looked at what one of them
did.

Written once, never changed. What they opened of patients is `AccessLog` (patients).
"""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from clinic.models.clinics import Clinic
from clinic.models.staff import User


class SignInKind(models.TextChoices):
    """What happened. A session that nobody ends runs out by itself, which no row tells."""

    SIGNED_IN = "signed_in", "Signed in"
    WRONG_PASSWORD = "wrong_password", "Wrong password"
    WRONG_CODE = "wrong_code", "Wrong code"
    STOPPED = "stopped", "Stopped after too many wrong attempts"
    SHUT_OUT = "shut_out", "Refused: this login is shut"
    SIGNED_OUT = "signed_out", "Signed out"
    IDLE = "idle", "Signed out after a pause"
    ENDED = "ended", "Session ended"


class SecondFactor(models.TextChoices):
    TOTP = "totp", "authenticator app"
    RECOVERY_CODE = "recovery_codes", "recovery code"


class SignInLog(models.Model):
    """What happened at somebody's sign-in, when, and from where. Of logins that don't exist nothing is kept.

    Of a session that was ended `address` and `browser` are the session's own, and `by` is who ended it.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    user = models.ForeignKey(User, models.PROTECT, related_name="sign_ins")
    what = models.CharField(max_length=14, choices=SignInKind)
    second_factor = models.CharField(max_length=14, choices=SecondFactor, blank=True, default="")
    address = models.GenericIPAddressField(
        null=True, help_text="Null where the server wasn't told a whole one."
    )
    browser = models.CharField(max_length=200, blank=True, default="", help_text="As it names itself.")
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="sign_ins_by_user")]


class StaffLook(models.Model):
    """Who looked at what one of the staff did: at which of these lists, of which days."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    about = models.ForeignKey(User, models.PROTECT, related_name="looked_at")
    what = models.CharField(max_length=80)
    clinic_path: ClassVar[str] = "clinic_id"

    class Meta:
        indexes = [models.Index(fields=["about", "clinic", "-at"], name="staff_looks_by_person")]
