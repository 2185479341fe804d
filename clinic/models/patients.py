"""Patients and what a clinic knows of them: names in other systems, allergies, consents, and who looked."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Now, Upper
from phonenumber_field.modelfields import PhoneNumberField

from clinic import clock
from clinic.history import tracked
from clinic.models.clinics import Clinic
from clinic.models.rows import Row
from clinic.models.staff import User


class AdministrativeGender(models.TextChoices):
    """FHIR AdministrativeGender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class Channel(models.TextChoices):
    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"
    NONE = "none", "No messages"


@tracked
class Patient(Row):
    """A patient of one clinic. Another clinic's record of the same person is another row."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="patients")
    mrn = models.CharField("MRN", max_length=64)
    family_name = models.CharField(max_length=120)
    given_names = models.CharField(max_length=120)
    birth_date = models.DateField()
    deceased = models.BooleanField(default=False)
    gender = models.CharField(
        max_length=8, choices=AdministrativeGender, default=AdministrativeGender.UNKNOWN
    )
    phone = PhoneNumberField(blank=True, help_text="Mobile number in E.164, such as +13125550123.")
    phone_as_given = models.CharField(
        max_length=40, blank=True, help_text="Kept when it cannot be dialled as it is."
    )
    email = models.EmailField(blank=True)
    address_line = models.CharField(max_length=240, blank=True)
    city = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=40, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[clock.validate_zone], help_text="Empty: the clinic's."
    )
    language = models.CharField(max_length=12, default="en", help_text="BCP 47, such as en or es.")
    preferred_channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    escort_name = models.CharField(max_length=120, blank=True)
    escort_phone = PhoneNumberField(blank=True)
    flags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    synthetic = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "mrn", name="patient_mrn_once_per_clinic"),
            # Named by the composite foreign keys that keep a patient's rows in the patient's clinic.
            models.UniqueConstraint("id", "clinic", name="patient_id_with_clinic"),
        ]
        indexes = [
            # Read by queries.find_patients: letters anywhere in a name, typing errors forgiven.
            GinIndex(
                OpClass(Upper("family_name"), "gin_trgm_ops"),
                OpClass(Upper("given_names"), "gin_trgm_ops"),
                name="patient_name_letters",
            ),
            models.Index(fields=["clinic", "family_name", "given_names"], name="patient_list"),
            models.Index(fields=["clinic", "birth_date"], name="patient_birth_date"),
            models.Index(fields=["clinic", "phone"], name="patient_phone"),
            # And some digits of a telephone number or an MRN, such as the last four.
            GinIndex(
                OpClass("phone", "gin_trgm_ops"),
                OpClass(Upper("mrn"), "gin_trgm_ops"),
                name="patient_digits",
            ),
            # Read by duplicates.possible_duplicates, together with those above.
            models.Index("clinic", Upper("email"), name="patient_email"),
        ]

    @property
    def full_name(self) -> str:
        return f"{self.given_names} {self.family_name}"

    @property
    def zone(self) -> str:
        """The patient's own time zone, or the clinic's."""
        return self.time_zone or self.clinic.time_zone


@tracked
class PatientIdentifier(Row):
    """A name for the patient in another system (FHIR Identifier); the key that an import matches on."""

    clinic_path = "patient__clinic_id"

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="identifiers")
    system = models.CharField(max_length=240)
    value = models.CharField(max_length=240)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "system", "value", name="identifier_names_one_patient"),
        ]


@tracked
class Allergy(Row):
    """FHIR AllergyIntolerance, as far as a nurse needs it beside the chair."""

    clinic_path = "patient__clinic_id"

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="allergies")
    source_id = models.CharField(max_length=240, blank=True, help_text="The id in the system it came from.")
    substance = models.CharField(max_length=240)
    code_system = models.CharField(max_length=240, blank=True)
    code = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=40, blank=True)
    criticality = models.CharField(max_length=20, blank=True)
    reaction = models.TextField(blank=True)
    clinical_status = models.CharField(max_length=20, default="active")
    verification_status = models.CharField(max_length=20, blank=True)
    recorded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "allergies"
        constraints = [
            models.UniqueConstraint(
                "patient", "source_id", name="allergy_imported_once", condition=~models.Q(source_id="")
            )
        ]


class ConsentScope(models.TextChoices):
    TREATMENT = "treatment", "Treatment"
    SMS = "sms", "Text messages"
    EMAIL = "email", "E-mail messages"
    DATA_USE = "data_use", "Use of data"


@tracked
class Consent(Row):
    """A signed yes to one thing, in one version of its wording; revoked with a time, never erased."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="consents")
    scope = models.CharField(max_length=12, choices=ConsentScope)
    form_version = models.CharField(max_length=40)
    method = models.CharField(max_length=40, help_text="How it was given: paper form, tablet, text reply.")
    given_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_how = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "patient", "scope", name="consent_one_current", condition=models.Q(revoked_at__isnull=True)
            )
        ]


class AccessLog(models.Model):
    """Every look at a patient's chart: who, whose, through which door. Written once, never changed."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, models.PROTECT, related_name="access_log")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    what = models.CharField(max_length=80)
    clinic_path: ClassVar[str] = "clinic_id"

    class Meta:
        indexes = [
            models.Index(fields=["patient", "-at"], name="access_by_patient"),
            models.Index(fields=["user", "-at"], name="access_by_user"),
        ]
