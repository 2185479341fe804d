"""Tables of the schedule: resources, openings and claims as rectangles that cannot overlap; protocols, plans,
visits; the waitlist, repairs and calendar feeds. Each file is one of these subjects.
"""

from scheduler.models.appointments import (
    LIVE_STATUSES,
    MOST_EXTRA_RECOVERY,
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Claim,
    ParticipantStatus,
    Phase,
    Series,
)
from scheduler.models.feeds import (
    CalendarFeed,
)
from scheduler.models.plans import (
    STANDING_STATUSES,
    ContraindicationFinding,
    DoseBasis,
    Finding,
    PlanEnd,
    PlanStatus,
    Protocol,
    ProtocolStatus,
    SpacingOverride,
    TreatmentPlan,
    WeightBasis,
)
from scheduler.models.repairs import (
    Repair,
)
from scheduler.models.resources import (
    Absence,
    AbsenceReason,
    Closure,
    DayHours,
    Opening,
    Resource,
    ResourceKind,
    WorkingPattern,
)
from scheduler.models.waitlist import (
    OfferStatus,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)

__all__ = [
    "LIVE_STATUSES",
    "MOST_EXTRA_RECOVERY",
    "STANDING_STATUSES",
    "Absence",
    "AbsenceReason",
    "Appointment",
    "AppointmentStatus",
    "CalendarFeed",
    "CancellationReason",
    "Claim",
    "Closure",
    "ContraindicationFinding",
    "DayHours",
    "DoseBasis",
    "Finding",
    "OfferStatus",
    "Opening",
    "ParticipantStatus",
    "Phase",
    "PlanEnd",
    "PlanStatus",
    "Protocol",
    "ProtocolStatus",
    "Repair",
    "Resource",
    "ResourceKind",
    "Series",
    "SpacingOverride",
    "TreatmentPlan",
    "WaitlistEntry",
    "WaitlistOffer",
    "WaitlistStatus",
    "WeightBasis",
    "WorkingPattern",
]
