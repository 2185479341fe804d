"""What came after what, where moments alone can't say: within one minute, and when the server's clock was set
back, it is the order of entry.

A set of another moment than now keeps its own, and what can't be a moment is refused in `vitals`.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Greatest

from clinic import clock
from sessions_app.models import Alert, InfusionEvent, Session, VitalSigns

# The page shows no seconds, and a call takes some: a set of this minute was measured as it is entered. Ours.
AS_OF_NOW: Final = timedelta(minutes=1)
# A call reads the clock before it waits for the session's lock, so that a colleague's line may be newer by as
# long as it waited: a few seconds at most (the role's lock_timeout). Only what is further ahead tells of a
# clock that was set back. Ours, not clinical.
SET_BACK: Final = timedelta(minutes=1)

# The minute of what happened, and the revision with which it was entered.
Place = tuple[datetime, int]


def place(at: datetime, revision: int) -> Place:
    """Where it stands in the order of what happened in a session."""
    return clock.minute(at), revision


def was_set_back(now: datetime, newest: datetime) -> bool:
    """Whether the clock is further behind what was entered already than a call is that waited for another."""
    return newest - now > SET_BACK


def of_now(session: Session, measured_at: datetime, now: datetime) -> tuple[datetime, datetime]:
    """When a set that is entered now was measured, and what time it is by the record. One query.

    A moment that was stated stays, but for one case: where the clock was set back, a set of now is of the
    newest moment on record, so that it counts as after that. That it was measured after it was entered tells
    of such a clock.
    """
    at = max(now, _newest_on_record(session) or now)
    if was_set_back(now, at) and (at <= measured_at or abs(now - measured_at) < AS_OF_NOW):
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
