"""What the pages ask the floors below of all clinics of one person at once."""

from uuid import UUID

from django.db.models import Count

from clinic.access import Actor
from sessions_app import states
from sessions_app.access import READ_SESSIONS
from sessions_app.models import Session


def in_the_chair_counts(actor: Actor) -> dict[UUID, int]:
    """In each of their clinics whose sessions they may read, how many patients sit in a chair now: one query.
    A clinic without any is left out."""
    seen = Session.objects.filter(clinic__in=actor.clinics(READ_SESSIONS), state__in=states.IN_THE_CHAIR)
    return dict(seen.values_list("clinic").annotate(count=Count("pk")).order_by())
