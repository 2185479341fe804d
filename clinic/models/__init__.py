"""The ground floor's tables, each file one subject: clinics, staff, patients, tasks for staff, how a clinic
begins, and what every table of the record has (`rows`).
"""

from clinic.models.beginnings import PatientImport, SetupSkip
from clinic.models.clinics import Clinic
from clinic.models.created_ids import CreatedId
from clinic.models.looking import SecondFactor, SignInKind, SignInLog, StaffLook
from clinic.models.patients import (
    AccessLog,
    AdministrativeGender,
    Allergy,
    Channel,
    Consent,
    ConsentScope,
    Patient,
    PatientIdentifier,
)
from clinic.models.rows import Row
from clinic.models.staff import Member, Membership, MemberState, Role, User, UserManager, WayIn
from clinic.models.tasks import Urgency, WorkItem, WorkItemStep, WorkItemStepKind

__all__ = [
    "AccessLog",
    "AdministrativeGender",
    "Allergy",
    "Channel",
    "Clinic",
    "Consent",
    "ConsentScope",
    "CreatedId",
    "Member",
    "MemberState",
    "Membership",
    "Patient",
    "PatientIdentifier",
    "PatientImport",
    "Role",
    "Row",
    "SecondFactor",
    "SetupSkip",
    "SignInKind",
    "SignInLog",
    "StaffLook",
    "Urgency",
    "User",
    "UserManager",
    "WayIn",
    "WorkItem",
    "WorkItemStep",
    "WorkItemStepKind",
]
