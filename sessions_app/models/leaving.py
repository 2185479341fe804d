"""The way home."""

from django.db import models
from django.db.models import Q

from sessions_app.models.sessions import Observation, Session


class Discharge(Observation):
    """The discharge: which criteria were met, and with whom the patient left (domain.md 1.5)."""

    session = models.ForeignKey(Session, models.PROTECT, related_name="discharges")
    vital_signs_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    activity_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2: oriented and steady gait")
    nausea_pain_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    iv_site_score = models.PositiveSmallIntegerField(help_text="0-2, in place of surgical bleeding")
    intake_score = models.PositiveSmallIntegerField(help_text="PADSS 0-2")
    vital_signs_computed = models.BooleanField(
        default=False, help_text="The first score was reckoned from the baseline, not judged"
    )
    oriented = models.BooleanField(null=True, blank=True, help_text="To person, place and time")
    steady_gait = models.BooleanField(null=True, blank=True)
    suicidality_asked_again = models.BooleanField(null=True, blank=True, help_text="Empty: no need to")
    iv_removed = models.BooleanField(null=True, blank=True)
    escort_name = models.CharField(max_length=120)
    escort_phone = models.CharField(max_length=40, blank=True)
    escort_seen = models.BooleanField(
        null=True, blank=True, help_text="An adult, here, taking the patient home"
    )
    instructions_given = models.BooleanField()
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="discharge_scores",
                condition=Q(
                    vital_signs_score__lte=2,
                    activity_score__lte=2,
                    nausea_pain_score__lte=2,
                    iv_site_score__lte=2,
                    intake_score__lte=2,
                ),
            )
        ]
