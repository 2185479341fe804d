"""The alerts about a running pump, each once a session: the running total has come to the protocol's hard
limit; the bag is empty or the planned minutes are over, and nobody has stopped it.

A bolus raises the first at once; a rate gets there in its own time, so a worker's beat looks (`watch`). What
becomes of the alerts is in `observing.alerts`.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.infusing import progress
from sessions_app.models import Alert, AlertKind, Session, SessionState
from sessions_app.observing import alerts
from sessions_app.observing.alert_clocks import each_alone, nurse_of
from sessions_app.observing.alert_rules import Raise

SIGN: Final = "given_mg"
END_SIGN: Final = "past_its_end"


def dose_alert(session: Session, now: datetime) -> Raise | None:
    """What to raise about the running total of this session, if anything; nothing a second time."""
    if any(alert.kind == AlertKind.DOSE for alert in session.alerts.all()):
        return None
    reached = progress.at_hard_limit(session, now)
    return Raise(sign=SIGN, level="stop", kind="dose", detail=reached) if reached else None


def end_alert(session: Session, now: datetime) -> Raise | None:
    """What to raise about an infusion past its end, if anything; nothing a second time."""
    if any(alert.kind == AlertKind.END for alert in session.alerts.all()):
        return None
    past = progress.past_its_end(session, now)
    return Raise(sign=END_SIGN, level="caution", kind="end", detail=past) if past else None


def due_alerts(session: Session, now: datetime) -> list[Raise]:
    return [found for found in (dose_alert(session, now), end_alert(session, now)) if found]


def raise_if_reached(session: Session, *, nurse: UUID | None, now: datetime) -> list[Alert]:
    """Raise what it is time for. The session must be locked, and `recording.advance` follows."""
    found = due_alerts(session, now)
    return alerts.raise_all(session, found, reading=None, nurse=nurse, now=now) if found else []


def watch(*, now: datetime) -> int:
    """Raise the alerts in every running session that wants one; how many were raised.

    Looks without locks, with a fixed number of queries; what needs an alert is locked and looked at again.
    A session that somebody is writing in at this moment waits for the next beat, and one that can't be
    written holds up no other. One with a record is signed, whatever its state says.
    """
    running = (
        Session.objects.filter(state=SessionState.INFUSING, signed_records=None)
        .select_related("protocol")
        .prefetch_related("dose_worksheets", "infusion_events", "alerts")
    )
    needing = [session.pk for session in running if due_alerts(session, now)]
    return each_alone(needing, lambda pk: _raise_in(pk, now))


def _raise_in(session_id: UUID, now: datetime) -> int:
    def write() -> int:
        locked = Session.objects.select_for_update(of=("self",), skip_locked=True)
        session = (
            locked.filter(pk=session_id, state=SessionState.INFUSING)
            .select_related("clinic", "protocol", "appointment__plan")
            .first()
        )
        if session is None:
            return 0
        raised = raise_if_reached(session, nurse=nurse_of(session, now), now=now)
        if raised:
            recording.advance(session, "alert", now=now)
        return len(raised)

    return in_transaction(write)
