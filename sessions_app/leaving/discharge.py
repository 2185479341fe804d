"""The patient goes home: what the record knows about the recovery, and that they have left.

What makes somebody fit to go is reckoned in `home_readiness`.
"""

from dataclasses import fields
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import hidden_in
from sessions_app import recording
from sessions_app.infusing import progress
from sessions_app.leaving.home_readiness import (
    MOST_PER_CRITERION,
    Assessment,
    Course,
    Signs,
    assess,
    newest,
)
from sessions_app.models import (
    Alert,
    AlertStepKind,
    CheckResult,
    Discharge,
    Session,
    SideEffect,
)
from sessions_app.observing import due_times, effect_courses, flowsheet, vital_limits
from sessions_app.observing.effect_courses import ENDED
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import overrides, safety

ACCEPTED_GRADE: Final = 1  # of a side effect with which a patient may go; above it a prescriber decides
PRESSURES: Final = ("systolic_mmhg", "diastolic_mmhg")
VOMITING: Final = ("vomiting", "nausea_vomiting")  # domain.md 1.5 [D]: nobody leaves who vomits
OF_THE_STOP: Final = {"reason": "the reason", "volume_ml": "the pump's volume"}
JUDGED: Final = ("nausea_pain_score", "iv_site_score", "intake_score")


def discharge(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    assessment: Assessment,
    revision: int | None = None,
    now: datetime,
) -> Discharge:
    """Let the patient go home with the named adult.

    Raises `Invalid` for a score that is none, `Conflict` with code `not_ready` and a blocker for everything
    that is missing (`home_readiness.assess`).
    """
    _check_scores(assessment)
    hidden = hidden_in({name: getattr(assessment, name) for name in ("escort_name", "escort_phone")})
    if hidden:
        raise Invalid(hidden)

    def write() -> Discharge:
        current = recording.lock(session, "discharge", revision=revision)
        course = recovery(current, now)
        readiness = assess(course, assessment)
        if course.sets and not readiness.vital_signs_computed and assessment.vital_signs_score is None:
            raise Invalid({"vital_signs_score": "It can't be reckoned without a baseline: score 0 to 2."})
        recording.require("discharge", readiness.missing)
        found = {
            field.name: recording.written(getattr(assessment, field.name)) for field in fields(assessment)
        }
        line = Discharge.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            **{**found, **readiness.scores},
            vital_signs_computed=readiness.vital_signs_computed,
        )
        recording.advance(current, "discharge", now=now, discharged_at=now)
        return line

    return in_transaction(write)


def recovery(session: Session, now: datetime) -> Course:
    """What the record knows about the recovery at this moment. A query for each kind of line, none where the
    session's lines and the patient's safety concerns are loaded."""
    protocol = session.protocol
    lines = flowsheet.standing(session.vital_signs.all())
    stopped_at = session.stopped_at
    after = [line for line in lines if stopped_at is not None and line.measured_at >= stopped_at]
    sets = [flowsheet.values_of(line) for line in after]
    effects = _ongoing(session)
    pressures = {sign: newest(sets, sign) for sign in PRESSURES}
    past = vital_limits.breaches(pressures, protocol.limits, "caution")
    return Course(
        minutes_to_go=minutes_to_go(session, now),
        sets=sets,
        measured_at=[line.measured_at for line in after],
        at=now,
        least_apart=due_times.least_apart(protocol.vitals_schedule, "observation"),
        most_apart=due_times.most_apart(protocol.vitals_schedule, "observation"),
        baseline=flowsheet.baseline_of(session, lines),
        near_percent=protocol.near_baseline_percent,
        near_sets=protocol.near_baseline_sets,
        near_accepted=overrides.is_near_accepted(session, lines),
        pressure_past=tuple(dict.fromkeys(_measured(pressures, breach.sign) for breach in past)),
        vomiting=any(effect.term in VOMITING for effect in effects),
        side_effects=tuple(label_of(effect.term) for effect in to_accept(session)),
        open_alerts=[alert.detail for alert in _open_alerts(session)],
        suicidality_was_positive=_suicidality_was_positive(session),
        stop_lacks=[OF_THE_STOP[name] for name in progress.stop_lacks(session)],
    )


def _measured(pressures: Signs, sign: str) -> str:
    """The value with its name: whoever lets it pass is to have seen it."""
    value = pressures[sign]
    return vital_limits.measured(sign, value) if value is not None else ""


def _open_alerts(session: Session) -> list[Alert]:
    """The alerts that nobody has resolved, the oldest first."""
    alerts = sorted(session.alerts.all(), key=lambda alert: (alert.raised_at, alert.revision))
    return [
        alert for alert in alerts if all(step.kind != AlertStepKind.RESOLVED for step in alert.steps.all())
    ]


def to_accept(session: Session) -> list[SideEffect]:
    """The side effects of grade 2 or more that are neither over nor accepted by a prescriber."""
    let_pass = overrides.let_pass(session)
    return [
        effect
        for effect in _ongoing(session)
        if effect.grade > ACCEPTED_GRADE and (overrides.SIDE_EFFECTS, effect.pk) not in let_pass
    ]


def _ongoing(session: Session) -> list[SideEffect]:
    standing = effect_courses.standing_now(session.side_effects.all())
    return [effect for effect in standing if effect.outcome not in ENDED]


def home_from(session: Session) -> datetime | None:
    """The earliest moment of discharge: the protocol's observation minutes after the stop."""
    if session.stopped_at is None:
        return None
    return session.stopped_at + timedelta(minutes=session.protocol.observation_minutes)


def minutes_to_go(session: Session, now: datetime) -> int:
    """Minutes of observation that are left, rounded up; none when they are over."""
    earliest = home_from(session)
    if earliest is None or now >= earliest:
        return 0
    return -((now - earliest) // timedelta(minutes=1))


def _suicidality_was_positive(session: Session) -> bool:
    """The question before the start ever found something, whoever answered otherwise since; it had no answer
    in the end; an urgent answer to a questionnaire was given, or waited for its assessment when the patient
    came; or thoughts came up in the chair."""
    asked = [line for line in session.checklist_answers.all() if line.item == "suicidality"]
    found = any(line.result == CheckResult.FAIL for line in asked)
    unknown = any(line.result == CheckResult.UNKNOWN for line in recording.uncorrected(asked))
    effects = recording.uncorrected(session.side_effects.all())
    thoughts = any(effect.term == "suicidal_thoughts" for effect in effects)
    return found or unknown or thoughts or safety.open_in(session)


def _check_scores(assessment: Assessment) -> None:
    given = {name: getattr(assessment, name) for name in JUDGED}
    if assessment.vital_signs_score is not None:
        given["vital_signs_score"] = assessment.vital_signs_score
    wrong = {
        name: f"Score 0 to {MOST_PER_CRITERION}."
        for name, score in given.items()
        if not 0 <= score <= MOST_PER_CRITERION
    }
    if wrong:
        raise Invalid(wrong)
