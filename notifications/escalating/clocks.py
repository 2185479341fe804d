"""The clocks of staff's tasks: what nobody has taken in time goes up, and the next rung is called, the last
one again and again; whoever was handed one is told, and a red one that was taken and forgotten calls again.
What its owner can't do any more is everybody's again first: nothing stands with somebody who has left.

While sending is paused pages only lie there: nothing is called a second time until they can leave, and whose
page lay too long is called anew then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from clinic import work
from clinic.models import Urgency, User, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.transactions import in_transaction
from notifications.delivering import sending_state
from notifications.escalating import calls, ladder, on_call, paging
from notifications.escalating.calls import Call
from notifications.models import Message
from notifications.planning import standing

AT_ONCE: Final = 200  # tasks in one transaction
NOBODY: Final = "Nobody is on this rung."
AGAIN: Final = "again"  # a call after the last rung, or of whose page never left


def run_clocks(*, now: datetime) -> int:
    """Call whoever is to be called now about tasks that nobody has taken, and mark what is overdue.

    Any number may run at once: a task is locked, and up a rung it goes once. Returns how many rungs were
    called.
    """
    work.take_back(now=now)
    paused = sending_state.is_paused()
    last, rungs = in_transaction(partial(_call_some, None, paused, now))
    while last is not None:
        last, called = in_transaction(partial(_call_some, last, paused, now))
        rungs += called
    in_transaction(partial(_tell_receivers, now))
    WorkItem.objects.filter(_untaken(), due_at__lte=now, escalated_at=None).update(escalated_at=now)
    return rungs


def _untaken() -> Q:
    return Q(closed_at=None, acknowledged_at=None)


def _waiting(now: datetime) -> QuerySet[WorkItem]:
    pressing = Q(urgency=Urgency.RED) | Q(urgency=Urgency.AMBER, due_at__lte=now)
    forgotten = Q(urgency=Urgency.RED, closed_at=None, acknowledged_at__isnull=False, due_at__lte=now)
    return WorkItem.objects.filter((_untaken() & pressing) | forgotten)


def _tell_receivers(now: datetime) -> None:
    """Page whoever was handed a worrying task and has not taken it: once, unless they were called since."""
    called_since = Message.objects.filter(
        work_item=OuterRef("work_item"), user=OuterRef("to"), due_at__gte=OuterRef("at")
    )
    handed = WorkItemStep.objects.filter(
        ~Exists(called_since),
        kind=WorkItemStepKind.HANDED_OVER,
        at__gt=now - paging.OF_USE_FOR,
        to=F("work_item__owner"),
        work_item__closed_at=None,
        work_item__acknowledged_at=None,
        work_item__urgency__in=ladder.PATIENCE,
    )
    for step in handed.select_related("work_item", "to").order_by("pk"):
        if step.to is not None:
            paging.page(item=step.work_item, why=paging.handed(step), people=[step.to], now=now)


def _call_some(after: UUID | None, paused: bool, now: datetime) -> tuple[UUID | None, int]:
    """(the last task looked at, or None at the end; rungs called)."""
    rows = _waiting(now) if after is None else _waiting(now).filter(pk__gt=after)
    items = list(rows.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:AT_ONCE])
    steps: dict[UUID, list[WorkItemStep]] = {}
    for step in WorkItemStep.objects.filter(work_item__in=items).order_by("at"):
        steps.setdefault(step.work_item_id, []).append(step)
    made = calls.of_tasks(items)
    called = 0
    for item in items:
        known = Known(steps.get(item.pk, []), made.get(item.pk, []), paused)
        called += _call_late(item, known, now) if item.acknowledged_at else _call(item, known, now)
    return (items[-1].pk if len(items) == AT_ONCE else None), called


@dataclass(frozen=True)
class Known:
    """What has happened about one task."""

    steps: Sequence[WorkItemStep]
    calls: Sequence[Call]
    paused: bool

    @property
    def may_call_again(self) -> bool:
        """Not while a page can't leave, or hasn't yet."""
        return not self.paused and not any(call.waits for call in self.calls)

    def called_at(self, patience: timedelta) -> dict[str, datetime]:
        """When each rung was called. One on which nobody stands, or whose pages all came to nothing, counts
        as called with the one before it: there is nobody to wait for."""
        moments: dict[str, datetime] = {}
        for step in self.steps:
            if step.rung in ladder.RUNGS:
                reached = [call for call in calls.of_step(step, self.calls) if not call.reaches_nobody]
                before = max(moments.values(), default=step.at - patience)
                moments[step.rung] = step.at if reached else before
        return moments

    def first_since_the_last_call(self, *kinds: WorkItemStepKind) -> datetime | None:
        """When a step of these kinds was first taken since somebody was called. Only that one gives time: a
        task that goes to and fro between colleagues is called about all the same."""
        last = max((step.at for step in self.steps if step.kind == WorkItemStepKind.ESCALATED), default=None)
        moments = (step.at for step in self.steps if step.kind in kinds and (last is None or step.at >= last))
        return min(moments, default=None)

    def waits_since(self, *kinds: WorkItemStepKind) -> datetime | None:
        """When somebody was last called, or a page about it last went out, or a step of these kinds was first
        taken since."""
        moments = [step.at for step in self.steps if step.kind == WorkItemStepKind.ESCALATED]
        moments += [call.sent_at for call in self.calls if call.sent_at and not call.by_a_colleague]
        first = self.first_since_the_last_call(*kinds)
        return max([*moments, *([first] if first else [])], default=None)

    def last_note(self) -> datetime | None:
        notes = (step.at for step in self.steps if step.kind == WorkItemStepKind.NOTE)
        return max(notes, default=None)

    def next_of(self, word: str) -> str:
        """The name of the next call of those that have no rung: "again-2"."""
        return f"{word}-{1 + sum(step.rung.startswith(word) for step in self.steps)}"

    def called_before_it_came_back(self) -> set[UUID]:
        """Who was called, but not since the task was taken from an owner who can't do it any more."""
        back = [step.at for step in self.steps if step.kind == WorkItemStepKind.RETURNED]
        if not back:
            return set()
        later = (step for step in self.steps if step.at >= back[-1])
        since = {call.user_id for step in later for call in calls.of_step(step, self.calls)}
        return {call.user_id for call in self.calls} - since

    def called_before(self, rung: str) -> set[UUID]:
        """Whom an earlier rung called, or who was handed the task."""
        earlier = ladder.RUNGS[: ladder.RUNGS.index(rung)]
        return {call.user_id for call in self.calls if call.why in earlier or call.by_a_colleague}


