"""How somebody may be reached now: the preferred form, what the rule allows, the consent, the address.

Pure of reads: what stands is `gathering`'s.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from clinic.models import Channel, ConsentScope, Patient, User
from notifications.channels import opening
from notifications.models import BlockReason, Form, InboundMessage
from notifications.planning.rules import Rule

WANTS_NONE = "The patient wants no messages."
NO_SMS_CONSENT = "No consent to text messages."
NO_PHONE = "No mobile number."
NO_SMS_PROVIDER = "Text messages can't be sent yet."
NO_SMS_NUMBER = "The clinic has no number to text from."
NO_EMAIL_CONSENT = "No consent to e-mail."
NO_EMAIL = "No e-mail address."
NO_MAIL_SERVER = "E-mail can't be sent yet."
REFUSED: Final = {Form.SMS: "The text was refused for good.", Form.EMAIL: "The e-mail was refused for good."}
BLOCKED: Final = {
    BlockReason.STOP: "This {what} asked for no more messages.",
    BlockReason.WRONG_NUMBER: "This number is somebody else's.",
    BlockReason.UNREACHABLE: "This {what} can't be reached.",
}
WHAT: Final = {Form.SMS: "number", Form.EMAIL: "e-mail address"}


@dataclass(frozen=True)
class Address:
    form: Form
    recipient: str


@dataclass(frozen=True)
class Ways:
    """What the house and the message's rule leave open.

    `only`: the one form that it may take, or none. `forms`: the rule's. `falls_back`: by e-mail where a
    text can't be sent. `carried`: what a channel is set up for. `texts_from`: whether the clinic has a
    number to text from. `refused`: the forms in which this message was refused for good already.
    """

    only: Form | None
    forms: Collection[Form]
    falls_back: bool
    carried: Collection[Form]
    texts_from: bool
    refused: Collection[Form]


def ways_of(rule: Rule | None, *, only: str, has_number: bool, refused: Collection[Form] = ()) -> Ways:
    """What is open to a message of this rule; of one that no rule asked for, everything.

    `only`: the one form that it may take, or empty. `has_number`: whether the clinic has one to text from.
    """
    return Ways(
        only=Form(only) if only else None,
        forms=[Form(form) for form in rule.forms] if rule else list(Form),
        falls_back=rule.falls_back if rule else True,
        carried=[form for form in Form if opening.takes(form)],
        texts_from=has_number or not opening.texts_need_a_number(),
        refused=refused,
    )


class Unreachable(Exception):
    """There is no way to this patient now; `reason` is a sentence for the message log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def address_of(
    patient: Patient, scopes: Collection[ConsentScope], blocked: Mapping[str, BlockReason], ways: Ways
) -> Address:
    """Where this patient's message goes. Raises Unreachable with every reason that stood in the way.

    `blocked`: why each of the clinic's blocked addresses is.
    """
    if patient.preferred_channel == Channel.NONE:
        raise Unreachable(WANTS_NONE)
    reasons = []
    for form in _in_turn(preferred_of(patient, scopes), ways):
        recipient = recipient_of(patient, form)
        reason = (
            _not_allowed(form, recipient, scopes)
            or _not_carried(form, ways)
            or _blocked(form, recipient, blocked)
        )
        if not reason and form in ways.refused:
            reason = REFUSED[form]
        if not reason:
            return Address(form, recipient)
        reasons.append(reason)
    raise Unreachable(" ".join(reasons))


def preferred_of(patient: Patient, scopes: Collection[ConsentScope]) -> Form:
    """The form that a patient who wants messages has theirs in: the one that was chosen; a text for whoever
    has no address for e-mail or hasn't agreed to it, and has a number and has agreed to texts.

    At registration nobody has agreed to anything yet, so what is chosen there is no more than a wish. The
    other way round is the rule's to say (`falls_back`).
    """
    wished = Form(patient.preferred_channel)
    if wished == Form.EMAIL and _not_allowed(Form.EMAIL, patient.email, scopes):
        return wished if _not_allowed(Form.SMS, str(patient.phone), scopes) else Form.SMS
    return wished


def address_of_answer(text: InboundMessage | None) -> Address:
    """Where the answer to a text goes: back to the phone that it came from, whoever has that now."""
    if text is None:
        raise Unreachable(NO_PHONE)
    return Address(Form.SMS, str(text.sender))


def address_of_staff(user: User, ways: Ways, down: Collection[Form]) -> Address:
    """Where a page goes: the mobile phone, or the e-mail address that everybody signs in with. It waits
    for no way that is `down` while the other one is open."""
    by_mail = Address(Form.EMAIL, user.email)
    if not user.mobile or Form.SMS in ways.refused or _not_carried(Form.SMS, ways):
        return by_mail
    mail_is_open = not _not_carried(Form.EMAIL, ways) and Form.EMAIL not in {*ways.refused, *down}
    return by_mail if Form.SMS in down and mail_is_open else Address(Form.SMS, str(user.mobile))


def recipient_of(patient: Patient, form: Form) -> str:
    """The patient's address of this form, or an empty string."""
    return str(patient.phone) if form == Form.SMS else patient.email


def _in_turn(preferred: Form, ways: Ways) -> list[Form]:
    """The forms to try, the best first."""
    if ways.only is not None:
        return [ways.only]
    if preferred not in ways.forms:
        return sorted(ways.forms, reverse=True)
    if preferred == Form.SMS and ways.falls_back:
        return [Form.SMS, Form.EMAIL]
    return [preferred]


def _not_allowed(form: Form, recipient: str, scopes: Collection[ConsentScope]) -> str:
    if form == Form.SMS:
        if ConsentScope.SMS not in scopes:
            return NO_SMS_CONSENT
        return "" if recipient else NO_PHONE
    if ConsentScope.EMAIL not in scopes:
        return NO_EMAIL_CONSENT
    return "" if recipient else NO_EMAIL


def _not_carried(form: Form, ways: Ways) -> str:
    if form not in ways.carried:
        return NO_SMS_PROVIDER if form == Form.SMS else NO_MAIL_SERVER
    return NO_SMS_NUMBER if form == Form.SMS and not ways.texts_from else ""


def _blocked(form: Form, recipient: str, blocked: Mapping[str, BlockReason]) -> str:
    reason = blocked.get(recipient.lower())
    return "" if reason is None else BLOCKED[reason].format(what=WHAT[form])
