"""What the stories of side effects have in common: a nausea that Nils tells of, and how it goes on."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from clinic.models import WorkItem
from sessions_app.models import Session, SideEffect
from sessions_app.observing import side_effects
from tests.cast import House, new_id
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT

NAUSEA = side_effects.Report(term="nausea", grade=1, onset_at=STARTED_AT)


def report(house: House, session: Session, *, now: datetime = STOPPED_AT, **changes: Any) -> SideEffect:
    return side_effects.record_side_effect(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        report=replace(NAUSEA, **changes),
        now=now,
    )


def go_on(
    house: House,
    session: Session,
    line: SideEffect,
    grade: int,
    *,
    now: datetime = STOPPED_AT,
    **state: Any,
) -> SideEffect:
    return side_effects.record_course(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        course=side_effects.Course(effect=line.pk, state=side_effects.State(grade=grade, **state)),
        now=now,
    )


def calls() -> QuerySet[WorkItem]:
    """Whom a side effect has called; that a prescriber decides on the next infusion is a task of its own
    (`test_serious_events`)."""
    return WorkItem.objects.exclude(cause__startswith="safety:")
