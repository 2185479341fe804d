"""How far up the ladder each open task has gone: whom each rung called and when, and who is called next.

Reads alone, with the arithmetic by which `clocks` calls. A task that somebody has taken stands on no rung.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from clinic.models import WorkItem, WorkItemStep, WorkItemStepKind
from notifications.delivering import sending_state
from notifications.escalating import calls, ladder
from notifications.escalating.calls import Call
from notifications.escalating.clocks import AGAIN, Known, every


@dataclass(frozen=True)
class Rung:
    """One rung of a task's ladder; `called_at` is None while its turn hasn't come."""

    name: str
    called_at: datetime | None = None
    people: tuple[str, ...] = ()
    reached: bool = False  # a page of one of them went out


@dataclass(frozen=True)
class Progress:
    """Where one task stands: its rungs from the first, and the call that comes next with its moment; one that
    isn't ahead comes at once. `paused`: no page leaves, and so nobody is called."""

    rungs: tuple[Rung, ...]
    following: str = ""
    following_at: datetime | None = None
    called_again: int = 0
    paused: bool = False

    @property
    def last(self) -> Rung | None:
        """The highest that was called."""
        return next((rung for rung in reversed(self.rungs) if rung.called_at), None)


def of_tasks(items: Sequence[WorkItem], *, now: datetime) -> dict[UUID, Progress]:
    """Of those of these open tasks about which somebody is called and which nobody has taken: three queries,
    however many."""
    climbing = [
        item
        for item in items
        if item.urgency in ladder.PATIENCE and item.acknowledged_at is None and item.closed_at is None
    ]
    if not climbing:
        return {}
    steps: dict[UUID, list[WorkItemStep]] = {}
    for step in WorkItemStep.objects.filter(work_item__in=climbing).order_by("at"):
        steps.setdefault(step.work_item_id, []).append(step)
    made = calls.of_tasks(climbing)
    paused = sending_state.is_paused()
    return {
        item.pk: _progress(item, Known(steps.get(item.pk, []), made.get(item.pk, []), paused), now)
        for item in climbing
    }


def _progress(item: WorkItem, known: Known, now: datetime) -> Progress:
    went_up = {step.rung: step for step in known.steps if step.kind == WorkItemStepKind.ESCALATED}
    following, at = _following(item, known, now)
    return Progress(
        rungs=tuple(_rung(name, went_up.get(name), known.calls) for name in ladder.RUNGS),
        following=following,
        following_at=at,
        called_again=sum(rung.startswith(AGAIN) for rung in went_up),
        paused=known.paused,
    )


def _rung(name: str, step: WorkItemStep | None, made: Sequence[Call]) -> Rung:
    if step is None:
        return Rung(name)
    called = calls.of_step(step, made)
    return Rung(
        name,
        called_at=step.at,
        people=tuple(call.name for call in called),
        reached=any(call.sent_at for call in called),
    )


def _following(item: WorkItem, known: Known, now: datetime) -> tuple[str, datetime | None]:
    handed = known.first_since_the_last_call(WorkItemStepKind.HANDED_OVER) if item.owner_id else None
    following = ladder.next_call(
        urgency=item.urgency,
        due_at=item.due_at,
        called=known.called_at(ladder.PATIENCE[item.urgency]),
        handed_over_at=handed,
        now=now,
    )
    if following is not None:
        return following
    last = known.waits_since(WorkItemStepKind.HANDED_OVER) or now
    return AGAIN, last + (every() or ladder.PATIENCE[item.urgency])
