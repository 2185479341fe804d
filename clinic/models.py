"""The ground floor's tables: clinics, users, memberships, patients, consent, tasks and the access log."""

from typing import Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Now, Upper
from phonenumber_field.modelfields import PhoneNumberField

from clinic import clock
from clinic.history import tracked


class Row(models.Model):
    """What every table of the record has: an id made by whoever creates the row, and when it arrived."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    # Where `clinic.access` finds the clinic that a row belongs to.
    clinic_path: ClassVar[str] = "clinic_id"

    class Meta:
        abstract = True


@tracked
class Clinic(Row):
    """One site with one calendar. Its own name may reveal what it treats; messages use the sender name."""

    clinic_path = "id"

    name = models.CharField(max_length=120)
    sender_name = models.CharField(max_length=40, help_text="Neutral name that patients see in messages.")
    time_zone = models.CharField(max_length=64, validators=[clock.validate_zone])
    phone = PhoneNumberField()
    address = models.CharField(max_length=240, blank=True)
    opening_horizon_days = models.PositiveSmallIntegerField(
        default=120, help_text="How many days ahead working hours are laid out for booking."
    )
    holiday_calendar = models.CharField(
        max_length=12, blank=True, help_text="ISO 3166 country or subdivision, such as US-IL; empty for none."
    )
    # [D] domain.md 8.3 counts cancellations by more and less than 24 hours.
    late_cancellation_hours = models.PositiveSmallIntegerField(
        default=24, help_text="A cancellation closer to the visit than this is late."
    )
    hold_minutes = models.PositiveSmallIntegerField(
        default=10, help_text="How long a time is held while it is talked over."
    )
    offer_minutes = models.PositiveSmallIntegerField(
        default=120, help_text="How long a patient on the waitlist has to answer an offer."
    )
    feeds_show_names = models.BooleanField(
        default=False, help_text="Calendar feeds of nurses and chairs name the patients."
    )
    synthetic = models.BooleanField(default=False, help_text="Every record in this clinic is made up.")

    class Meta:
        constraints = [
            # Run out as it is made, nothing could be held or offered at all.
            models.CheckConstraint(
                name="clinic_holds_and_offers_last",
                condition=models.Q(hold_minutes__gte=1, offer_minutes__gte=1),
            )
        ]


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
    LEFT = "left", "Left"
    WITHDRAWN = "withdrawn", "Invitation withdrawn"


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
    invited_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    invited_until = models.DateTimeField(null=True, help_text="When the link of the last invitation ends.")
    invitation_sent_at = models.DateTimeField(null=True, help_text="When the mail server took it.")
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

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
            return MemberState.WITHDRAWN
        return MemberState.LEFT if self.left_at else MemberState.WORKING


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
        indexes = [models.Index(fields=["patient", "-at"], name="access_by_patient")]


class Urgency(models.TextChoices):
    RED = "red", "Now"
    AMBER = "amber", "Today"
    ROUTINE = "routine", "Routine"


@tracked
class WorkItem(Row):
    """A task for staff. It is closed by an outcome in words, never by silence."""

    clinic = models.ForeignKey(Clinic, models.PROTECT, related_name="work_items")
    patient = models.ForeignKey(Patient, models.PROTECT, null=True, related_name="work_items")
    # What it is about, as (kind, id) of a row upstairs that this floor cannot name; unique, so that one
    # cause opens one task however often it is noticed.
    cause = models.CharField(max_length=80)
    title = models.CharField(max_length=160)
    urgency = models.CharField(max_length=8, choices=Urgency)
    role = models.CharField(
        max_length=12, choices=Role, help_text="Whose task it is until somebody takes it."
    )
    owner = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="work_items")
    due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    escalated_at = models.DateTimeField(
        null=True, blank=True, help_text="When it went up the ladder unanswered."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("clinic", "cause", name="work_item_once_per_cause"),
            models.CheckConstraint(
                name="work_item_closed_with_outcome",
                condition=models.Q(closed_at__isnull=True) | ~models.Q(outcome=""),
            ),
        ]
        indexes = [
            # Read by queries.open_work_items.
            models.Index(
                fields=["clinic", "due_at"], name="work_item_open", condition=models.Q(closed_at__isnull=True)
            )
        ]


class WorkItemStepKind(models.TextChoices):
    TAKEN = "taken", "Taken"
    HANDED_OVER = "handed_over", "Handed over"
    ESCALATED = "escalated", "Gone up the ladder"
    RETURNED = "returned", "Taken from somebody who can't do it any more"
    NOTE = "note", "Note"
    CLOSED = "closed", "Closed"


@tracked
class WorkItemStep(Row):
    """What happened to a task, step by step: who took it, to whom it was handed or went up, what was done."""

    clinic_path = "work_item__clinic_id"

    work_item = models.ForeignKey(WorkItem, models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=12, choices=WorkItemStepKind)
    rung = models.CharField(max_length=12, blank=True, help_text="Of the ladder, when it went up")
    by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    to = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    words = models.TextField(blank=True)

    class Meta:
        constraints = [
            # Two clocks at once send a task up one rung, not two.
            models.UniqueConstraint(
                "work_item", "rung", name="work_item_up_a_rung_once", condition=models.Q(kind="escalated")
            ),
            models.CheckConstraint(
                name="work_item_step_up_names_the_rung",
                condition=models.Q(kind="escalated") ^ models.Q(rung=""),
            ),
        ]
        indexes = [models.Index(fields=["work_item", "at"], name="work_item_steps")]


class CreatedId(models.Model):
    """The ids that create calls have used, each with a fingerprint of its body (design 3.3)."""

    id = models.UUIDField(primary_key=True, editable=False)
    noun = models.CharField(max_length=40)
    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())


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