def _call(item: WorkItem, known: Known, now: datetime) -> int:
    """Call the rung whose turn it is; one with nobody on it is passed at once. After the last, call again."""
    patience = ladder.PATIENCE[item.urgency]
    called = known.called_at(patience)
    handed_over_at = known.first_since_the_last_call(WorkItemStepKind.HANDED_OVER) if item.owner_id else None
    before = {call.user_id for call in known.calls}
    count = 0
    while True:
        rung = ladder.rung_to_call(
            urgency=item.urgency,
            due_at=item.due_at,
            called=called,
            handed_over_at=handed_over_at,
            now=now,
        )
        if rung is None:
            return count or _call_again(item, known, now)
        people = on_call.people(clinic_id=item.clinic_id, rung=rung, role=item.role, called=before, now=now)
        _go_up(item, rung, people, now)
        if people:
            return count + 1
        called[rung] = max(called.values(), default=now - patience)
        count += 1


def _call_again(item: WorkItem, known: Known, now: datetime) -> int:
    """Whose page was dropped, or came before the task went back to everybody, is called anew; after the last
    rung, whoever is last on the ladder."""
    if not known.may_call_again:
        return 0
    anew = [*calls.dropped(known.calls), *known.called_before_it_came_back()]
    people: Sequence[User] = list(work.may_be_called(item).filter(pk__in=anew))
    if not people and all(any(step.rung == rung for step in known.steps) for rung in ladder.RUNGS):
        last = known.waits_since(WorkItemStepKind.HANDED_OVER) or now
        if ladder.is_to_call_again(urgency=item.urgency, last=last, every=every(), now=now):
            people = _last_on_the_ladder(item, known, now)
    if not people:
        return 0
    _go_up(item, known.next_of(AGAIN), people, now)
    return 1


def _last_on_the_ladder(item: WorkItem, known: Known, now: datetime) -> Sequence[User]:
    """Where anybody else is, nobody whose last page came to nothing."""
    for passed_over in (calls.unreached(known.calls), []):
        for rung in reversed(ladder.RUNGS):
            called = {*known.called_before(rung), *passed_over}
            people = on_call.people(
                clinic_id=item.clinic_id, rung=rung, role=item.role, called=called, now=now
            )
            if people:
                return people
    return []


def _call_late(item: WorkItem, known: Known, now: datetime) -> int:
    """A red task that was taken and is open past its time: its owner and the supervisor are called. A note
    says that somebody is at work."""
    signs = known.waits_since(WorkItemStepKind.HANDED_OVER, WorkItemStepKind.TAKEN), known.last_note()
    last = max((moment for moment in signs if moment), default=None)
    if not known.may_call_again or (
        last and not ladder.is_to_call_again(urgency=item.urgency, last=last, every=every(), now=now)
    ):
        return 0
    owners = list(work.may_be_called(item).filter(work_items=item))
    above = on_call.people(
        clinic_id=item.clinic_id,
        rung=ladder.SUPERVISOR,
        role=item.role,
        called=[user.pk for user in owners],
        now=now,
    )
    _go_up(item, known.next_of(standing.FORGOTTEN), [*owners, *above], now)
    return 1


def _go_up(item: WorkItem, rung: str, people: Sequence[User], now: datetime) -> None:
    WorkItemStep.objects.create(
        work_item=item,
        kind=WorkItemStepKind.ESCALATED,
        rung=rung,
        to=people[0] if len(people) == 1 else None,
        at=now,
        words=", ".join(user.full_name for user in people) or NOBODY,
    )
    paging.page(item=item, why=rung, people=people, now=now)


def every() -> timedelta | None:
    """How often somebody is called again after the last rung; None for as long as a rung has."""
    minutes: int = settings.CALL_AGAIN_MINUTES
    return timedelta(minutes=minutes) if minutes else None
