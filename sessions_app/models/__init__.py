"""Tables of the infusion session, by subject. Observations are append-only: a correction is a new row that
names the old one and why. What refuses changes is in the database (migrations 0002 and 0003).
"""

from sessions_app.models.infusing import InfusionEvent, InfusionEventKind, MedicineGiven, Waste, WasteWitness
from sessions_app.models.leaving import Discharge
from sessions_app.models.monitors import MonitorDevice, MonitorSample, UnmatchedMessage
from sessions_app.models.observing import (
    Alert,
    AlertKind,
    AlertLevel,
    AlertStep,
    AlertStepKind,
    Relatedness,
    ReportedBy,
    Rung,
    Seriousness,
    SideEffect,
    SideEffectOutcome,
    VitalSigns,
)
from sessions_app.models.outcomes import (
    AnsweredHow,
    CohortReport,
    DiaryDay,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    ResponseStatus,
)
from sessions_app.models.preparing import (
    AnsweredBy,
    ChecklistAnswer,
    CheckResult,
    DoseCheck,
    DoseWorksheet,
    PrescriberOverride,
    Readiness,
    WeightUnit,
    YesNoUnknown,
)
from sessions_app.models.sessions import Line, Observation, Session, SessionNote, SessionState, SignedRecord

__all__ = [
    "Alert",
    "AlertKind",
    "AlertLevel",
    "AlertStep",
    "AlertStepKind",
    "AnsweredBy",
    "AnsweredHow",
    "CheckResult",
    "ChecklistAnswer",
    "CohortReport",
    "DiaryDay",
    "Discharge",
    "DoseCheck",
    "DoseWorksheet",
    "InfusionEvent",
    "InfusionEventKind",
    "Line",
    "MedicineGiven",
    "MonitorDevice",
    "MonitorSample",
    "Observation",
    "Occasion",
    "PrescriberOverride",
    "QuestionnaireAnswer",
    "QuestionnaireResponse",
    "Readiness",
    "Relatedness",
    "ReportedBy",
    "ResponseStatus",
    "Rung",
    "Seriousness",
    "Session",
    "SessionNote",
    "SessionState",
    "SideEffect",
    "SideEffectOutcome",
    "SignedRecord",
    "UnmatchedMessage",
    "VitalSigns",
    "Waste",
    "WasteWitness",
    "WeightUnit",
    "YesNoUnknown",
]
