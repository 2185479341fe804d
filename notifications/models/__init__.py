"""This floor's tables, by what they are about. Import them from here."""

from notifications.models.escalating import Heartbeat, OnCallRung, OnCallShift
from notifications.models.links import (
    CheckIn,
    CheckInAnswer,
    CheckInEnd,
    DiaryNudge,
    LinkPurpose,
    PatientLink,
    TimeRequest,
    WrongYears,
)
from notifications.models.messages import (
    AttemptOutcome,
    DeliveryAttempt,
    DeliveryReport,
    DeliveryReportKind,
    Form,
    InboxItem,
    Message,
    MessageKind,
    MessageStatus,
    SendingState,
)
from notifications.models.rules import ClinicMessaging, MessageRule, MessageText, QuietHours
from notifications.models.talking import (
    BlockedAddress,
    BlockReason,
    InboundMessage,
    LeftBecause,
    Reading,
    TextsLeft,
)

__all__ = [
    "AttemptOutcome",
    "BlockReason",
    "BlockedAddress",
    "CheckIn",
    "CheckInAnswer",
    "CheckInEnd",
    "ClinicMessaging",
    "DeliveryAttempt",
    "DeliveryReport",
    "DeliveryReportKind",
    "DiaryNudge",
    "Form",
    "Heartbeat",
    "InboundMessage",
    "InboxItem",
    "LeftBecause",
    "LinkPurpose",
    "Message",
    "MessageKind",
    "MessageRule",
    "MessageStatus",
    "MessageText",
    "OnCallRung",
    "OnCallShift",
    "PatientLink",
    "QuietHours",
    "Reading",
    "SendingState",
    "TextsLeft",
    "TimeRequest",
    "WrongYears",
]
