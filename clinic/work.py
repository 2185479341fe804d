"""Tasks for staff: opened by a cause, taken by a person, closed by an outcome in words. Each step is kept.

Their clocks and ladders run upstairs (`notifications.escalating`). Titles are read over shoulders: they
say what to do, and nothing about the patient's health beyond what doing it needs.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import access
from clinic.access import Actor, Permission
from clinic.history import acting
from clinic.models import Membership, Role, Urgency, User, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import in_words, said


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


def ask(
    *,
    actor: Actor,
    id: UUID,
    clinic_id: UUID,
    patient_id: UUID,
    cause: str,
    title: str,
    urgency: Urgency,
    role: Role,
    due_at: datetime,
    words: str,
    now: datetime,
) -> WorkItemStep:
    """A task that one of the staff opens for another role, with what they ask as its first note, `id`.

    Asking for the same cause again adds a note to the task that there is. Raises `Invalid` without words.
    """
    words = said(words)
    if not words:
        raise Invalid({"words": "Say what you ask for, and why."})

    def work() -> WorkItemStep:
        item = open_item(
            clinic_id=clinic_id,
            patient_id=patient_id,
            cause=cause,
            title=title,
            urgency=urgency,
            role=role,
            due_at=due_at,
        )
        with acting(actor.user_id):
            return _step(item, WorkItemStepKind.NOTE, id=id, by=actor.user_id, at=now, words=words)

    return in_transaction(work)


def acknowledge(*, actor: Actor, item: WorkItem, now: datetime) -> WorkItem:
    """Take a task: from now on it is this person's. Taking one's own again changes nothing.

    A task that was handed to somebody who has not taken it yet, or whose owner can't do it any more, can be
    taken by a colleague. Raises `Forbidden` for a role that the task isn't for, `Conflict` `task_closed` or
    `task_taken`.
    """

    def work() -> WorkItem:
        row = _locked(actor, item)
        if row.closed_at:
            raise Conflict("This task is closed already.", code="task_closed")
        if row.acknowledged_at and row.owner_id == actor.user_id:
            return row
        if row.acknowledged_at and row.owner and may_do(row).filter(pk=row.owner.pk).exists():
            raise Conflict(f"{row.owner.full_name} has taken this task already.", code="task_taken")
        row.owner_id = row.acknowledged_by_id = actor.user_id
        row.acknowledged_at = now
        with acting(actor.user_id):
            row.save(update_fields=["owner", "acknowledged_by", "acknowledged_at"])
            _step(row, WorkItemStepKind.TAKEN, by=actor.user_id, at=now)
        return row

    return in_transaction(work)


def close(*, actor: Actor, item: WorkItem, outcome: str, now: datetime) -> WorkItem:
    """Close a task with what was done. Sending the same outcome again changes nothing.

    Whoever the task is for may close it, also when a colleague has taken it; closing a red one that nobody
    has taken takes it, by name. Raises `Invalid` without an outcome in words, `Forbidden` for another role,
    `Conflict` `task_closed` when it was closed in other words.
    """
    outcome = said(outcome)
    if not in_words(outcome):
        raise Invalid({"outcome": "Say in a few words what was done. A task never closes in silence."})

    def work() -> WorkItem:
        row = _locked(actor, item)
        if row.closed_at:
            if (row.closed_by_id, row.outcome) == (actor.user_id, outcome):
                return row
            raise Conflict("This task is closed already.", code="task_closed")
        taking = row.urgency == Urgency.RED and row.acknowledged_at is None
        if taking:
            row.owner_id = row.acknowledged_by_id = actor.user_id
            row.acknowledged_at = now
        row.closed_at, row.closed_by_id, row.outcome = now, actor.user_id, outcome
        row.owner_id = row.owner_id or actor.user_id
        changed = ["closed_at", "closed_by", "outcome", "owner", "acknowledged_by", "acknowledged_at"]
        with acting(actor.user_id):
            row.save(update_fields=changed)
            if taking:
                _step(row, WorkItemStepKind.TAKEN, by=actor.user_id, at=now)
            _step(row, WorkItemStepKind.CLOSED, by=actor.user_id, at=now, words=outcome)
        return row

    return in_transaction(work)


def settle(
    *, actor: Actor | None, clinic_id: UUID, causes: Collection[str], outcome: str, now: datetime
) -> None:
    """Close the open tasks of these causes: what they waited for was done, by whoever did it, also in another
    role than theirs, or by the patient (None). Inside the caller's transaction."""
    user_id = actor.user_id if actor else None
    rows = WorkItem.objects.select_for_update(no_key=True).order_by("pk")
    for row in rows.filter(clinic_id=clinic_id, cause__in=causes, closed_at=None):
        row.closed_at, row.closed_by_id, row.outcome = now, user_id, outcome
        with acting(user_id):
            row.save(update_fields=["closed_at", "closed_by", "outcome"])
            _step(row, WorkItemStepKind.CLOSED, by=user_id, at=now, words=outcome)


