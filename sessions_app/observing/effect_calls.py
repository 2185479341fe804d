"""Whom a side effect calls: the prescriber, and whoever is at the chair, when it is serious and news.

It is news when it is worse than it was known to be, when it comes back after its end, and when a correction
says that it is something else for which one is called; getting better and ending are none. How alerts go on
is in `alerts`, writing in `side_effects`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from clinic import work
from clinic.models import Role, Urgency
from sessions_app import states
from sessions_app.models import Seriousness, SideEffect, VitalSigns
from sessions_app.observing import (
    alert_tasks,
    alerts,
    effect_courses,
    excursions,
    flowsheet,
    serious_events,
)
from sessions_app.observing.alert_rules import LEVELS, Level, Raise
from sessions_app.observing.alerts import Raising
from sessions_app.observing.effect_courses import ENDED
from sessions_app.observing.moments import place
from sessions_app.observing.vocabulary import label_of, term_of

# CTCAE v5: 3 is severe or medically significant (domain.md 4.1 [V:26]).
SERIOUS_GRADE: Final = 3
# As for an alert: two minutes unacknowledged go up the ladder (domain.md 3.3 [D]).
SERIOUS_DUE: Final = timedelta(minutes=2)
# "Every report -> prescriber before next session" (domain.md 4.1): the day's task, our choice of hours.
LATER_DUE: Final = timedelta(hours=8)
# Dissociation is expected; with this much distress it is not (domain.md 4.1).
DISTRESSING: Final = ("dissociation",)
SERIOUS_DISTRESS: Final = 7
# Emergencies by their term (domain.md 3.3, 4.1, 4.2) or by their grade: life-threatening.
EMERGENCIES: Final = (
    "allergic_reaction",
    "apnoea",
    "chest_pain",
    "laryngospasm",
    "neurological_deficit",
    "respiratory_depression",
    "seizure",
)
EMERGENCY_GRADE: Final = 4
# The prescriber hears of these at once, but they are no reason to stand still unless they are grave.
NOT_OF_THE_CHAIR: Final = ("craving", "use_outside")


class Effect(Protocol):
    """A side effect as it was told, or as a line keeps it."""

    @property
    def term(self) -> str: ...

    @property
    def grade(self) -> int: ...

    @property
    def peak_grade(self) -> int | None: ...

    @property
    def distress(self) -> int | None: ...

    @property
    def seriousness(self) -> str: ...

    @property
    def outcome(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class AsItIs:
    """A state by itself, without what was worse before."""

    term: str
    grade: int
    peak_grade: int | None = None
    distress: int | None
    seriousness: str
    outcome: str


def as_it_is(line: SideEffect) -> AsItIs:
    return AsItIs(
        term=line.term,
        grade=line.grade,
        distress=line.distress,
        seriousness=line.seriousness,
        outcome=line.outcome,
    )


def is_serious(effect: Effect) -> bool:
    """Whether the prescriber is called at once (domain.md 4.1, column "escalate", and 4.2). It stays so when
    the side effect has got better: its peak counts, and what it was called."""
    return (
        worst(effect) >= SERIOUS_GRADE
        or effect.seriousness != Seriousness.NON_SERIOUS
        or term_of(effect.term).escalate == "now"
        or (effect.term in DISTRESSING and (effect.distress or 0) >= SERIOUS_DISTRESS)
    )


def call(line: SideEffect, told: Effect, *, now: datetime) -> bool:
    """Call whom this line, kept just now, calls; whether it called anybody. `told` is what was entered with
    it: a peak in it counts. The session must be locked."""
    if not (is_serious(told) or term_of(told.term).escalate == "before_next_session"):
        return False
    before, after = effect_courses.around(line, SideEffect.objects.filter(session=line.session_id))
    if line.corrects:
        known = [] if _is_another(line, line.corrects) else [_as_entered(line.corrects)]
    else:
        known = [as_it_is(each) for each in (before, after) if each]
    if not _is_news(told, known):
        return False
    _tell_prescriber(line, told, now=now)
    serious_events.hold(line.session, now=now)
    back_after = before if before and before.outcome in ENDED and not line.corrects else None
    _raise_alert(line, told, back_after=back_after, now=now)
    return True


def _is_news(told: Effect, known: Iterable[Effect]) -> bool:
    """Whether it is worse than all that is known of it. An end says nothing of what comes back after it."""
    over = told.outcome in ENDED
    return all(_is_worse(told, each) for each in known if over or each.outcome not in ENDED)


def _is_another(line: SideEffect, wrong: SideEffect) -> bool:
    """Whether this is something else than the line that it corrects, and by its very term calls at once:
    whoever came for a seizure knows nothing of anaphylaxis."""
    return line.term != wrong.term and term_of(line.term).escalate == "now"


def _is_worse(one: Effect, other: Effect) -> bool:
    return any(mine > theirs for mine, theirs in zip(_measures(one), _measures(other), strict=True))


def _measures(effect: Effect) -> tuple[int, bool, bool, int]:
    """By what one is worse than another: how loud it is, whether it is serious or called so, its grade."""
    level = level_of(effect)
    loud = LEVELS.index(level) + 1 if level else 0
    return loud, is_serious(effect), effect.seriousness != Seriousness.NON_SERIOUS, worst(effect)


def _as_entered(line: SideEffect) -> Effect:
    """As its reader knew it: the peak of a first line was told, that of a later state is of those before."""
    return line if line.course_of_id is None else as_it_is(line)


def _tell_prescriber(line: SideEffect, told: Effect, *, now: datetime) -> None:
    """Open a task: red for a serious one, amber for what must be seen before the next visit. Its cause names
    the line that calls, and the grade."""
    if is_serious(told):
        title = alert_tasks.call_to(line.session, "serious side effect")
        urgency, due = Urgency.RED, SERIOUS_DUE
    else:
        title, urgency, due = "Look at a side effect before the next session", Urgency.AMBER, LATER_DUE
    work.open_item(
        clinic_id=line.session.clinic_id,
        patient_id=line.session.patient_id,
        cause=f"side_effect:{line.pk}:{worst(told)}",
        title=title,
        urgency=urgency,
        role=Role.PRESCRIBER,
        due_at=now + due,
    )


def _raise_alert(line: SideEffect, told: Effect, *, back_after: SideEffect | None, now: datetime) -> None:
    """Raise at the chair what a serious side effect is, as the same sign ticked under vital signs does.

    One that is back after its end is raised anew, also while the alert of the time before stands open.
    """
    level = level_of(told)
    if level is None or line.session.state not in states.IN_THE_CHAIR:
        return
    words = f"{label_of(line.term)}, grade {worst(told)}."
    lines = flowsheet.standing(VitalSigns.objects.filter(session=line.session))
    within = excursions.last_within(line.session, [line.term], lines, {})
    if back_after is not None:
        ended = place(back_after.recorded_at, back_after.revision)
        within[line.term] = max(ended, within.get(line.term, ended))
    found = Raise(line.term, level, "limit", words)
    raising = Raising(line.session, [found], line.recorded_by_id, within=within, called=True)
    alerts.raise_together([raising], now=now)


def level_of(effect: Effect) -> Level | None:
    """How loud it is at the chair; none where it is no reason to stand still."""
    grave = worst(effect) >= SERIOUS_GRADE or effect.seriousness != Seriousness.NON_SERIOUS
    if not is_serious(effect) or (effect.term in NOT_OF_THE_CHAIR and not grave):
        return None
    if effect.term in EMERGENCIES or worst(effect) >= EMERGENCY_GRADE:
        return "emergency"
    if effect.seriousness in (Seriousness.LIFE_THREATENING, Seriousness.DEATH):
        return "emergency"
    return "stop"


def worst(effect: Effect) -> int:
    """The worst grade that it is known to have had."""
    return max(effect.grade, effect.peak_grade or 0)
