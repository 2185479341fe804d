"""What the page behind a link offers: everything that its message says, also for the messages that it carries
and for the one that it says, or asks for, again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from notifications.answering.grading import Question
from notifications.answering.question_sets import readiness_questions
from notifications.models import CheckIn, LinkPurpose, Message, MessageKind, PatientLink
from notifications.planning.said import said_with
from scheduler.models import Appointment, AppointmentStatus, ParticipantStatus, WaitlistOffer
from scheduler.waitlist import waiting
from sessions_app.models import Session
from sessions_app.preparing import readiness
from sessions_app.preparing.readiness import Answers

ABOUT_A_VISIT = frozenset(
    {
        MessageKind.CONFIRMATION,
        MessageKind.MOVE,
        MessageKind.CHANGE,
        MessageKind.REMINDER,
        MessageKind.MISSED,
    }
)


@dataclass(frozen=True)
class ToldVisit:
    """A visit as a message told of it: `spoken_of` is the start that it names; the visit may have moved
    since."""

    visit: Appointment
    spoken_of: datetime

    @property
    def moved(self) -> bool:
        return self.visit.starts_at != self.spoken_of

    @property
    def confirmed(self) -> bool:
        return self.visit.patient_status == ParticipantStatus.ACCEPTED

    def is_to_come(self, now: datetime) -> bool:
        """At the time that was told."""
        return self.visit.status == AppointmentStatus.BOOKED and not self.moved and now < self.visit.starts_at


@dataclass(frozen=True, kw_only=True)
class Things:
    """`told` are the visits that the message tells of, by their starts; `about` the one that its page begins
    with: the next that is to come. `readiness` is what stands of what was said about that one; None where
    nothing was."""

    told: list[ToldVisit]
    about: ToldVisit | None
    readiness: Answers | None
    check_ins: list[CheckIn]
    offer: WaitlistOffer | None
    diary: bool
    now: datetime

    @property
    def visit(self) -> Appointment | None:
        return self.about.visit if self.about else None

    @property
    def moved(self) -> bool:
        return self.about is not None and self.about.moved

    @property
    def others(self) -> list[ToldVisit]:
        """Those beside the one that the page begins with."""
        return [each for each in self.told if each is not self.about]

    @property
    def to_confirm(self) -> list[ToldVisit]:
        return [each for each in self.told if each.is_to_come(self.now) and not each.confirmed]

    @property
    def asks_readiness(self) -> bool:
        """Until the visit begins, what was answered can be changed."""
        return self.about is not None and self.about.is_to_come(self.now)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """What is asked before the visit. One query, where anything is."""
        return questions_before(self.visit) if self.visit and self.asks_readiness else ()

    @property
    def open_questions(self) -> list[str]:
        """What has to be known before the visit and isn't yet."""
        return readiness.unanswered(self.readiness) if self.asks_readiness else []


def questions_before(visit: Appointment) -> tuple[Question, ...]:
    """What is asked before this visit, of somebody who has been here or has not: one query."""
    others = Session.objects.filter(patient=visit.patient_id).exclude(appointment=visit)
    return readiness_questions(first_visit=not others.exists())


def of_link(link: PatientLink, now: datetime) -> Things:
    """Everything behind this link. At most five queries."""
    together = said_with(link.message_id)
    said = list(together.select_related("appointment__protocol", "appointment__clinic"))
    told = _visits_told(said)
    about = next((each for each in sorted(told, key=_start) if each.is_to_come(now)), None)
    about = about or next(iter(told), None)
    visit = about.visit if about else None
    offered = next((each for each in said if each.kind == MessageKind.OFFER), None)
    return Things(
        told=sorted(told, key=_start),
        about=about,
        readiness=readiness.standing_of([visit]).get(visit.pk) if visit else None,
        check_ins=list(
            CheckIn.objects.filter(message__in=said)
            .select_related("plan", "clinic", "message")
            .order_by("created_at", "pk")
        ),
        offer=waiting.offers().filter(appointment=offered.appointment_id).first() if offered else None,
        diary=link.purpose == LinkPurpose.DIARY or any(each.kind == MessageKind.DIARY for each in said),
        now=now,
    )


def _visits_told(said: Iterable[Message]) -> list[ToldVisit]:
    """Each visit once, as the first of these messages that is about it has it."""
    told: dict[UUID, ToldVisit] = {}
    for message in said:
        if message.kind in ABOUT_A_VISIT:
            told.setdefault(message.visit.pk, ToldVisit(message.visit, message.visit_start))
    return list(told.values())


def _start(told: ToldVisit) -> datetime:
    return told.spoken_of
