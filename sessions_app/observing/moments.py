"""What came after what, where moments alone can't say: within one second, and when the server's clock was set
back, it is the order of entry.

A set of another moment than now keeps its own, and what can't be a moment is refused in `vitals`.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest

from sessions_app.models import Alert, InfusionEvent, Session, VitalSigns

# The page shows no seconds, and a call takes some: a set of this minute was measured as it is entered. Ours.
AS_OF_NOW: Final = timedelta(minutes=1)

# The second of what happened, and the revision with which it was entered.
Place = tuple[datetime, int]


def second(at: datetime) -> datetime:
    """A monitor tells no fractions of it, and other clients may tell none."""
    return at.replace(microsecond=0)


def place(at: datetime, revision: int) -> Place:
    """Where it stands in the order of what happened in a session."""
    return second(at), revision


def of_now(session: Session, measured_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """When a set that is entered now was measured, and what time it is by the record. One query.

    Where the clock is behind what was entered already, a set of now is of the newest moment on record, so
    that it counts as after that. That it was measured after it was entered tells of such a clock.
    """
    at = max(now, _newest_on_record(session) or now)
    if now < at and (at <= measured_at or abs(now - measured_at) < AS_OF_NOW):
        return at, at
    return measured_at, at


def _newest_on_record(session: Session) -> datetime | None:
    newest = Greatest(
        _newest_of(VitalSigns, "measured_at"),
        _newest_of(InfusionEvent, "happened_at"),
        _newest_of(Alert, "raised_at"),
    )
    return Session.objects.filter(pk=session.pk).values_list(newest, flat=True).get()


def _newest_of(model: type[Alert | InfusionEvent | VitalSigns], about: str) -> Subquery:
    """When the newest of these lines was entered, or what moment it is about where that is later."""
    lines = model._default_manager.filter(session=OuterRef("pk"))
    moments = lines.annotate(moment=Greatest("recorded_at", about)).order_by("-moment")
    return Subquery(moments.values("moment")[:1])
