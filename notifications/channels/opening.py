"""Which channel carries which form, opened when the first message needs it and kept open for a drain."""

from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from django.conf import settings
from django.urls import reverse

from clinic.models import Clinic
from notifications.channels.anymail_email import AnymailChannel
from notifications.channels.envelope import Channel
from notifications.channels.inbox import InboxChannel
from notifications.channels.sms import SmsChannel
from notifications.channels.smtp import SmtpChannel
from notifications.channels.twilio import Account, TwilioProvider
from notifications.models import Form

# The channels whose providers report what arrived; of the others nobody hears more than that it was taken.
TELL_OF_ARRIVAL: Final = frozenset({TwilioProvider.name, AnymailChannel.name})


def takes(form: Form) -> bool:
    """Whether anything carries this form. Where nothing at all is set up the inbox page stands for both."""
    if inbox_stands_in():
        return True
    return bool(settings.SMS if form == Form.SMS else settings.EMAIL_URL)


def is_set_up(form: Form, clinic: Clinic) -> bool:
    """Whether anything carries this form for this clinic: the inbox page does so for a made-up one alone."""
    return takes(form) and (clinic.synthetic or not inbox_stands_in())


def inbox_stands_in() -> bool:
    return not settings.EMAIL_URL and not settings.SMS


def texts_need_a_number() -> bool:
    """Whether a clinic needs a number of its own to text from: the inbox page doesn't ask."""
    return bool(settings.SMS)


def open_channel(form: Form) -> Channel:
    """What is set up for this form, otherwise the inbox page."""
    if form == Form.SMS and settings.SMS:
        report_to = settings.PUBLIC_URL + reverse("inbound_sms_status")
        return SmsChannel(TwilioProvider(Account(**settings.SMS)), report_to=report_to)
    if form == Form.EMAIL and settings.EMAIL_URL:
        return AnymailChannel() if settings.ANYMAIL_BACKEND else SmtpChannel()
    return InboxChannel()


class Channels:
    """The channels of one drain."""

    def __init__(self) -> None:
        self._open: dict[Form, Channel] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.__exit__(error_type, error, traceback)

    def of(self, form: Form) -> Channel:
        if form not in self._open:
            self._open[form] = self._closing.enter_context(open_channel(form))
        return self._open[form]
