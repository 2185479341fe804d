"""Steps of an infusion as its stories take them: Nils at the pump, so many minutes after the start."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic.problems import Invalid
from sessions_app.infusing import progress
from sessions_app.models import InfusionEvent, Session
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

MINUTE = timedelta(minutes=1)
ORDERED = {"confirmed": True, "reason": "Dr. Nair ordered it"}
FROM_ELSEWHERE = {"came_from_elsewhere": True, "reason": "Dr. Nair ordered it"}


def at(minutes: float) -> datetime:
    """So many minutes after the start."""
    return STARTED_AT + timedelta(minutes=minutes)


def take(
    house: House, session: Session, step: Callable[..., InfusionEvent], *, now: datetime, **options: Any
) -> InfusionEvent:
    return step(actor=house.actor(house.nils), id=new_id(), session=session, now=now, **options)


def given(session: Session, now: datetime) -> tuple[str, str]:
    standing = progress.progress(stories.fresh(session), now)
    assert standing is not None
    return str(standing.volume_ml), str(standing.mg)


def errors_of(refused: pytest.ExceptionInfo[Invalid]) -> list[tuple[str, str]]:
    return [(error["field"], error["code"]) for error in refused.value.data["errors"]]
