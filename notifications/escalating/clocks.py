"""The clocks of staff's tasks: what nobody has taken in time goes up, and the next rung is called; whoever
was handed one is told.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from clinic.models import Urgency, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.transactions import in_transaction
from notifications.escalating import ladder, on_call, paging
from notifications.models import Message

AT_ONCE: Final = 200  # tasks in one transaction
NOBODY: Final = "Nobody is on this rung."


def run_clocks(*, now: datetime) -> int:
    """Call whoever is to be called now about tasks that nobody has taken, and mark what is overdue.

    Any number may run at once: a task is locked, and up a rung it goes once. Returns how many rungs were
    called.
    """
    last, rungs = in_transaction(partial(_call_some, None, now))
    while last is not None:
        last, called = in_transaction(partial(_call_some, last, now))
        rungs += called
    in_transaction(partial(_tell_receivers, now))
    WorkItem.objects.filter(_untaken(), due_at__lte=now, escalated_at=None).update(escalated_at=now)
    return rungs


def _untaken() -> Q:
    return Q(closed_at=None, acknowledged_at=None)


def _waiting(now: datetime) -> QuerySet[WorkItem]:
    pressing = Q(urgency=Urgency.RED) | Q(urgency=Urgency.AMBER, due_at__lte=now)
    return WorkItem.objects.filter(_untaken(), pressing)


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
            paging.page(item=step.work_item, why=f"handed:{step.pk}", people=[step.to], now=now)


def _call_some(after: UUID | None, now: datetime) -> tuple[UUID | None, int]:
    """(the last task looked at, or None at the end; rungs called)."""
    rows = _waiting(now) if after is None else _waiting(now).filter(pk__gt=after)
    items = list(rows.select_for_update(skip_locked=True, no_key=True).order_by("pk")[:AT_ONCE])
    steps: dict[UUID, list[WorkItemStep]] = {}
    told = WorkItemStep.objects.filter(
        work_item__in=items, kind__in=[WorkItemStepKind.ESCALATED, WorkItemStepKind.HANDED_OVER]
    )
    for step in told.order_by("at"):
        steps.setdefault(step.work_item_id, []).append(step)
    called = sum(_call(item, steps.get(item.pk, []), now) for item in items)
    return (items[-1].pk if len(items) == AT_ONCE else None), called


def _call(item: WorkItem, steps: Sequence[WorkItemStep], now: datetime) -> int:
    """Call the rung whose turn it is; one with nobody on it is passed at once."""
    called = {step.rung: step.at for step in steps if step.kind == WorkItemStepKind.ESCALATED}
    given = [step for step in steps if step.kind == WorkItemStepKind.HANDED_OVER]
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
            return count
        people = on_call.people(clinic_id=item.clinic_id, rung=rung, role=item.role, now=now)
        WorkItemStep.objects.create(
            work_item=item,
            kind=WorkItemStepKind.ESCALATED,
            rung=rung,
            to=people[0] if len(people) == 1 else None,
            at=now,
            words=", ".join(user.full_name for user in people) or NOBODY,
        )
        paging.page(item=item, why=rung, people=people, now=now)
        if people:
            return count + 1
        # Nobody to wait for: as if this rung had been called when the one before it was.
        called[rung] = min(called.values(), default=now - ladder.PATIENCE[item.urgency])
        count += 1
