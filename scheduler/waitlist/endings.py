"""How somebody came off the waitlist, told to the desk. Reads only; who is taken off it is `joining`'s."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from scheduler.models import OfferStatus, WaitlistEntry, WaitlistOffer, WaitlistStatus
from scheduler.vocabulary import spoken_time


@dataclass(frozen=True)
class Ending:
    """What ended the waiting, with a stable code and a sentence."""

    code: str
    detail: str


def with_ending(rows: QuerySet[WaitlistEntry]) -> QuerySet[Any]:
    """Entries with all that their endings are read from, in the same query."""
    taken = WaitlistOffer.objects.filter(entry=OuterRef("pk"), status=OfferStatus.ACCEPTED)
    return rows.select_related("clinic", "closed_by").annotate(took_offer=Exists(taken))


def ending(entry: WaitlistEntry, *, now: datetime) -> Ending | None:
    """What ended the waiting of this entry (of `with_ending`); None while they wait."""
    read: Any = entry
    if entry.status == WaitlistStatus.WAITING:
        return None
    if entry.status == WaitlistStatus.WITHDRAWN and entry.closed_by is not None:
        return Ending("withdrawn", f"{entry.closed_by.full_name} took them off the list.")
    if entry.status == WaitlistStatus.WITHDRAWN:
        return Ending(
            "in_vain",
            "There was nothing left to wait for: their days were past, the plan was over, or the visit was"
            " not to come any more.",
        )
    if read.took_offer:
        return Ending("offer_accepted", "They took the time that was offered to them.")
    if entry.earlier_than is not None:
        was = spoken_time(entry.earlier_than, entry.clinic.time_zone, now=now)
        return Ending("moved_by_hand", f"Their visit of {was} was moved to an earlier time by hand.")
    return Ending("booked_by_hand", "A session was booked for them by hand.")
