"""Times offered from the waitlist of which no message could tell the patient: the desk has to call.

Whatever kept the message back (quiet hours until the offer ends, a cap, no channel, a clinic that doesn't
send offers, sending that was paused until it had run out), the time was held and nobody knew. Run again and
again; each look finds what is new.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef, QuerySet

from clinic import clock, work
from clinic.models import Role, Urgency, WorkItem
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import rule_settings, rules
from scheduler.models import OfferStatus, WaitlistOffer

CAUSE: Final = "waitlist_offer"
TITLE: Final = "Call about the waitlist: no message could tell this patient of a time"
# Of a lost answer (`UNKNOWN`) the desk has a task already: to find out whether it arrived.
UNTOLD: Final = (MessageStatus.SKIPPED, MessageStatus.FAILED)
# Sending may be paused: what still waits to be sent when the offer has run out was not told either.
UNTOLD_AT_THE_END: Final = (*UNTOLD, MessageStatus.PLANNED)
# One that ran out longer ago was noticed by a look before, or is of no use to anybody.
LOOKS_BACK: Final = timedelta(days=1)
# An offer that ran out untold stays a task: the patient can't be reached, and will be asked again.
SETTLED: Final = {
    OfferStatus.ACCEPTED: "The patient has taken the time.",
    OfferStatus.DECLINED: "The patient doesn't want the time.",
    OfferStatus.WITHDRAWN: "The time is offered no more.",
}


def look(*, now: datetime) -> int:
    """Open a task for each offer that is not, or was not, told; close those of offers that were answered or
    withdrawn. Any number may run at once. Returns how many tasks were opened."""
    _settle(now)
    untold = [*_not_said(now), *_not_wanted(now), *_ran_out_unsaid(now)]
    work.open_items([_task(offer, now) for offer in untold])
    return len(untold)


def _open_offers(now: datetime) -> QuerySet[WaitlistOffer]:
    return _offers().filter(status=OfferStatus.OPEN, expires_at__gt=now)


def _offers() -> QuerySet[WaitlistOffer]:
    return WaitlistOffer.objects.select_related("entry__clinic").order_by("pk")


def _said() -> QuerySet[Message]:
    return Message.objects.filter(appointment=OuterRef("appointment"), kind=MessageKind.OFFER)


def _not_said(now: datetime) -> Iterable[WaitlistOffer]:
    """Their message was wanted and kept back, or refused."""
    return _without_task(_open_offers(now).filter(Exists(_said().filter(status__in=UNTOLD))))


def _not_wanted(now: datetime) -> Iterable[WaitlistOffer]:
    """Their clinic has no message for it."""
    offers = _without_task(_open_offers(now).filter(~Exists(_said())))
    settings = rule_settings.settings_of({offer.entry.clinic_id for offer in offers}) if offers else {}
    return [offer for offer in offers if rules.OFFER not in settings[offer.entry.clinic_id].of_stage]


def _ran_out_unsaid(now: datetime) -> Iterable[WaitlistOffer]:
    """Their message still waits, or was kept back only when they had run out."""
    ended = _offers().filter(status=OfferStatus.EXPIRED, expires_at__gt=now - LOOKS_BACK)
    return _without_task(ended.filter(Exists(_said().filter(status__in=UNTOLD_AT_THE_END))))


def _without_task(offers: QuerySet[WaitlistOffer]) -> list[WaitlistOffer]:
    by_cause = {_cause(offer): offer for offer in offers}
    if not by_cause:
        return []
    known = set(WorkItem.objects.filter(cause__in=by_cause).values_list("cause", flat=True))
    return [offer for cause, offer in by_cause.items() if cause not in known]


def _settle(now: datetime) -> None:
    tasks = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:", closed_at=None)
    causes = {
        cause.partition(":")[2]: (clinic, cause) for clinic, cause in tasks.values_list("clinic", "cause")
    }
    over = WaitlistOffer.objects.filter(pk__in=causes, status__in=SETTLED) if causes else ()
    for offer in over:
        clinic_id, cause = causes[str(offer.pk)]
        outcome = SETTLED[OfferStatus(offer.status)]
        work.settle(actor=None, clinic_id=clinic_id, causes=[cause], outcome=outcome, now=now)


def _task(offer: WaitlistOffer, now: datetime) -> WorkItem:
    """While the time is held, by its end; afterwards, on the same day."""
    zone = offer.entry.clinic.time_zone
    tonight = clock.day_end(now, zone)
    return WorkItem(
        clinic_id=offer.entry.clinic_id,
        patient_id=offer.entry.patient_id,
        cause=_cause(offer),
        title=TITLE,
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=offer.expires_at if now < offer.expires_at else tonight,
    )


def _cause(offer: WaitlistOffer) -> str:
    return f"{CAUSE}:{offer.pk}"
