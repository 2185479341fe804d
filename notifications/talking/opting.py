"""Numbers that this clinic must not write to, and patients who want texts again.

An opt-out holds at once and for everybody on the number (domain.md 6.4 [D]).
Which text is one stands in `reading_words`, what is said back in `answers`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from django.db.models import QuerySet

from clinic import consents
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Consent, ConsentScope, Patient
from clinic.problems import Conflict
from notifications.delivering import blocked
from notifications.models import BlockedAddress, BlockReason

BY_TEXT: Final = "text reply"
# What was agreed to is the sentence that every text ends with.
FORM_OF_A_REPLY: Final = "text START"
SIGNED_ANEW: Final = "a consent signed after it"


def stop(*, clinic_id: UUID, number: str, patients: Sequence[Patient], now: datetime) -> BlockedAddress:
    """No more texts to this number, and no more consent of anybody who has it. Inside the caller's
    transaction; stopping again gives the same block, from now on, unless somebody has agreed since."""
    standing = blocked.blocks_of(clinic_id=clinic_id, number=number, patients=patients)
    if BlockReason.STOP not in standing:
        lift(
            actor=None,
            clinic_id=clinic_id,
            address=number,
            reasons=[BlockReason.STOP],
            how=SIGNED_ANEW,
            now=now,
        )
    for consent in _sms_consents(patients).filter(revoked_at=None):
        consents.revoke(actor=None, consent=consent, how=f"{BY_TEXT} STOP", now=now)
    return block(clinic_id=clinic_id, address=number, reason=BlockReason.STOP, now=now)


def block(*, clinic_id: UUID, address: str, reason: BlockReason, now: datetime) -> BlockedAddress:
    """Don't write to this address for this reason; the block that stands where there is one. It counts since
    it was asked for last: what was signed between two STOPs is older than the newest word. (When it was
    asked for first stands in the row's history.)"""
    row, _ = BlockedAddress.objects.get_or_create(
        clinic_id=clinic_id, address=address, reason=reason, lifted_at=None, defaults={"since": now}
    )
    if row.since < now:
        row.since = now
        row.save(update_fields=["since"])
    return row


def start(*, clinic_id: UUID, number: str, patients: Sequence[Patient], now: datetime) -> None:
    """Texts again to whoever stopped them by text, or to the only patient of this number.

    A number that somebody else has, or that its network doesn't know, stays blocked: that is not the writer's
    to lift. Inside the caller's transaction.
    """
    lift(
        actor=None,
        clinic_id=clinic_id,
        address=number,
        reasons=[BlockReason.STOP],
        how=f"{BY_TEXT} START",
        now=now,
    )
    for patient in patients:
        newest = _sms_consents([patient]).order_by("-given_at").first()
        if newest is not None and newest.revoked_at is None:
            continue
        stopped_by_text = newest is not None and newest.revoked_how.startswith(BY_TEXT)
        if stopped_by_text or len(patients) == 1:
            _agree_by_text(patient, now)


def lift(
    *,
    actor: Actor | None,
    clinic_id: UUID,
    address: str,
    reasons: Sequence[BlockReason],
    how: str,
    now: datetime,
) -> int:
    """Write to this address again, where these reasons stood against it. Returns how many did. Inside the
    caller's transaction."""
    user_id = actor.user_id if actor else None
    standing = BlockedAddress.objects.filter(
        clinic=clinic_id, address=address, reason__in=reasons, lifted_at=None
    )
    with acting(user_id, reason=how):
        return standing.update(lifted_at=now, lifted_by=user_id, lifted_how=how)


def _sms_consents(patients: Sequence[Patient]) -> QuerySet[Consent]:
    return Consent.objects.filter(patient__in=patients, scope=ConsentScope.SMS).order_by("pk")


def _agree_by_text(patient: Patient, now: datetime) -> None:
    try:
        consents.record(
            actor=None,
            id=uuid4(),
            patient=patient,
            scope=ConsentScope.SMS,
            form_version=FORM_OF_A_REPLY,
            method=BY_TEXT,
            given_at=now,
            now=now,
        )
    except Conflict:
        # Somebody entered a later answer meanwhile: that one counts.
        return
