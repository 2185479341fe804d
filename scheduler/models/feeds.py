"""Calendar feeds: a secret address under which a calendar program reads a nurse's or a chair's visits."""

from django.db import models

from clinic.history import tracked
from clinic.models import Clinic, Row, User
from scheduler.models.resources import Resource


@tracked
class CalendarFeed(Row):
    """One address for one resource. Only the token's hash is kept; revoked, it answers as if it never was."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="feeds")
    token_sha256 = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
