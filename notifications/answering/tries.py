"""How often a wrong birth year was given: for one patient on whichever link, and from one network address for
whichever patient.

Kept in PostgreSQL, so that it outlives a link, a browser and a flushed Valkey. Once there were too many, no
year is compared until the oldest are a day old: a right one and a wrong one are then answered alike.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.utils.crypto import salted_hmac

from notifications.models import WrongYears

# Typing errors of one person; of all who share an address (a household, a waiting room, a carrier's phones);
# and of one person behind an address where there were that many. [ours]
MOST_FOR_A_PATIENT: Final = 10
MOST_FROM_AN_ADDRESS: Final = 20
MOST_BEHIND_A_FULL_ADDRESS: Final = 3
LAST_FOR: Final = timedelta(hours=24)


def waits_until(*, patient_id: UUID, address: str, now: datetime) -> datetime | None:
    """From when on a year is looked at again; None where it is now."""
    hashed = _hashed(address)
    rows = list(
        WrongYears.objects.filter(
            Q(patient=patient_id) | Q(address_sha256=hashed), count__gt=0, last_at__gt=now - LAST_FOR
        ).order_by("last_at")
    )
    patients = [row for row in rows if row.patient_id == patient_id]
    here = [row for row in rows if row.address_sha256 == hashed]
    both = [row for row in patients if row.address_sha256 == hashed]
    moments = (
        _full_until(patients, MOST_FOR_A_PATIENT),
        # Whoever never erred is stopped by nobody else's errors; either end of the two is enough.
        _earlier(_full_until(here, MOST_FROM_AN_ADDRESS), _full_until(both, MOST_BEHIND_A_FULL_ADDRESS)),
    )
    return max((moment for moment in moments if moment), default=None)


def count(*, patient_id: UUID, address: str, right: bool, now: datetime) -> None:
    """One more of them; a right one starts anew what was counted for the patient from there. Inside the
    caller's transaction, with the patient locked."""
    row = WrongYears.objects.filter(patient=patient_id, address_sha256=_hashed(address)).first()
    if row is None:
        if right:
            return
        row = WrongYears(patient_id=patient_id, address_sha256=_hashed(address), last_at=now)
    before = row.count if row.last_at > now - LAST_FOR else 0
    row.count, row.last_at = (0, row.last_at) if right else (before + 1, now)
    row.save()


def lift(*, patient_id: UUID) -> None:
    """Start anew for one patient, from wherever: a person at the clinic sends them a link."""
    WrongYears.objects.filter(patient=patient_id).delete()


def sweep(*, now: datetime) -> int:
    """Forget what holds nobody up any more: one statement. How many rows went."""
    return WrongYears.objects.filter(last_at__lte=now - LAST_FOR).delete()[0]


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(one, other) if one and other else None


def _full_until(rows: Sequence[WrongYears], most: int) -> datetime | None:
    """When fewer than so many are left of these, the oldest first; None where there are fewer now."""
    left, until = sum(row.count for row in rows), None
    for row in rows:
        if left < most:
            break
        left, until = left - row.count, row.last_at + LAST_FOR
    return until


def _hashed(address: str) -> str:
    """Nobody reads from the table where a patient was. Of IPv6 a household has the whole /64."""
    try:
        found = ip_address(address)
    except ValueError:
        found = None
    if isinstance(found, IPv6Address):
        address = str(ip_network((found, 64), strict=False))
    return salted_hmac("notifications.wrong_years", address, algorithm="sha256").hexdigest()
