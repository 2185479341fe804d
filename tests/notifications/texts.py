"""Texts as a provider hands them over, visits that their patients were told of, and what came of them."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from clinic.models import Channel, Clinic, Consent, ConsentScope, Patient, WorkItem
from notifications import saying
from notifications.models import ClinicMessaging, InboundMessage, Message, MessageKind, MessageStatus
from notifications.talking import inbound
from scheduler.models import Appointment, ParticipantStatus
from tests.cast import NOW, House

OURS = "+13125550188"
ROSAS = "+13125550142"
STRANGERS = "+13125550177"
# Tasks, as `tasks` says them.
READ_IT = (inbound.READ_AND_ANSWER, "routine", "front_desk")
CALL_FOR_HELP = (inbound.WANTS_HELP, "amber", "nurse")
references = count(1)


def prefers_texts(patient: Patient) -> None:
    Patient.objects.filter(pk=patient.pk).update(preferred_channel=Channel.SMS)


def give_number(clinic: Clinic, **settled: Any) -> ClinicMessaging:
    return ClinicMessaging.objects.update_or_create(clinic=clinic, defaults={"sms_number": OURS, **settled})[
        0
    ]


def text(body: str, sender: str = ROSAS, now: datetime = NOW, **changes: Any) -> InboundMessage:
    arrived: dict[str, Any] = {
        "provider": "twilio",
        "reference": f"SM{next(references):032x}",
        "recipient": OURS,
        "received_at": now,
    }
    row = inbound.take(sender=sender, body=body, now=now, **{**arrived, **changes})
    assert row is not None
    return row


def announce(visit: Appointment, at: datetime = NOW - timedelta(hours=1)) -> Message:
    """A reminder of this visit went out."""
    return saying.say(
        key=f"{visit.pk}:T-3d:{visit.starts_at:%Y%m%d}",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind=MessageKind.REMINDER,
        stage="T-3d",
        due_at=at,
        stale_at=visit.starts_at,
        appointment=visit,
        visit_starts_at=visit.starts_at,
        status=MessageStatus.SENT,
        sent_at=at,
    )


def answers() -> list[str]:
    """What was said back, in the order in which it was."""
    said = Message.objects.filter(kind=MessageKind.ANSWER)
    return list(said.order_by("created_at", "key").values_list("stage", flat=True))


def agreed(patient: Patient) -> bool:
    return Consent.objects.filter(patient=patient, scope=ConsentScope.SMS, revoked_at=None).exists()


def alone_on_the_number(house: House) -> None:
    """The cast shares one number; in most stories Omar has another."""
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")


def confirmed(visit: Appointment) -> bool:
    visit.refresh_from_db()
    return visit.patient_status == ParticipantStatus.ACCEPTED


def tasks() -> list[tuple[str, str, str]]:
    """Open tasks as (title, urgency, role)."""
    rows = WorkItem.objects.filter(closed_at=None).order_by("created_at", "title")
    return list(rows.values_list("title", "urgency", "role"))
