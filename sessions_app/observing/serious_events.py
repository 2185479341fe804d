"""What of a session holds the patient's next infusion until a prescriber has looked and decided.

A side effect that calls one, at once or before the next session (domain.md 4.1, column "escalate", and 4.2:
`effect_calls`); and an infusion that was stopped before its bag was given after a reading past a stop limit
had called somebody to the chair (3.3). Which plans wait, and the decision, is
`scheduler.prescribing.safety_reviews`'s.
"""

from datetime import datetime

from scheduler.prescribing import safety_reviews
from sessions_app.models import Alert, AlertKind, Session
from sessions_app.observing.ladder import AT_ONCE


def hold(session: Session, *, now: datetime) -> None:
    """Nothing more is given under any plan of the session's patient until a prescriber has decided. Inside
    the caller's transaction, with the session locked."""
    safety_reviews.open_reviews(patient_id=session.patient_id, session_id=session.pk, now=now)


def called_to_the_chair(session: Session) -> bool:
    """Whether a reading past a stop limit has called somebody to the chair since the start. One query."""
    raised = Alert.objects.filter(session=session, kind=AlertKind.LIMIT, level__in=AT_ONCE)
    return session.started_at is not None and raised.filter(raised_at__gte=session.started_at).exists()
