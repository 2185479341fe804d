"""How a patient may be reached now: the preferred channel, the consent for it, the address.

Text messages have no provider yet (issue 5): where the channel can't take them, e-mail is used instead if
the patient agreed to e-mail.
"""

from collections.abc import Collection
from dataclasses import dataclass

from clinic.models import Channel, ConsentScope, Patient, User

WANTS_NONE = "The patient wants no messages."
NO_SMS_CONSENT = "No consent to text messages."
NO_PHONE = "No mobile number."
NO_SMS_PROVIDER = "Text messages can't be sent yet."
NO_EMAIL_CONSENT = "No consent to e-mail."
NO_EMAIL = "No e-mail address."


@dataclass(frozen=True)
class Address:
    form: Channel
    recipient: str


class Unreachable(Exception):
    """There is no way to this patient now; `reason` is a sentence for the message log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def address_of(patient: Patient, scopes: Collection[ConsentScope], *, takes_sms: bool) -> Address:
    """Where this patient's message goes. Raises Unreachable with every reason that stood in the way."""
    reasons = []
    if patient.preferred_channel == Channel.NONE:
        raise Unreachable(WANTS_NONE)
    if patient.preferred_channel == Channel.SMS:
        if ConsentScope.SMS not in scopes:
            reasons.append(NO_SMS_CONSENT)
        elif not patient.phone:
            reasons.append(NO_PHONE)
        elif not takes_sms:
            reasons.append(NO_SMS_PROVIDER)
        else:
            return Address(Channel.SMS, str(patient.phone))
    if ConsentScope.EMAIL not in scopes:
        reasons.append(NO_EMAIL_CONSENT)
    elif not patient.email:
        reasons.append(NO_EMAIL)
    else:
        return Address(Channel.EMAIL, patient.email)
    raise Unreachable(" ".join(reasons))


def address_of_staff(user: User, *, takes_sms: bool) -> Address:
    """Where a page goes: the mobile phone, or the e-mail address that everybody signs in with."""
    if user.mobile and takes_sms:
        return Address(Channel.SMS, str(user.mobile))
    return Address(Channel.EMAIL, user.email)
