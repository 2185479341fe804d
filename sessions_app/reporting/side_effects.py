"""Side effects of a period's infusions by term and grade, those that staff observed apart from those that
patients told of; and how many infusions had any (domain.md 4.1 and 5.1, rule 10). Reads, never writes.

A side effect counts once, with the worst of its grades, however many states it had; a line that was corrected
doesn't count. Of how many infusions is said beside each figure: sessions are not patients.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Count, F, Q

from clinic.models import Clinic
from scheduler.reporting.reports import EVERYBODY, Among, Period
from sessions_app.models import ReportedBy, SessionState, SideEffect
from sessions_app.observing import effect_courses
from sessions_app.observing.effect_calls import SERIOUS_GRADE, is_serious
from sessions_app.observing.vocabulary import label_of
from sessions_app.reporting.infusions import started_in
from sessions_app.reporting.rates import Rate

GRADES: Final = (1, 2, 3, 4, 5)  # CTCAE v5 (domain.md 4.1 [V:26])
# Short of which grade a side effect is mild, with nothing to be done for it (domain.md 4.1 [V:26]).
MODERATE: Final = 2


@dataclass(frozen=True)
class Grades:
    """One term, or all of them: how many side effects had each grade at their worst, 1 to 5."""

    words: str
    by_grade: tuple[int, ...]
    infusions: int

    @property
    def count(self) -> int:
        return sum(self.by_grade)

    @property
    def per_100(self) -> float | None:
        """Of infusions; None of nothing."""
        return self.count * 100 / self.infusions if self.infusions else None

    def grade_per_100(self, grade: int) -> float | None:
        return self.by_grade[grade - 1] * 100 / self.infusions if self.infusions else None


@dataclass(frozen=True)
class OfProtocol:
    """The infusions by one protocol, and how many of them had side effects."""

    protocol: str
    infusions: int
    effects: int
    with_any: Rate
    with_severe: Rate  # grade 3 or more

    @property
    def per_100(self) -> float | None:
        return self.effects * 100 / self.infusions if self.infusions else None


@dataclass(frozen=True)
class SideEffects:
    """Of the infusions that were started in a period. `unsigned` are those whose record may still grow."""

    infusions: int
    patients: int
    unsigned: int
    observed: list[Grades]  # the commonest first
    reported: list[Grades]
    all_observed: Grades
    all_reported: Grades
    with_any: Rate
    with_moderate: Rate  # grade 2 or more
    with_severe: Rate  # grade 3 or more
    serious: int  # side effects for which the prescriber is called at once
    stopped_early: Rate
    by_protocol: list[OfProtocol]

    @property
    def effects(self) -> int:
        return self.all_observed.count + self.all_reported.count


@dataclass(frozen=True)
class Effect:
    """One side effect over its whole course."""

    session: UUID
    protocol: str
    term: str
    source: str
    worst: int
    serious: bool


def side_effects(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> SideEffects:
    """Three queries, and a line of the record for each side effect."""
    started = started_in(clinic, period, among)
    counts = {"infusions": Count("pk"), "early": Count("pk", filter=Q(stopped_early=True))}
    total = started.aggregate(
        **counts,
        patients=Count("patient", distinct=True),
        unsigned=Count("pk", filter=~Q(state=SessionState.SIGNED)),
    )
    by_protocol = (
        started.values("protocol__title").annotate(infusions=Count("pk")).order_by("protocol__title")
    )
    lines = (
        SideEffect.objects.filter(session__in=started.order_by().values("pk"))
        .annotate(protocol=F("session__protocol__title"))
        .order_by("pk")
    )
    effects = _effects(lines)
    infusions = total["infusions"]
    observed = [effect for effect in effects if effect.source == ReportedBy.OBSERVED]
    reported = [effect for effect in effects if effect.source == ReportedBy.PATIENT]
    return SideEffects(
        infusions=infusions,
        patients=total["patients"],
        unsigned=total["unsigned"],
        observed=_by_term(observed, infusions),
        reported=_by_term(reported, infusions),
        all_observed=_grades("All observed by staff", observed, infusions),
        all_reported=_grades("All told by patients", reported, infusions),
        with_any=_with(effects, 1, infusions),
        with_moderate=_with(effects, MODERATE, infusions),
        with_severe=_with(effects, SERIOUS_GRADE, infusions),
        serious=sum(effect.serious for effect in effects),
        stopped_early=Rate(total["early"], infusions),
        by_protocol=[_of_protocol(row["protocol__title"], row["infusions"], effects) for row in by_protocol],
    )


def _effects(lines: Iterable[SideEffect]) -> list[Effect]:
    found = []
    for states in effect_courses.courses(lines).values():
        first = effect_courses.began(states)
        found.append(
            Effect(
                session=first.session_id,
                protocol=first.protocol,  # type: ignore[attr-defined]  # annotated
                term=first.term,
                source=first.source,
                worst=effect_courses.worst_of(states) or first.grade,
                serious=any(map(is_serious, states)),
            )
        )
    return found


def _by_term(effects: Sequence[Effect], infusions: int) -> list[Grades]:
    of_term: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        of_term[effect.term].append(effect)
    found = [_grades(label_of(term), of_it, infusions) for term, of_it in of_term.items()]
    return sorted(found, key=lambda grades: (-grades.count, grades.words))


def _grades(words: str, effects: Iterable[Effect], infusions: int) -> Grades:
    counts = Counter(effect.worst for effect in effects)
    return Grades(words, tuple(counts[grade] for grade in GRADES), infusions)


def _with(effects: Iterable[Effect], grade: int, infusions: int) -> Rate:
    """Infusions with a side effect of this grade or a worse one."""
    return Rate(len({effect.session for effect in effects if effect.worst >= grade}), infusions)


def _of_protocol(title: str, infusions: int, effects: Iterable[Effect]) -> OfProtocol:
    mine = [effect for effect in effects if effect.protocol == title]
    return OfProtocol(
        title, infusions, len(mine), _with(mine, 1, infusions), _with(mine, SERIOUS_GRADE, infusions)
    )
