"""Patients' phones behind a link: the links, the birth year, what is tapped, and whom it calls."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from clinic.models import WorkItem
from notifications import saying
from notifications.answering import own_words
from notifications.models import CheckIn, LinkPurpose, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book, discharge
from tests.web.pages import Page

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MORNING = VISIT + DAY


@pytest.fixture
def visit(house: House) -> Iterator[Appointment]:
    # The clock goes on: of two answers about a visit the newer counts.
    with time_machine.travel(NOW):
        appointment = book(house, house.rosa)
        plan(now=NOW)
        yield appointment


def token_of(message: Message) -> str:
    return token_for(message.link.pk)


@pytest.fixture
def token(visit: Appointment) -> str:
    return token_of(Message.objects.get(stage="confirmation"))


def proved(token: str, **options: Any) -> Client:
    phone = Client(**options)
    phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
    return phone


def ask(visit: Appointment, kind: str, at: datetime, **columns: Any) -> tuple[CheckIn, str]:
    """A check-in that was sent, and its link's token."""
    message = saying.say(
        key=f"story:{kind}:{uuid4()}",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="check_in",
        stage=kind,
        due_at=at,
        stale_at=at + 2 * DAY,
        appointment=visit,
        visit_starts_at=visit.starts_at,
        **columns,
    )
    link = saying.give_link(message, purpose=LinkPurpose.CHECK_IN, expires_at=at + 2 * DAY)
    check_in = CheckIn.objects.create(
        clinic=visit.clinic, patient=visit.patient, plan=visit.plan, kind=kind, message=message
    )
    return check_in, token_for(link.pk)


@pytest.fixture
def past(house: House) -> Appointment:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 3 * HOUR)
    return visit


def tap(phone: Client, token: str, door: str, **sent: Any) -> Page:
    return phone.post(f"/m/{token}/{door}", {"id": str(uuid4()), **sent}, follow=True)


@pytest.fixture
def diary(visit: Appointment) -> str:
    message = saying.say(
        key="story:diary",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="diary",
        stage="diary",
        due_at=NOW,
        stale_at=NOW + DAY,
    )
    return token_for(saying.give_link(message, purpose=LinkPurpose.DIARY, expires_at=NOW + 2 * DAY).pk)


CRISIS = "I want to kill myself tonight"


def calls() -> list[tuple[str, str, str]]:
    """Open tasks for alarming words as (title, urgency, role)."""
    rows = WorkItem.objects.filter(closed_at=None, title=own_words.CALL_NOW)
    return list(rows.values_list("title", "urgency", "role"))


CALL_NOW = [(own_words.CALL_NOW, "red", "nurse")]
