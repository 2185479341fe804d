"""What every table of the record has. It names no other table: all of them stand on it."""

from typing import ClassVar
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now


class Row(models.Model):
    """What every table of the record has: an id made by whoever creates the row, and when it arrived."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # Where `clinic.access` finds the clinic that a row belongs to.
    clinic_path: ClassVar[str] = "clinic_id"

    class Meta:
        abstract = True
