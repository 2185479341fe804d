"""Who changed what, and why: history rows that database triggers write in the change's own transaction.

`@tracked` gives a table its history; `acting` names the person and the reason. Raw SQL and bulk
changes are caught as well; without `acting` their rows simply carry no name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID, uuid4

import pghistory
from django.db import models
from pghistory import runtime

ModelClass = TypeVar("ModelClass", bound=type[models.Model])

# The door of what Celery's tasks write: nobody stood at it.
WORKER = "worker"


def tracked(model: ModelClass) -> ModelClass:
    """Keep every version of this table's rows: inserted, updated and deleted."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


@contextmanager
def acting(user_id: UUID | None, *, reason: str = "", door: str = "") -> Iterator[None]:
    """Everything written inside carries this person, reason and door ("web", "api", "patient link").

    Inside another `acting`, as every act is inside its request's, what is not said here is the other's. And
    nothing said here reaches what the other writes before and after: pghistory by itself keeps one row for
    all that is nested, so a second act's reason would stand at the first one's change, too.
    """
    known = {"user": "" if user_id is None else str(user_id), "reason": reason, "door": door}
    said = {key: value for key, value in known.items() if value}
    with pghistory.context() as around:
        runtime._tracker.value = runtime.Context(uuid4(), {**around.metadata, **said})
        try:
            yield
        finally:
            runtime._tracker.value = around


def name_actor(user_id: UUID) -> None:
    """Add the person to what the request's door has opened: a token's owner is known only inside it."""
    pghistory.context(user=str(user_id))
