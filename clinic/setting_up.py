"""Steps of a new clinic's setting up that somebody leaves out, with a reason; and takes up again.

Which steps there are, and whether one is done, is read from the clinic itself by the page.
"""

from datetime import datetime
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, SetupSkip
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import in_words, said

LONGEST_REASON = 200


def skip(*, actor: Actor, id: UUID, clinic: Clinic, step: str, reason: str) -> SetupSkip:
    """Leave a step out. One that is left out already keeps its first reason. Raises `Invalid`."""
    reason = said(reason)
    if not in_words(reason):
        raise Invalid({"reason": "Say in a few words why."})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": f"Write at most {LONGEST_REASON} characters."})

    def work() -> SetupSkip:
        Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        standing = SetupSkip.objects.filter(clinic=clinic, step=step, taken_up_at=None).first()
        if standing:
            return standing
        with acting(actor.user_id):
            return SetupSkip.objects.create(
                id=id, clinic=clinic, step=step, reason=reason, skipped_by_id=actor.user_id
            )

    return in_transaction(work)


def take_up(*, actor: Actor, clinic: Clinic, step: str, now: datetime) -> None:
    """The step is open again; one that isn't left out stays as it is."""

    def work() -> None:
        standing = SetupSkip.objects.select_for_update().filter(clinic=clinic, step=step, taken_up_at=None)
        for row in standing:
            row.taken_up_at = now
            with acting(actor.user_id):
                row.save(update_fields=["taken_up_at"])

    in_transaction(work)


def skipped(clinic: Clinic) -> dict[str, SetupSkip]:
    """What is left out now, by step: one query."""
    rows = SetupSkip.objects.filter(clinic=clinic, taken_up_at=None).select_related("skipped_by")
    return {row.step: row for row in rows}
