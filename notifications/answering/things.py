"""What the page behind a link offers: everything that its message says, also for the messages of the same day
that it carries and for the one that it says, or asks for, again.
"""

from dataclasses import dataclass
from datetime import datetime

from notifications.models import CheckIn, LinkPurpose, MessageKind, PatientLink
from notifications.planning.said import said_with
from scheduler.models import Appointment, AppointmentStatus, WaitlistOffer
from scheduler.waitlist import waiting
from sessions_app.models import Readiness
from sessions_app.preparing import readiness

ABOUT_A_VISIT = frozenset(
    {
        MessageKind.CONFIRMATION,
        MessageKind.MOVE,
        MessageKind.CHANGE,
        MessageKind.REMINDER,
        MessageKind.MISSED,
    }
)


@dataclass(frozen=True, kw_only=True)
class Things:
    """`spoken_of` is the start that the message names; the visit may have moved since."""

    visit: Appointment | None
    spoken_of: datetime | None
    readiness: Readiness | None
    check_ins: list[CheckIn]
    offer: WaitlistOffer | None
    diary: bool
    now: datetime

    @property
    def moved(self) -> bool:
        return self.visit is not None and self.visit.starts_at != self.spoken_of

    @property
    def asks_readiness(self) -> bool:
        """Until the visit begins, what was answered can be changed."""
        return (
            self.visit is not None
            and self.visit.status == AppointmentStatus.BOOKED
            and not self.moved
            and self.now < self.visit.starts_at
        )

    @property
    def open_questions(self) -> list[str]:
        """What has to be known before the visit and isn't yet."""
        return readiness.unanswered(self.readiness) if self.asks_readiness else []


def of_link(link: PatientLink, now: datetime) -> Things:
    """Everything behind this link. At most four queries."""
    together = said_with(link.message_id)
    said = list(together.select_related("appointment__protocol", "appointment__clinic"))
    about = next((each for each in said if each.kind in ABOUT_A_VISIT), None)
    visit = about.appointment if about else None
    offered = next((each for each in said if each.kind == MessageKind.OFFER), None)
    return Things(
        visit=visit,
        spoken_of=about.visit_starts_at if about else None,
        readiness=readiness.newest(visit) if visit else None,
        check_ins=list(
            CheckIn.objects.filter(message__in=said)
            .select_related("plan", "clinic", "message")
            .order_by("created_at", "pk")
        ),
        offer=waiting.offers().filter(appointment=offered.appointment_id).first() if offered else None,
        diary=link.purpose == LinkPurpose.DIARY or any(each.kind == MessageKind.DIARY for each in said),
        now=now,
    )
