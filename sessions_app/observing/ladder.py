"""Who is told of an alert, rung by rung: the session's nurse, the charge nurse, the prescriber; and who is
next, and when, while nobody answers.

The clock that tells them is `alert_clocks`; what they answer is in `alerts`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Value, When

from clinic.models import Membership, Role, User
from scheduler.models import Opening, ResourceKind
from sessions_app.models import Alert, AlertLevel, AlertStep, AlertStepKind, Rung, Session

# domain.md 3.3 [D]: two minutes unacknowledged go up the ladder.
UNANSWERED: Final = timedelta(minutes=2)
# "Stop/pause + clinician at chair" (domain.md 3.3): the prescriber is told at once, not after the others.
AT_ONCE: Final = (AlertLevel.STOP, AlertLevel.EMERGENCY)
ANSWERED: Final = (AlertStepKind.ACKNOWLEDGED, AlertStepKind.RESOLVED)


@dataclass(frozen=True)
class NextTold:
    """Who is told next, by name where the clinic has somebody, unless an answer comes before."""

    rung: Rung
    user: User | None
    at: datetime

    @property
    def user_id(self) -> UUID | None:
        return self.user.pk if self.user else None


def answered(alert: Alert) -> bool:
    """Whether somebody answers for it by name; needs its steps."""
    return any(step.kind in ANSWERED for step in alert.steps.all())


def told(
    alert: Alert, rung: Rung, user_id: UUID | None, *, words: str = "", now: datetime | None = None
) -> AlertStep:
    """The step that says who was told; at the moment of the alert unless a clock tells later."""
    return AlertStep(
        session_id=alert.session_id,
        alert=alert,
        revision=alert.revision,
        recorded_at=now or alert.recorded_at,
        kind=AlertStepKind.TOLD,
        rung=rung,
        told_id=user_id,
        words=words,
    )


def climbing() -> QuerySet[Alert]:
    """Alerts of which somebody may still be told: nobody answers for them, and the last rung was not told.
    It is the charge nurse where the prescriber was called at once. `Ladder.next_told` says whom, and when."""
    last = Case(When(level__in=AT_ONCE, then=Value(Rung.CHARGE)), default=Value(Rung.PRESCRIBER))
    over = AlertStep.objects.filter(Q(kind__in=ANSWERED) | Q(rung=OuterRef("last")), alert=OuterRef("pk"))
    return Alert.objects.alias(last=last).filter(~Exists(over))


class Ladder:
    """Who stands on the upper rungs in these sessions' clinics: one query for all of them. Of several charge
    nurses it is one who works at this moment by the schedule, and any of them where none does.

    The sessions' `appointment.plan` should be loaded.
    """

    def __init__(self, sessions: Collection[Session], now: datetime) -> None:
        on_duty = Opening.objects.filter(
            resource__user=OuterRef("user"),
            resource__clinic=OuterRef("clinic"),
            resource__kind=ResourceKind.NURSE,
            during__contains=now,
        )
        upper = Q(role=Role.NURSE, charge=True) | Q(role=Role.PRESCRIBER)
        self._members = list(
            Membership.objects.filter(
                upper, clinic__in={session.clinic_id for session in sessions}, user__is_active=True
            )
            .select_related("user")
            .order_by(Exists(on_duty).desc(), "user__full_name", "user_id")
        )

    def next_told(self, session: Session, alert: Alert) -> NextTold | None:
        """Who is told when two more minutes pass without an answer; nobody once it is answered, or the last
        rung was told. Where the prescriber was called at once the charge nurse is still to be told."""
        if answered(alert):
            return None
        rungs = {step.rung: step for step in alert.steps.all() if step.kind == AlertStepKind.TOLD}
        at = max((step.recorded_at for step in rungs.values()), default=alert.raised_at) + UNANSWERED
        if Rung.CHARGE not in rungs:
            charge = self._charge(session, but={step.told_id for step in rungs.values()})
            if charge is not None:
                return NextTold(Rung.CHARGE, charge, at)
        if Rung.PRESCRIBER in rungs:
            return None
        return NextTold(Rung.PRESCRIBER, self._prescriber(session), at)

    def prescriber_id(self, session: Session) -> UUID | None:
        """Who is told at once of what calls to the chair."""
        user = self._prescriber(session)
        return user.pk if user else None

    def _prescriber(self, session: Session) -> User | None:
        """The plan's own prescriber, or another of the clinic where that one has left."""
        here = self._of(session, Role.PRESCRIBER)
        own = session.appointment.plan.prescriber_id
        return next((user for user in here if user.pk == own), here[0] if here else None)

    def _charge(self, session: Session, *, but: Collection[UUID | None]) -> User | None:
        """Who is in charge; nobody where no charge nurse is left besides those who were told already."""
        return next((user for user in self._of(session, Role.NURSE) if user.pk not in but), None)

    def _of(self, session: Session, role: Role) -> Sequence[User]:
        return [
            member.user
            for member in self._members
            if member.clinic_id == session.clinic_id and member.role == role
        ]