def hand_over(*, actor: Actor, item: WorkItem, to: User, words: str, now: datetime) -> WorkItem:
    """Give an open task to a colleague, with what they need to know. Until they take it, its clock runs.

    Raises `Invalid` for somebody who may not do it or is the owner already, `Forbidden`, and `Conflict`
    `task_closed`.
    """
    words = said(words)

    def work() -> WorkItem:
        row = _locked(actor, item)
        if row.closed_at:
            raise Conflict("This task is closed already.", code="task_closed")
        if to.pk == row.owner_id:
            raise Invalid({"to": f"The task is {to.full_name}'s already."})
        if not may_do(row).filter(pk=to.pk).exists():
            raise Invalid({"to": f"{to.full_name} can't do this task: choose somebody with the role for it."})
        row.owner_id, row.acknowledged_by_id, row.acknowledged_at = to.pk, None, None
        with acting(actor.user_id):
            row.save(update_fields=["owner", "acknowledged_by", "acknowledged_at"])
            _step(row, WorkItemStepKind.HANDED_OVER, by=actor.user_id, to=to.pk, at=now, words=words)
        return row

    return in_transaction(work)


def take_back(*, now: datetime) -> int:
    """Give back to everybody the open tasks whose owner can't do them any more, having left or lost the role.

    So nothing stands still with somebody who will never see to it. Any number may run at once.
    """

    def work() -> int:
        left = Q()
        for role, allowed in access.TASK_OF.items():
            does = Membership.objects.filter(
                clinic=OuterRef("clinic"), user=OuterRef("owner"), user__is_active=True, role__in=allowed
            )
            left |= Q(~Exists(does), role=role)
        rows = WorkItem.objects.filter(left, closed_at=None, owner__isnull=False).select_related("owner")
        found = list(rows.select_for_update(of=("self",), skip_locked=True, no_key=True).order_by("pk"))
        for row in found:
            owner, row.owner = row.owner, None
            row.acknowledged_by, row.acknowledged_at = None, None
            row.save(update_fields=["owner", "acknowledged_by", "acknowledged_at"])
            _step(row, WorkItemStepKind.RETURNED, by=None, to=owner.pk if owner else None, at=now)
        return len(found)

    return in_transaction(work)


def note(*, actor: Actor, id: UUID, item: WorkItem, words: str, now: datetime) -> WorkItemStep:
    """Write down what was tried, such as a call that nobody answered. The task stays open.

    Raises `Invalid` without words, `Forbidden`, and `Conflict` `task_closed`.
    """
    words = said(words)
    if not words:
        raise Invalid({"words": "Write what was done or tried."})

    def work() -> WorkItemStep:
        row = _locked(actor, item)
        if row.closed_at:
            raise Conflict("This task is closed already.", code="task_closed")
        with acting(actor.user_id):
            return _step(row, WorkItemStepKind.NOTE, id=id, by=actor.user_id, at=now, words=words)

    return in_transaction(work)


def may_do(item: WorkItem) -> QuerySet[User]:
    """Everybody in the task's clinic whose role it is for, by name."""
    return staff(item.clinic_id, access.TASK_OF[Role(item.role)])


def may_be_called(item: WorkItem) -> QuerySet[User]:
    """Everybody who can do it or see to it that somebody does, by name."""
    return staff(item.clinic_id, access.CALLED_ABOUT[Role(item.role)])


def staff(clinic_id: UUID, allowed: Permission) -> QuerySet[User]:
    """Whoever works in this clinic, now, in one of these roles, by name."""
    members = Membership.objects.filter(clinic=clinic_id, role__in=allowed).values("user")
    return User.objects.filter(pk__in=members, is_active=True).order_by("full_name", "pk")


def _step(
    item: WorkItem,
    kind: WorkItemStepKind,
    *,
    by: UUID | None,
    at: datetime,
    id: UUID | None = None,
    to: UUID | None = None,
    words: str = "",
) -> WorkItemStep:
    return WorkItemStep.objects.create(
        id=id or uuid4(), work_item=item, kind=kind, by_id=by, to_id=to, at=at, words=words
    )


def _locked(actor: Actor, item: WorkItem) -> WorkItem:
    # Without joins: of a row that had to be waited for, PostgreSQL gives the locked table's columns anew
    # and a joined table's as they were.
    row = WorkItem.objects.select_for_update(no_key=True).get(pk=item.pk)
    access.require(actor, access.TASK_OF[Role(row.role)], row.clinic_id)
    return row
