"""The embedded default: messages to a made-up clinic's patients and staff arrive on the inbox page instead of
a phone."""

from datetime import datetime
from types import TracebackType
from typing import Final, Self

from clinic.models import Clinic
from notifications.channels.envelope import DeliveryError, Envelope, Found, NotFound
from notifications.models import Form, InboxItem

NOT_SET_UP: Final = {
    Form.EMAIL: "No mail server is set up (EMAIL_URL).",
    Form.SMS: "No provider of text messages is set up (SMS_URL).",
}


class InboxChannel:
    """Stands for e-mail and text messages alike. The same key arrives once."""

    name = "inbox"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def send(self, envelope: Envelope) -> str:
        """Keep the message, its link still a placeholder. A real patient would never see it: refused."""
        if not Clinic.objects.filter(pk=envelope.clinic_id, synthetic=True).exists():
            raise DeliveryError(NOT_SET_UP[envelope.form], permanent=True)
        item, _ = InboxItem.objects.get_or_create(
            key=envelope.key,
            defaults={
                "clinic_id": envelope.clinic_id,
                "patient_id": envelope.patient_id,
                "user_id": envelope.user_id,
                "form": envelope.form,
                "recipient": envelope.recipient,
                "subject": envelope.subject,
                "body": envelope.body,
                "calendar": envelope.calendar,
            },
        )
        return str(item.pk)

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
        item = InboxItem.objects.filter(key=envelope.key).first()
        return Found(str(item.pk)) if item else NotFound.ABSENT
