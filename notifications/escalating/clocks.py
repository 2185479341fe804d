"""The clocks of staff's tasks: what nobody has taken in time goes up, and the next rung is called, the last
one again and again; whoever was handed one is told, and a red one that was taken and forgotten calls again.

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
            paging.page(item=step.work_item, why=f"{paging.HANDED}:{step.pk}", people=[step.to], now=now)


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

    def last(self, *kinds: WorkItemStepKind) -> datetime | None:
        """When a step of these kinds was last taken, or a page about it last went out."""
        moments = [step.at for step in self.steps if step.kind in kinds]
        return max([*moments, *(call.sent_at for call in self.calls if call.sent_at)], default=None)

    def next_of(self, word: str) -> str:
        """The name of the next call of those that have no rung: "again-2"."""
        return f"{word}-{1 + sum(step.rung.startswith(word) for step in self.steps)}"

    def called_before(self, rung: str) -> set[UUID]:
        """Whom an earlier rung called, or who was handed the task."""
        earlier = ladder.RUNGS[: ladder.RUNGS.index(rung)]
        return {call.user_id for call in self.calls if call.why in (*earlier, paging.HANDED)}


def _call(item: WorkItem, known: Known, now: datetime) -> int:
    """Call the rung whose turn it is; one with nobody on it is passed at once. After the last, call again."""
    called = {step.rung: step.at for step in known.steps if step.rung in ladder.RUNGS}
    given = [step for step in known.steps if step.kind == WorkItemStepKind.HANDED_OVER]
    before = {call.user_id for call in known.calls}
    count = 0
    while True:
        rung = ladder.rung_to_call(
            urgency=item.urgency,
            due_at=item.due_at,
            called=called,
            handed_over_at=given[-1].at if given else None,
            now=now,
        )
        if rung is None:
            return count or _call_again(item, known, now)
        people = on_call.people(clinic_id=item.clinic_id, rung=rung, role=item.role, called=before, now=now)
        _go_up(item, rung, people, now)
        if people:
            return count + 1
        # Nobody to wait for: as if this rung had been called when the one before it was.
        called[rung] = min(called.values(), default=now - ladder.PATIENCE[item.urgency])
        count += 1


def _call_again(item: WorkItem, known: Known, now: datetime) -> int:
    """Whose page was dropped is called anew; after the last rung, whoever is last on the ladder."""
    if not known.may_call_again:
        return 0
    unreached = User.objects.filter(pk__in=calls.dropped(known.calls), is_active=True)
    people: Sequence[User] = list(unreached.order_by("full_name", "pk"))
    if not people and all(any(step.rung == rung for step in known.steps) for rung in ladder.RUNGS):
        last = known.last(WorkItemStepKind.ESCALATED, WorkItemStepKind.HANDED_OVER) or now
        if ladder.is_to_call_again(urgency=item.urgency, last=last, every=_every(), now=now):
            people = _last_on_the_ladder(item, known, now)
    if not people:
        return 0
    _go_up(item, known.next_of(AGAIN), people, now)
    return 1


def _last_on_the_ladder(item: WorkItem, known: Known, now: datetime) -> Sequence[User]:
    for rung in reversed(ladder.RUNGS):
        people = on_call.people(
            clinic_id=item.clinic_id, rung=rung, role=item.role, called=known.called_before(rung), now=now
        )
        if people:
            return people
    return []


def _call_late(item: WorkItem, known: Known, now: datetime) -> int:
    """A red task that was taken and is open past its time: its owner and the supervisor are called. A note
    says that somebody is at work."""
    last = known.last(
        WorkItemStepKind.ESCALATED,
        WorkItemStepKind.HANDED_OVER,
        WorkItemStepKind.TAKEN,
        WorkItemStepKind.NOTE,
    )
    if not known.may_call_again or (
        last and not ladder.is_to_call_again(urgency=item.urgency, last=last, every=_every(), now=now)
    ):
        return 0
    owner = item.owner
    owners = [owner] if owner and owner.is_active else []
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


def _every() -> timedelta | None:
    minutes: int = settings.CALL_AGAIN_MINUTES
    return timedelta(minutes=minutes) if minutes else None
