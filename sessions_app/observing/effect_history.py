"""The side effects of many sessions of one patient: each as it went, and which of them came again.

Read from loaded sessions with their `side_effects` and nothing else; nothing is queried or judged here. How
one side effect stands in its own session is read in `effect_courses`. Of a session that has none on record
nobody can say that there was none, only that none is recorded.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sessions_app.models import ReportedBy, Session, SideEffect
from sessions_app.observing import effect_courses
from sessions_app.observing.vocabulary import label_of

MINUTE = timedelta(minutes=1)
# A side effect of which whoever gives the next infusion must read (domain.md 1.5, 4.1): moderate or worse.
TELLING_GRADE: Final = 2


@dataclass(frozen=True)
class Episode:
    """One side effect of one session, from its onset to where it stands.

    `onset_minutes` counts from the infusion's start (domain.md 4.2), below 0 for what was there before; None
    where nothing was given. `lasted_minutes` is None while it isn't over. `worst` is the worst grade of its
    course (CTCAE v5), `distress` the worst that the patient told. `actions` are in their order, each once.
    """

    session: Session
    term: str
    onset_minutes: int | None
    lasted_minutes: int | None
    worst: int
    distress: int | None
    actions: tuple[str, ...]
    began: SideEffect
    stands: SideEffect

    @property
    def label(self) -> str:
        return label_of(self.term)

    @property
    def by_patient(self) -> bool:
        """Told by the patient; what staff observed is apart from it (domain.md 4.2)."""
        return self.began.source == ReportedBy.PATIENT


@dataclass(frozen=True)
class Again:
    """A side effect that came in more than one session: in how many of those in which anything was given, how
    often it was observed and how often reported, the worst grade, and when it began last."""

    term: str
    sessions: int
    of: int
    observed: int
    reported: int
    worst: int
    last: datetime

    @property
    def label(self) -> str:
        return label_of(self.term)


def episodes(session: Session) -> list[Episode]:
    """The side effects of this session by onset. Needs its `side_effects`."""
    courses = effect_courses.courses(session.side_effects.all()).values()
    found = [_episode(session, states) for states in courses]
    return sorted(found, key=lambda each: (each.began.onset_at, each.began.recorded_at))


def came_again(sessions: Iterable[Session]) -> list[Again]:
    """What came in more than one of those of these sessions in which an infusion ran, the most often first.
    What was there before the first drop counts as well: it is on the same record."""
    given = [session for session in sessions if session.started_at is not None]
    by_term: dict[str, list[Episode]] = {}
    for session in given:
        for episode in episodes(session):
            by_term.setdefault(episode.term, []).append(episode)
    found = [_again(term, of_term, len(given)) for term, of_term in by_term.items()]
    return sorted(
        (each for each in found if each.sessions > 1), key=lambda each: (-each.sessions, each.label)
    )


def _again(term: str, found: Sequence[Episode], given: int) -> Again:
    return Again(
        term=term,
        sessions=len({episode.session.pk for episode in found}),
        of=given,
        observed=sum(not episode.by_patient for episode in found),
        reported=sum(episode.by_patient for episode in found),
        worst=max(episode.worst for episode in found),
        last=max(episode.began.onset_at for episode in found),
    )


def _episode(session: Session, states: Sequence[SideEffect]) -> Episode:
    began, stands = effect_courses.began(states), states[-1]
    started = session.started_at
    return Episode(
        session=session,
        term=began.term,
        onset_minutes=None if started is None else (began.onset_at - started) // MINUTE,
        lasted_minutes=None if stands.ended_at is None else (stands.ended_at - began.onset_at) // MINUTE,
        worst=effect_courses.worst_of(states) or stands.grade,
        distress=max((each.distress for each in states if each.distress is not None), default=None),
        actions=tuple(dict.fromkeys(each.action for each in states if each.action)),
        began=began,
        stands=stands,
    )
