"""Who changed what, and why: history rows that database triggers write in the change's own transaction.

`@tracked` gives a table its history; `acting` names the person and the reason. Raw SQL and bulk
changes are caught as well; without `acting` their rows simply carry no name.
"""

from contextlib import AbstractContextManager
from typing import Any, TypeVar
from uuid import UUID

import pghistory
from django.db import models

ModelClass = TypeVar("ModelClass", bound=type[models.Model])

# The door of what Celery's tasks write: nobody stood at it.
WORKER = "worker"


def tracked(model: ModelClass) -> ModelClass:
    """Keep every version of this table's rows: inserted, updated and deleted."""
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())(model)


def acting(user_id: UUID | None, *, reason: str = "", door: str = "") -> AbstractContextManager[Any]:
    """Everything written inside carries this person, reason and door ("web", "api", "patient link")."""
    known = {"reason": reason, "door": door}
    context = {key: value for key, value in known.items() if value}
    if user_id is not None:
        context["user"] = str(user_id)
    return pghistory.context(**context)


def name_actor(user_id: UUID) -> None:
    """Add the person to what the request's door has opened: a token's owner is known only inside."""
    pghistory.context(user=str(user_id))
