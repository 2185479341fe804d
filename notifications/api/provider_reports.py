"""Webhooks of the providers: what became of a message that they took. No person signs in here.

A call counts only with the provider's own signature, or with the password that its address was given. What
follows from a report is `delivering.reports_in`'s.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import EventType, RejectReason
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseForbidden
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from clinic import clock
from clinic.history import acting
from notifications.channels import twilio
from notifications.channels.anymail_email import AnymailChannel
from notifications.channels.twilio import Account, TwilioProvider
from notifications.delivering import reports_in
from notifications.delivering.reports_in import Report
from notifications.models import BlockReason, DeliveryReportKind

DOOR: Final = "provider"
TOLD: Final = 204
OF_TEXTS: Final = {
    "delivered": DeliveryReportKind.DELIVERED,
    "undelivered": DeliveryReportKind.BOUNCED,
    "failed": DeliveryReportKind.FAILED,
}
OF_MAILS: Final = {
    EventType.DELIVERED: DeliveryReportKind.DELIVERED,
    EventType.BOUNCED: DeliveryReportKind.BOUNCED,
    EventType.REJECTED: DeliveryReportKind.BOUNCED,
    EventType.FAILED: DeliveryReportKind.FAILED,
    EventType.COMPLAINED: DeliveryReportKind.COMPLAINED,
    EventType.UNSUBSCRIBED: DeliveryReportKind.COMPLAINED,
}
LONGEST_REFERENCE: Final = 160
LONGEST_CODE: Final = 40
ADDRESS_IS_WRONG: Final = (RejectReason.INVALID, RejectReason.BOUNCED)


@csrf_exempt
@require_POST
def sms_status(request: HttpRequest) -> HttpResponse:
    """What became of a text, as Twilio tells it."""
    if not settings.SMS:
        raise Http404
    fields = request.POST.dict()
    url = settings.PUBLIC_URL + request.get_full_path()
    given = request.headers.get("X-Twilio-Signature", "")
    if not twilio.signed(Account(**settings.SMS), url, fields, given):
        return HttpResponseForbidden("This call doesn't carry the account's signature.")
    kind = OF_TEXTS.get(fields.get("MessageStatus", ""))
    if kind is not None:
        code = _kept(fields.get("ErrorCode"), most=LONGEST_CODE)
        now = clock.now()
        _take(
            Report(
                channel=TwilioProvider.name,
                reference=_kept(fields.get("MessageSid"), most=LONGEST_REFERENCE),
                message_id=_id(request.GET.get("message")),
                kind=kind,
                code=code,
                at=now,
                blocks=twilio.BLOCKING.get(int(code)) if code.isdecimal() else None,
            ),
            now,
        )
    return HttpResponse(status=TOLD)


@csrf_exempt
@require_http_methods(["HEAD", "POST"])
def email_status(request: HttpRequest) -> HttpResponse:
    """What became of e-mails, as the provider that EMAIL_URL names tells it; anymail reads its dialect."""
    if not settings.ANYMAIL_WEBHOOK:
        raise Http404
    if request.method == "HEAD":  # some ask whether anybody is there before they are told the address
        return HttpResponse()
    webhook = import_string(settings.ANYMAIL_WEBHOOK)
    if webhook.warn_if_no_basic_auth and not settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return HttpResponseForbidden("EMAIL_URL sets no webhook_secret, and this provider signs nothing.")
    reader = webhook()
    try:
        reader.run_validators(request)
    except AnymailWebhookValidationFailure:
        return HttpResponseForbidden("This call doesn't carry the provider's signature or password.")
    try:
        events = reader.parse_events(request)
    except (ValueError, KeyError, TypeError, AttributeError):
        return HttpResponseBadRequest("This is no report of the provider's.")
    now = clock.now()
    for event in events:
        if event.event_type in OF_MAILS:
            _take(_of_mail(event, now), now)
    return HttpResponse(status=TOLD)


def _of_mail(event: Any, now: datetime) -> Report:
    kind = OF_MAILS[event.event_type]
    bounced = kind == DeliveryReportKind.BOUNCED
    return Report(
        channel=AnymailChannel.name,
        reference=_kept(event.message_id, most=LONGEST_REFERENCE),
        message_id=_id((event.metadata or {}).get("message")),
        kind=kind,
        code=_kept(event.reject_reason, most=LONGEST_CODE),
        at=event.timestamp or now,
        blocks=BlockReason.UNREACHABLE if bounced and event.reject_reason in ADDRESS_IS_WRONG else None,
    )


def _take(report: Report, now: datetime) -> None:
    with acting(None, door=DOOR):
        reports_in.take(report=report, now=now)


def _kept(given: object, *, most: int) -> str:
    """As much as the column holds, and no letter that the database can't."""
    return str(given or "").replace("\x00", "")[:most]


def _id(given: object) -> UUID | None:
    try:
        return UUID(str(given))
    except ValueError:
        return None
