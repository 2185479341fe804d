"""The serious side effects that stand and that no prescriber has decided about: while one does, a paused
infusion doesn't go on (domain.md 4.1, column "escalate", and 4.2).

One is over when its course says that it has ended. A prescriber decides by letting the infusion go on, or by
resolving the alert that it raised; what is raised anew after that, worse or back again, asks again.

Asked of loaded rows: `side_effects`, `alerts` with their steps, `overrides`. What is serious, and how loud it
is at the chair, is in `effect_calls`.
"""

from collections.abc import Sequence
from uuid import UUID

from clinic.models import Role
from sessions_app.models import Alert, AlertKind, AlertStepKind, Session, SideEffect
from sessions_app.observing import effect_calls, effect_courses
from sessions_app.observing.ladder import AT_ONCE
from sessions_app.observing.vocabulary import label_of


def undecided(session: Session, let_go_on: str) -> list[str]:
    """Each of them in words, by onset; `let_go_on` is the subject under which a prescriber lets it go on.
    Where an alert was resolved a query for who resolved it, if that is not loaded."""
    lines = list(session.side_effects.all())
    by_id = {line.pk: line for line in lines}
    found = []
    for state in effect_courses.standing_now(lines):
        if state.outcome in effect_courses.ENDED or effect_calls.level_of(state) is None:
            continue
        first = effect_courses.first_of(state, by_id)
        course = [line for line in lines if effect_courses.first_of(line, by_id) == first]
        if not _is_decided(session, state, course, let_go_on):
            found.append(f"{label_of(state.term)}, grade {effect_calls.worst(state)}.")
    return list(dict.fromkeys(found))


def _is_decided(session: Session, state: SideEffect, course: Sequence[SideEffect], let_go_on: str) -> bool:
    """Whether a prescriber decided knowing that it is serious, and the newest alert about it."""
    called = [alert for alert in session.alerts.all() if _calls_for(alert, state.term)]
    newest = max(called, key=lambda alert: alert.revision, default=None)
    # Of an old alert of the same sign, as a symptom that was ticked, nobody knew a side effect.
    since = min(line.revision for line in course if effect_calls.level_of(line) is not None)
    since = max(since, newest.revision if newest else since)
    decided = [each.revision for each in session.overrides.all() if each.subject == let_go_on]
    decided += _resolved_by_a_prescriber(newest, session.clinic_id) if newest else []
    return any(revision >= since for revision in decided)


def _calls_for(alert: Alert, term: str) -> bool:
    return alert.kind == AlertKind.LIMIT and alert.level in AT_ONCE and alert.sign == term


def _resolved_by_a_prescriber(alert: Alert, clinic_id: UUID) -> list[int]:
    """The revision at which one of this clinic's prescribers resolved it."""
    return [
        step.revision
        for step in alert.steps.all()
        if step.kind == AlertStepKind.RESOLVED and step.recorded_by
        for member in step.recorded_by.memberships.all()
        if member.clinic_id == clinic_id and member.role == Role.PRESCRIBER
    ]
