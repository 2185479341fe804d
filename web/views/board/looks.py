"""What a visit's block says of it: a tone, an icon and a word, never colour alone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from scheduler.models import Appointment, AppointmentStatus, ParticipantStatus
from sessions_app.models import SessionState
from web.lengths import left_in_words, length_in_words
from web.templatetags.chairside import LOOKS, PLAIN

IN_THE_CHAIR: Final = frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})
# What the patient has said of a visit that is still to come.
SAID: Final = {
    ParticipantStatus.NEEDS_ACTION: ("planned", "calendar"),
    ParticipantStatus.ACCEPTED: ("planned", "check"),
    ParticipantStatus.DECLINED: ("bad", "cross"),
}


@dataclass(frozen=True)
class Look:
    tone: str
    icon: str
    word: str
    until: datetime | None = None  # of a hold: when it runs out


def look_of(
    visit: Appointment,
    *,
    state: str | None,
    late: int = 0,
    over: int = 0,
    in_doubt: bool = False,
    now: datetime,
) -> Look:
    """`state` is that of the visit's session, when there is one; `late` by how many minutes somebody should
    have come by now, `over` by how many who is still here should have gone; `in_doubt`: what the patient said
    before waits for a nurse (`readiness.in_doubt`)."""
    if visit.status == AppointmentStatus.PENDING and visit.held_until is not None:
        left = left_in_words(visit.held_until, now)
        return Look("waiting", "clock", f"Held, {left} left", visit.held_until)
    if late > 0:
        return Look("warn", "alert", f"{length_in_words(late)} late")
    if visit.status == AppointmentStatus.BOOKED:
        said = ParticipantStatus(visit.patient_status)
        return Look("warn", "alert", not_ready(visit)) if in_doubt else Look(*SAID[said], said.label)
    in_session = state if visit.status in IN_THE_CHAIR else None
    word = SessionState(in_session).label if in_session else visit.get_status_display()
    if over > 0:
        return Look("warn", "alert", f"{word}, {length_in_words(over)} over")
    return Look(*LOOKS.get(in_session or visit.status, PLAIN), word)


def not_ready(visit: Appointment) -> str:
    """What is said of a visit about which a nurse has to be asked first."""
    return f"{visit.get_patient_status_display()}; not ready: ask a nurse"


def unconfirmed(visit: Appointment) -> bool:
    """It is booked, and its patient has not said that they come."""
    return visit.status == AppointmentStatus.BOOKED and visit.patient_status != ParticipantStatus.ACCEPTED
