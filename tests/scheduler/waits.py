"""People on the waitlist, and times held for them, for stories that start there."""

from datetime import date, datetime, timedelta
from typing import Any

from scheduler.models import Appointment, TreatmentPlan, WaitlistEntry, WaitlistOffer
from scheduler.visits import booking
from scheduler.waitlist import joining, waitlist
from scheduler.waitlist.waiting import Terms
from tests.cast import NOW, TODAY, new_id
from tests.kept import kept
from tests.scheduler.stage import Stage


def terms(**changes: Any) -> Terms:
    """From today on, any time of any day, with an hour's notice."""
    asked: dict[str, Any] = {
        "first_day": TODAY,
        "last_day": TODAY + timedelta(days=30),
        "notice_hours": 1,
    }
    return Terms(**{**asked, **changes})


@kept
def join(
    stage: Stage,
    plan: TreatmentPlan,
    *,
    appointment: Appointment | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> WaitlistEntry:
    return joining.join(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=plan,
        terms=terms(**changes),
        appointment=appointment,
        now=now,
    )


def offer_freed(stage: Stage, now: datetime = NOW) -> list[WaitlistOffer]:
    return waitlist.offer_freed(clinic=stage.house.clinic, now=now)


def hold_for(stage: Stage, entry: WaitlistEntry, wall_time: str, day: date = TODAY) -> WaitlistOffer:
    """Two hours to answer: this very time, whatever would suit better."""
    until = NOW + timedelta(hours=2)
    held = booking.hold(
        actor=None,
        id=new_id(),
        plan=entry.plan,
        start=stage.at(wall_time, day),
        until=until,
        without=[entry.appointment_id] if entry.appointment_id else [],
        now=NOW,
    )
    return WaitlistOffer.objects.create(
        entry=entry, appointment=held, starts_at=held.starts_at, offered_at=NOW, expires_at=until
    )
