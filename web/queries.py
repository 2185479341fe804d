"""What the frame asks the floors below."""

from django.db.models import Q

from clinic.access import Actor
from clinic.models import Clinic, WorkItem


def open_task_count(*, actor: Actor, clinic: Clinic) -> int:
    """How many open tasks are this person's, or anybody's of their roles who takes them: one query."""
    mine = Q(owner_id=actor.user_id) | Q(owner__isnull=True, role__in=actor.roles.get(clinic.pk, frozenset()))
    return WorkItem.objects.filter(mine, clinic=clinic, closed_at__isnull=True).count()
