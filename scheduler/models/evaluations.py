"""From referral to the plan: who sent a patient, what a prescriber found, and whether they may be treated.

Names are FHIR's where it has them: a referral is a ServiceRequest. What is found and decided is never
changed, and keeps who wrote it: a later one takes its place.
"""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.history import tracked
from clinic.models import Clinic, Patient, Row, User
from scheduler.models.plans import TreatmentPlan


class RequesterKind(models.TextChoices):
    """Who sends patients (domain.md 1.1, row 1)."""

    SELF = "self", "The patient"
    GENERAL_PRACTITIONER = "general-practitioner", "General practitioner"
    NEUROLOGIST = "neurologist", "Neurologist"
    PSYCHIATRIST = "psychiatrist", "Psychiatrist"
    PAIN_PHYSICIAN = "pain-physician", "Pain doctor"
    OTHER = "other", "Somebody else"


class ReferralStatus(models.TextChoices):
    """FHIR request-status, as far as a referral uses it."""

    ACTIVE = "active", "Active"
    REVOKED = "revoked", "Withdrawn"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


@tracked
class Referral(Row):
    """Who asked for the treatment, why and when; and what records were asked for and came."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="referrals")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="referrals")
    status = models.CharField(max_length=16, choices=ReferralStatus, default=ReferralStatus.ACTIVE)
    authored_on = models.DateField(help_text="The day of the referral, or of the patient's inquiry")
    requester_kind = models.CharField(max_length=24, choices=RequesterKind)
    requester_name = models.CharField(max_length=120, blank=True, help_text="Empty of the patient's own")
    requester_practice = models.CharField(max_length=120, blank=True)
    requester_contact = models.CharField(
        max_length=240, blank=True, help_text="Where the report goes: fax, e-mail or address"
    )
    reason = models.TextField()
    records_requested_on = models.DateField(null=True, blank=True)
    records_received_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="referral_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="referral_names_requester",
                condition=Q(requester_kind="self") | ~Q(requester_name=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-authored_on"], name="referral_by_patient")]


class AsaClass(models.TextChoices):
    """The ASA's physical status (domain.md 1.1, row 3, names the class and no more)."""

    ONE = "1", "I"
    TWO = "2", "II"
    THREE = "3", "III"
    FOUR = "4", "IV"
    FIVE = "5", "V"


@pgtrigger.register(pgtrigger.Protect(name="evaluation_kept", operation=pgtrigger.Update | pgtrigger.Delete))
class Evaluation(Row):
    """One consultation, as its prescriber writes it down (domain.md 1.1, row 3). The contraindication screen
    is answered with the plan."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="evaluations")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="evaluations")
    evaluated_on = models.DateField()
    indications = ArrayField(models.CharField(max_length=10), help_text="ICD-10-CM codes")
    severity = models.CharField(max_length=240, help_text="In words, with the score where there is one")
    asa_class = models.CharField(max_length=1, choices=AsaClass)
    findings = models.TextField(blank=True, help_text="History and examination, as far as they matter here")
    prior_treatments = models.TextField(blank=True, help_text="Drug, dose, duration, outcome, reason stopped")
    evaluated_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="evaluation_has_indication", condition=~Q(indications=[])),
            models.UniqueConstraint(fields=["id", "patient"], name="evaluation_id_with_patient"),
        ]
        indexes = [models.Index(fields=["patient", "-recorded_at"], name="evaluation_by_patient")]


class Investigation(models.TextChoices):
    """What is looked at where there is a risk; healthy people need none of them (domain.md 1.2 [V:5]). The
    pregnancy test is of 1.3, the urinalysis of 4.1."""

    ECG = "ecg", "ECG"
    LIVER = "liver", "Liver tests"
    PREGNANCY = "pregnancy", "Pregnancy test"
    URINALYSIS = "urinalysis", "Urinalysis"


@pgtrigger.register(pgtrigger.Protect(name="result_kept", operation=pgtrigger.Update | pgtrigger.Delete))
class EvaluationResult(Row):
    """A laboratory's or an ECG's result that the prescriber had before them, of its day."""

    clinic_path = "evaluation__clinic_id"

    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="results")
    investigation = models.CharField(max_length=12, choices=Investigation)
    done_on = models.DateField()
    result = models.CharField(max_length=240)

    class Meta:
        constraints = [
            models.UniqueConstraint("evaluation", "investigation", name="evaluation_result_once"),
            models.CheckConstraint(name="evaluation_result_said", condition=~Q(result="")),
        ]


class Eligibility(models.TextChoices):
    """domain.md 1.1, row 4."""

    ELIGIBLE = "eligible", "Eligible"
    WITH_CONDITIONS = "eligible-with-conditions", "Eligible with conditions"
    DEFERRED = "deferred", "Deferred"
    DECLINED = "declined", "Declined"


@pgtrigger.register(pgtrigger.Protect(name="eligibility_kept", operation=pgtrigger.Update | pgtrigger.Delete))
class EligibilityDecision(Row):
    """Whether a patient may be treated, signed by a prescriber. Each takes the place of the one before: of a
    patient's there is one that no other supersedes."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="eligibility_decisions")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="eligibility_decisions")
    evaluation = models.ForeignKey(
        Evaluation,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        help_text="On what it rests; empty where the evaluation is kept elsewhere",
    )
    decision = models.CharField(max_length=24, choices=Eligibility)
    reason = models.TextField()
    conditions = models.TextField(blank=True)
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    supersedes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded_by"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="eligibility_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="eligibility_conditions_of_their_own",
                condition=Q(decision="eligible-with-conditions") & ~Q(conditions="")
                | ~Q(decision="eligible-with-conditions") & Q(conditions=""),
            ),
            models.UniqueConstraint(
                "patient", name="eligibility_one_first", condition=Q(supersedes__isnull=True)
            ),
        ]


class CourseStep(models.TextChoices):
    """What follows an induction (domain.md 1.1, row 14)."""

    CONTINUE = "continue", "Continue with another series"
    MAINTAIN = "maintain", "Go on to maintenance"
    STOP = "stop", "Stop"


@pgtrigger.register(
    pgtrigger.Protect(name="course_assessment_kept", operation=pgtrigger.Update | pgtrigger.Delete)
)
class CourseAssessment(Row):
    """What a prescriber found when the ordered sessions had been given, and what follows."""

    clinic_path = "plan__clinic_id"

    plan = models.ForeignKey(TreatmentPlan, models.PROTECT, related_name="assessments")
    step = models.CharField(max_length=8, choices=CourseStep)
    words = models.TextField(help_text="The response against the baseline, in words")
    assessed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    assessed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(name="course_assessment_has_words", condition=~Q(words="")),
        ]


@tracked
class ClinicPrescribing(Row):
    """What a clinic asks for before a plan is written; a clinic without a row asks for nothing more."""

    clinic = models.OneToOneField(Clinic, models.PROTECT, related_name="prescribing")
    plans_need_eligibility = models.BooleanField(
        default=False, help_text="A plan is written only for whom a prescriber has found eligible here"
    )
