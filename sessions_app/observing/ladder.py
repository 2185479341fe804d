"""Who is told of an alert, rung by rung: the session's nurse, the charge nurse, the prescriber; and who is
next, and when, while nobody answers. Where a clinic has no prescriber the record says that nobody could be
told, the charge nurse is told in their place, and whoever comes to prescribe is told at the next beat.

The clock that tells them is `alert_clocks`; what they answer is in `alerts`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

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
    """Who is told next unless an answer comes before; no user where nobody stands on that rung."""

    rung: Rung
    user: User | None
    at: datetime


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


def unreached(alert: Alert, *, words: str = "", now: datetime | None = None) -> AlertStep:
    """The step that says that there was no prescriber whom one could have told."""
    step = told(alert, Rung.PRESCRIBER, None, words=words, now=now)
    step.kind = AlertStepKind.UNREACHED
    return step


def rungs_told(alert: Alert) -> Mapping[str, AlertStep]:
    """Who was told, by rung; needs the alert's steps. Nobody is told where nobody is named, but for the
    station itself, on which the alert stands."""
    return {
        step.rung: step
        for step in alert.steps.all()
        if step.kind == AlertStepKind.TOLD and (step.told_id or step.rung == Rung.NURSE)
    }


def has_no_prescriber(alert: Alert) -> bool:
    """Whether a prescriber was looked for in vain, and none was told since; needs its steps."""
    looked_for = [step for step in alert.steps.all() if step.rung == Rung.PRESCRIBER]
    return bool(looked_for) and not any(step.told_id for step in looked_for)


def climbing() -> QuerySet[Alert]:
    """Alerts of which somebody may still be told: nobody answers for them, and a prescriber was not told, or
    the charge nurse where the prescriber is called at once. `Ladder.next_told` says whom, and when."""
    steps = AlertStep.objects.filter(alert=OuterRef("pk"))
    named = steps.filter(kind=AlertStepKind.TOLD, told__isnull=False)
    charge_is_left = Q(level__in=AT_ONCE) & ~Exists(named.filter(rung=Rung.CHARGE))
    return Alert.objects.filter(
        ~Exists(steps.filter(kind__in=ANSWERED)),
        ~Exists(named.filter(rung=Rung.PRESCRIBER)) | charge_is_left,
    )


class Ladder:
    """Who stands on the upper rungs in these sessions' clinics: one query for all of them. Of several charge
    nurses it is one who works at this moment by the schedule, and any of them where none does.

    The sessions' `appointment.plan` should be loaded.
    """

    def __init__(self, sessions: Collection[Session], now: datetime) -> None:
        self._now = now
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
        rung was told. Where the prescriber was called at once the charge nurse is still to be told; where
        there was none, one who has come since is told at once."""
        if answered(alert):
            return None
        rungs = rungs_told(alert)
        at = max((step.recorded_at for step in rungs.values()), default=alert.raised_at) + UNANSWERED
        if Rung.CHARGE not in rungs:
            charge = self._charge(session, but={step.told_id for step in rungs.values()})
            if charge is not None:
                return NextTold(Rung.CHARGE, charge, at)
        if Rung.PRESCRIBER in rungs:
            return None
        prescriber = self._prescriber(session)
        if has_no_prescriber(alert):
            return NextTold(Rung.PRESCRIBER, prescriber, self._now) if prescriber else None
        return NextTold(Rung.PRESCRIBER, prescriber, at)

    def called(
        self, session: Session, alert: Alert, *, nurse: UUID | None, words: str = ""
    ) -> list[AlertStep]:
        """Who is told at once of what calls to the chair: the prescriber, or else the charge nurse, besides
        the nurse who knows of it."""
        prescriber = self._prescriber(session)
        if prescriber is not None:
            return [told(alert, Rung.PRESCRIBER, prescriber.pk, words=words)]
        steps = [unreached(alert, words=words)]
        charge = self._charge(session, but={nurse})
        if charge is not None:
            steps.append(told(alert, Rung.CHARGE, charge.pk, words=words))
        return steps

    def has_prescriber(self, session: Session) -> bool:
        """Whether anybody could be called to the chair."""
        return self._prescriber(session) is not None

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
