"""A message to oneself: whether what is set up for a form carries it. No patient's, and kept nowhere."""

from datetime import datetime
from uuid import UUID

from clinic.access import Actor
from clinic.models import Clinic, User
from clinic.problems import Conflict, Invalid
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope
from notifications.channels.opening import open_channel, texts_need_a_number
from notifications.models import Form
from notifications.planning import rule_settings

SUBJECT = "A test message"


def try_out(*, actor: Actor, id: UUID, clinic: Clinic, form: Form, now: datetime) -> str:
    """Send a few words to the caller's own address or mobile number; returns where they went.

    Raises `Invalid` at `form` where there is no address or number, `Conflict` `not_sent` with what the
    provider said, or `not_heard` when its answer was lost.
    """
    user = User.objects.get(pk=actor.user_id)
    recipient = user.email if form == Form.EMAIL else str(user.mobile)
    number = str(rule_settings.messaging_of(clinic).sms_number)
    if not recipient:
        raise Invalid(
            {"form": "There is no mobile number at your own name. A manager enters it with the staff."}
        )
    if form == Form.SMS and texts_need_a_number() and not number:
        raise Invalid({"form": "Enter the number that texts come from first."})
    envelope = Envelope(
        key=f"try-{id}",
        form=form,
        clinic_id=clinic.pk,
        patient_id=None,
        user_id=actor.user_id,
        sender=clinic.sender_name if form == Form.EMAIL else number,
        recipient=recipient,
        subject=SUBJECT,
        body=f"{clinic.sender_name}: this is a test. Messages arrive.",
        link="",
        written_at=now,
    )
    try:
        with open_channel(form) as channel:
            channel.send(envelope)
    except DeliveryError as error:
        raise Conflict(f"It was not taken: {error.detail}", code="not_sent") from error
    except AnswerLost as error:
        raise Conflict(
            "Nobody answered whether it was taken. See whether it arrives before you try again.",
            code="not_heard",
        ) from error
    return recipient
