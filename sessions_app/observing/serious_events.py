"""What of a session holds the next infusion of its plan until a prescriber has looked and decided.

A side effect that calls one, at once or before the next session (domain.md 4.1, column "escalate", and 4.2:
`effect_calls`); and an infusion that was stopped before its bag was given after a reading past a stop limit
had called somebody to the chair (3.3). Which plan waits, and the decision, is
`scheduler.prescribing.safety_reviews`'s.
"""

from datetime import datetime

from scheduler.models import TreatmentPlan
from scheduler.prescribing import safety_reviews
from sessions_app.models import Alert, AlertKind, Session
from sessions_app.observing.ladder import AT_ONCE


def hold(session: Session, *, now: datetime) -> None:
    """Nothing more is given under the session's plan until a prescriber has decided. Inside the caller's
    transaction, with the session locked."""
    plan = TreatmentPlan.objects.get(appointments=session.appointment_id)
    safety_reviews.open_review(plan=plan, session_id=session.pk, now=now)


def called_to_the_chair(session: Session) -> bool:
    """Whether a reading past a stop limit has called somebody to the chair since the start. One query."""
    raised = Alert.objects.filter(session=session, kind=AlertKind.LIMIT, level__in=AT_ONCE)
    return session.started_at is not None and raised.filter(raised_at__gte=session.started_at).exists()
