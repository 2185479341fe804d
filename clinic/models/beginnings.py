"""How a clinic begins: files of patients that are brought in, and steps of setting up that are left out."""

from django.db import models

from clinic.history import tracked
from clinic.models.clinics import Clinic
from clinic.models.rows import Row
from clinic.models.staff import User


class PatientImport(Row):
    """A file of patients that a manager has brought: what taking it in would do, or has done.

    What the file holds (compressed) is emptied when it is let go, a week later at the latest; the report
    keeps counts and sentences without a patient's data, and until then the names of lookalikes. It has no
    history of its own, which would keep what was to be forgotten: who brought it in, and when, stands here.
    """

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patient_imports")
    file_name = models.CharField(max_length=80)
    content = models.BinaryField(default=bytes)
    report = models.JSONField()
    brought_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    brought_at = models.DateTimeField()
    taken_in_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    taken_in_at = models.DateTimeField(null=True)
    let_go_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "-brought_at"], name="patient_import_latest")]


@tracked
class SetupSkip(Row):
    """A step of a new clinic's setting up that somebody left out, with the reason, until it is taken up."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="setup_skips")
    step = models.CharField(max_length=20)
    reason = models.CharField(max_length=200)
    skipped_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    taken_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "clinic", "step", name="setup_step_skipped_once", condition=models.Q(taken_up_at__isnull=True)
            )
        ]
