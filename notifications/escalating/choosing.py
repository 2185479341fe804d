"""Some of the tasks: one's own, those that nobody has, those past their time, those of a kind."""

from datetime import datetime
from typing import Any, Final

from django.db.models import Q, QuerySet

from clinic import access, queries
from clinic.access import Actor
from clinic.models import Role, WorkItem
from notifications.escalating import task_kinds
from notifications.escalating.task_kinds import Kind

MINE, NOBODYS, OVERDUE = "mine", "nobodys", "overdue"
WHICH: Final = (MINE, NOBODYS, OVERDUE)


def which(actor: Actor, *, now: datetime) -> dict[str, Q]:
    """By name, what makes a task one of these for this person. Nobody's are those which they could take: of
    another role's there is nothing for them to do."""
    could_take = Q(pk__in=[])
    for clinic_id in actor.roles:
        able = [role for role in Role if actor.may(access.TASK_OF[role], clinic_id)]
        could_take |= Q(clinic=clinic_id, role__in=able)
    return {
        MINE: Q(owner=actor.user_id),
        NOBODYS: could_take & Q(owner=None),
        OVERDUE: Q(due_at__lte=now, closed_at=None),
    }


def of_kind(rows: QuerySet[WorkItem], kind: Kind) -> QuerySet[Any]:
    about = queries.about(rows)
    if kind == task_kinds.OTHERS:
        return about.exclude(table__in=sorted(task_kinds.NAMED))
    return about.filter(table__in=sorted(kind.causes))
