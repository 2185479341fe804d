"""Tasks for staff: opened by a cause, taken by a person, closed by an outcome in words.

Their clocks and ladders run upstairs (`notifications.escalation`). Titles are read over shoulders: they
say what to do, and nothing about the patient's health beyond what doing it needs.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from clinic import access
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction


def open_item(
    *,
    clinic_id: UUID,
    patient_id: UUID | None,
    cause: str,
    title: str,
    urgency: Urgency,
    role: Role,
    due_at: datetime,
) -> WorkItem:
    """The task for this cause, made now if nobody noticed it before.

    `cause` names the row upstairs that it is about, such as "check_in_answer:<id>"; one cause has one
    task for ever, so noticing it again, also at the same moment elsewhere, changes nothing.
    """
    item, _ = WorkItem.objects.get_or_create(
        clinic_id=clinic_id,
        cause=cause,
        defaults={
            "patient_id": patient_id,
            "title": title,
            "urgency": urgency,
            "role": role,
            "due_at": due_at,
        },
    )
    return item


def open_items(items: Sequence[WorkItem]) -> None:
    """Many tasks at once, not saved yet: each is made unless its cause has one. One query."""
    WorkItem.objects.bulk_create(items, ignore_conflicts=True)


def acknowledge(*, actor: Actor, item: WorkItem, now: datetime) -> WorkItem:
    """Take a task: from now on it is this person's. Taking one's own again changes nothing.

    Raises `Forbidden` for a role that the task isn't for, `Conflict` `task_closed` or `task_taken`.
    """

    def work() -> WorkItem:
        row = _locked(actor, item)
        if row.closed_at:
            raise Conflict("This task is closed already.", code="task_closed")
        if row.owner_id == actor.user_id:
            return row
        if row.owner:
            raise Conflict(f"{row.owner.full_name} has taken this task already.", code="task_taken")
        row.owner_id = row.acknowledged_by_id = actor.user_id
        row.acknowledged_at = now
        with acting(actor.user_id):
            row.save(update_fields=["owner", "acknowledged_by", "acknowledged_at"])
        return row

    return in_transaction(work)


def close(*, actor: Actor, item: WorkItem, outcome: str, now: datetime) -> WorkItem:
    """Close a task with what was done. Sending the same outcome again changes nothing.

    Whoever the task is for may close it, also when a colleague has taken it. Raises `Invalid` without an
    outcome, `Forbidden` for another role, `Conflict` `task_closed` when it was closed in other words.
    """
    outcome = outcome.strip()
    if not outcome:
        raise Invalid({"outcome": "Say in a few words what was done. A task never closes in silence."})

    def work() -> WorkItem:
        row = _locked(actor, item)
        if row.closed_at:
            if (row.closed_by_id, row.outcome) == (actor.user_id, outcome):
                return row
            raise Conflict("This task is closed already.", code="task_closed")
        row.closed_at, row.closed_by_id, row.outcome = now, actor.user_id, outcome
        row.owner_id = row.owner_id or actor.user_id
        with acting(actor.user_id):
            row.save(update_fields=["closed_at", "closed_by", "outcome", "owner"])
        return row

    return in_transaction(work)


def _locked(actor: Actor, item: WorkItem) -> WorkItem:
    # Without joins: of a row that had to be waited for, PostgreSQL gives the locked table's columns anew
    # and a joined table's as they were.
    row = WorkItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    access.require(actor, access.TASK_OF[Role(row.role)], row.clinic_id)
    return row
