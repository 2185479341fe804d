"""The ids that creating rows has used, so that a call that comes twice makes one row (`idempotency`)."""

from django.db import models
from django.db.models.functions import Now

from clinic.models.staff import User


class CreatedId(models.Model):
    """The ids that create calls have used, each with a fingerprint of its body (design 3.3)."""

    id = models.UUIDField(primary_key=True, editable=False)
    noun = models.CharField(max_length=40)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
