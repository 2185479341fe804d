"""How the patient fares: questionnaires, the headache diary, and frozen reports about many patients."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from scheduler.models import TreatmentPlan
from sessions_app.models.sessions import Session


class ResponseStatus(models.TextChoices):
    """FHIR R4 questionnaire-answers-status, as far as it is used."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"


class AnsweredHow(models.TextChoices):
    PATIENT = "patient", "By the patient"
    INTERVIEW = "interview", "Read out by staff"


class Occasion(models.TextChoices):
    """Why a questionnaire is asked at this moment; the named ones may follow sooner than it looks back."""

    BASELINE = "baseline", "Before the first infusion"
    END_OF_INDUCTION = "end_of_induction", "End of the induction"
    MONTHLY = "monthly", "Monthly"
    OTHER = "other", "Other"


@tracked
class QuestionnaireResponse(Row):
    """One questionnaire as one patient answered it. The answers are its lines; the score stands here once
    it is complete, with the version of the instrument that made it (`outcomes.scoring`)."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="questionnaire_responses")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="questionnaire_responses")
    plan = models.ForeignKey(
        TreatmentPlan, models.PROTECT, null=True, blank=True, related_name="questionnaire_responses"
    )
    session = models.ForeignKey(
        Session, models.PROTECT, null=True, blank=True, related_name="questionnaire_responses"
    )
    instrument = models.CharField(max_length=12, help_text="Such as phq-9")
    instrument_version = models.CharField(max_length=12)
    status = models.CharField(max_length=16, choices=ResponseStatus, default=ResponseStatus.IN_PROGRESS)
    how = models.CharField(max_length=10, choices=AnsweredHow)
    occasion = models.CharField(max_length=16, choices=Occasion, default=Occasion.OTHER)
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True, help_text="FHIR `authored`")
    score = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty: an item is missing")
    prorated = models.BooleanField(default=False, help_text="The score was made up for missing items")
    error_reason = models.CharField(max_length=240, blank=True, help_text="Why it was entered in error")
    error_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Since when it doesn't count; earlier cut-offs still count it",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="response_completed_has_time",
                condition=~Q(status="completed") | Q(completed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="response_error_has_time_and_reason",
                condition=~Q(status="entered-in-error") | (Q(error_at__isnull=False) & ~Q(error_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "instrument", "completed_at"], name="response_by_patient")]


class QuestionnaireAnswer(Row):
    """One item, kept at the moment it was answered; answered again, the newest counts."""

    clinic_path = "response__clinic_id"

    response = models.ForeignKey(QuestionnaireResponse, models.PROTECT, related_name="answers")
    item = models.PositiveSmallIntegerField(help_text="From 1")
    value = models.PositiveSmallIntegerField()
    answered_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["response", "item", "-answered_at"], name="answer_newest")]


class SafetyConcern(Row):
    """An answer about self-harm, which holds the patient's next start until it has its assessment."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="safety_concerns")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="safety_concerns")
    answer = models.OneToOneField(QuestionnaireAnswer, models.PROTECT, related_name="concern")
    raised_at = models.DateTimeField()


class SafetyAssessment(Row):
    """What a prescriber found when they assessed the patient after such an answer."""

    clinic_path = "concern__clinic_id"

    concern = models.OneToOneField(SafetyConcern, models.PROTECT, related_name="assessment")
    words = models.TextField()
    assessed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="safety_assessment_has_words", condition=~Q(words="")),
        ]


@tracked
class DiaryDay(Row):
    """One day of the headache diary. No row is no entry, which is not the same as no headache."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="diary_days")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="diary_days")
    day = models.DateField(help_text="The patient's local day")
    headache = models.BooleanField()
    hours = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    peak = models.PositiveSmallIntegerField(null=True, blank=True, help_text="0 to 10")
    migraine_features = models.BooleanField(default=False)
    aura = models.CharField(max_length=40, blank=True, help_text="Its type; empty for none")
    triggers = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    acute_medicine_class = models.CharField(max_length=20, blank=True)
    acute_medicine_doses = models.PositiveSmallIntegerField(default=0)
    lost_function_hours = models.DecimalField(max_digits=3, decimal_places=1, null=True, blank=True)
    note = models.CharField(max_length=240, blank=True)
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("patient", "day", name="diary_day_once")]


class CohortReport(Row):
    """A report about many patients, frozen: its question, its cut-off, and exactly what it answered."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="cohort_reports")
    query = models.JSONField()
    cut_off = models.DateTimeField(help_text="Nothing that was recorded later counts")
    code_version = models.CharField(max_length=20)
    content = models.TextField(help_text="Canonical JSON")
    sha256 = models.CharField(max_length=64)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
