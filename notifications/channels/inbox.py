"""The embedded default: messages to made-up patients arrive on the inbox page instead of a phone."""

from types import TracebackType
from typing import Self

from clinic.models import Patient
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.models import InboxItem


class InboxChannel:
    """Stands for e-mail and text messages alike. The same key arrives once."""

    name = "inbox"
    takes_sms = True

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
        made_up = Patient.objects.filter(pk=envelope.patient_id, clinic__synthetic=True)
        if not made_up.exists():
            raise DeliveryError("No mail server is set up (EMAIL_URL).", permanent=True)
        item, _ = InboxItem.objects.get_or_create(
            key=envelope.key,
            defaults={
                "clinic_id": envelope.clinic_id,
                "patient_id": envelope.patient_id,
                "recipient": envelope.recipient,
                "subject": envelope.subject,
                "body": envelope.body,
                "calendar": envelope.calendar,
            },
        )
        return str(item.pk)
