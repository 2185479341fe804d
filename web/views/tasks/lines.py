"""A task as one person sees it: how it stands with its clock, on which rung of the ladder, with whom, and the
one thing to do next. Words for the template; nothing here writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from clinic import access
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency, WorkItem
from notifications.escalating import ladder, progress, task_kinds
from notifications.escalating.clocks import AGAIN
from notifications.escalating.progress import Progress, Rung
from notifications.escalating.task_kinds import Kind
from notifications.planning.standing import FORGOTTEN
from web.lengths import left_in_words, span_in_words
from web.views.tasks.subjects import Subject, subjects_of

DAY: Final = timedelta(days=1)
TURNS: Final = {
    ladder.FIRST: "first in turn",
    ladder.SECOND: "second in turn",
    ladder.SUPERVISOR: "supervisor in turn",
    AGAIN: "once more",
    FORGOTTEN: "taken, and still open past its time",
}
RUNG_NAMES: Final = {ladder.FIRST: "First", ladder.SECOND: "Second", ladder.SUPERVISOR: "Supervisor"}


@dataclass(frozen=True)
class RungLine:
    """One rung in words: `state` is called, next or ahead."""

    name: str
    state: str
    said: str


@dataclass(frozen=True)
class Line:
    """One task; `subject` leads to what it is about, for whoever may read that."""

    item: WorkItem
    kind: Kind
    subject: Subject | None
    mine: bool
    may_act: bool
    now: datetime
    progress: Progress | None

    @property
    def is_open(self) -> bool:
        return self.item.closed_at is None

    @property
    def unanswered(self) -> bool:
        return self.is_open and self.item.acknowledged_at is None

    @property
    def late(self) -> bool:
        """Open past its time, whoever has it."""
        return self.is_open and self.item.due_at <= self.now

    @property
    def clock(self) -> str:
        """`due in 12 min`, `overdue by 1 h 05 min`."""
        if self.late:
            return f"overdue by {span_in_words(self.item.due_at, self.now)}"
        if self.item.due_at - self.now >= DAY:
            return f"due in {span_in_words(self.now, self.item.due_at)}"
        return f"due in {left_in_words(self.item.due_at, self.now)}"

    @property
    def age(self) -> str:
        return span_in_words(self.item.created_at, self.item.closed_at or self.now)

    @property
    def with_whom(self) -> str:
        if self.item.owner is None:
            return f"Nobody yet: {self._turn}"
        name = "You" if self.mine else self.item.owner.full_name
        return f"{name}, not taken yet" if self.unanswered else name

    @property
    def _turn(self) -> str:
        """Whose turn it is while nobody has taken it: who was called last, by name, or else the role."""
        role = f"any {self.item.get_role_display().lower()} may take it"
        last = self.progress.last if self.progress else None
        if last is None or last.called_at is None or not last.people:
            return role
        return f"{', '.join(last.people)} called {span_in_words(last.called_at, self.now)} ago, {role}"

    @property
    def step(self) -> str:
        """The one thing to do next: take, close, or open it and read."""
        if self.may_act and self.unanswered:
            return "take"
        return "close" if self.may_act and self.mine and self.is_open else "open"

    @property
    def rungs(self) -> list[RungLine]:
        """The ladder of a task that climbs; empty for any other."""
        return [self._rung(rung) for rung in self.progress.rungs] if self.progress else []

    @property
    def following(self) -> str:
        """Whom the ladder calls next, and when: "Second in turn is called in 3 min"."""
        if self.progress is None or self.progress.following_at is None:
            return ""
        if self.progress.paused:
            return "Nobody is called while all sending is paused."
        at = self.progress.following_at
        when = "now" if at <= self.now else f"in {left_in_words(at, self.now)}"
        if self.progress.following == AGAIN:
            return f"Everybody was called; {when} once more."
        return f"{TURNS[self.progress.following].capitalize()} is called {when}."

    def _rung(self, rung: Rung) -> RungLine:
        name = RUNG_NAMES[rung.name]
        if rung.called_at is None:
            following = self.progress is not None and rung.name == self.progress.following
            return RungLine(name, "next" if following else "ahead", "next" if following else "not yet")
        if not rung.people:
            return RungLine(name, "called", "nobody to call")
        since = span_in_words(rung.called_at, self.now)
        who = ", ".join(rung.people)
        return RungLine(name, "called", f"{who}, {since} ago" if rung.reached else f"{who}: not reached")


def lines_of(actor: Actor, clinic: Clinic, items: Sequence[WorkItem], *, now: datetime) -> list[Line]:
    """A fixed number of queries, however many tasks: one for each kind of cause, three for the ladders."""
    subjects = subjects_of(actor, clinic, items)
    standing = progress.of_tasks(items, now=now)
    return [
        Line(
            item=item,
            kind=task_kinds.kind_of(item.cause),
            subject=subjects.get(item.cause),
            mine=item.owner_id == actor.user_id,
            may_act=actor.may(access.TASK_OF[Role(item.role)], item.clinic_id),
            now=now,
            progress=standing.get(item.pk),
        )
        for item in items
    ]


@dataclass(frozen=True)
class Escalations:
    """What somebody is called about, in figures: how many, how long the oldest has been open, how far up."""

    lines: list[Line]

    @property
    def red(self) -> int:
        return sum(line.item.urgency == Urgency.RED for line in self.lines)

    @property
    def nobodys(self) -> int:
        return sum(line.unanswered for line in self.lines)

    @property
    def oldest(self) -> str:
        oldest = min(self.lines, key=lambda line: line.item.created_at)
        return oldest.age

    @property
    def at_the_supervisor(self) -> int:
        return sum(
            line.progress is not None
            and line.progress.last is not None
            and line.progress.last.name == ladder.SUPERVISOR
            for line in self.lines
        )
