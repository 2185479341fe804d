"""No page has a number of queries that grows with its rows: asked with few and with many, where no other
story counts them. On the synthetic clinic's running day every page is asked in tests/web/running_day.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine

from notifications.escalating import on_call
from scheduler.calendars import feeds
from scheduler.models import ResourceKind
from scheduler.prescribing import spacing_requests
from sessions_app.outcomes import cohort_reports, diary
from sessions_app.outcomes.cohort import Query
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.notifications import texts
from tests.scheduler.stage import Stage, make_resource, set_stage
from tests.sessions_app import stories
from tests.sessions_app.monitors import beds
from tests.web.pages import browser_of
from tests.web.statements import asked

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


More = Callable[[Stage, int], object]


def more_feeds(stage: Stage, number: int) -> None:
    chair = make_resource(stage.house, ResourceKind.CHAIR, f"Feed {number}", 1)
    feeds.make(actor=stage.house.actor(stage.house.max), id=new_id(), resource=chair)


def more_shifts(stage: Stage, number: int) -> None:
    starts_at = NOW + timedelta(days=number + 1)
    on_call.add_shift(
        actor=stage.house.actor(stage.house.max),
        id=new_id(),
        clinic=stage.house.clinic,
        user=stage.house.priya,
        rung="second",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=12),
        now=NOW,
    )


def more_reports(stage: Stage, number: int) -> None:
    cohort_reports.make(
        actor=stage.house.actor(stage.house.max),
        id=new_id(),
        clinic=stage.house.clinic,
        query=Query(instrument="phq-9"),
        cut_off=NOW - timedelta(minutes=number + 2),
        now=NOW,
    )


def more_diary_days(stage: Stage, number: int) -> None:
    diary.enter_without_headache(
        actor=stage.house.actor(stage.house.nils),
        id=new_id(),
        patient=stage.house.rosa,
        days=[TODAY - timedelta(days=number + 1)],
        now=NOW,
    )


def more_texts(stage: Stage, number: int) -> None:
    texts.give_number(stage.house.clinic)
    patient = make_patient(stage.house.clinic, f"T{number}", "Writer", phone=f"+1312555017{number}")
    texts.text("Is it today?", sender=str(patient.phone))


def more_monitors(stage: Stage, number: int) -> None:
    chair = make_resource(stage.house, ResourceKind.CHAIR, f"Bed {number}", 1)
    beds.monitor_at(stage.house, chair, f"M{number}", since=NOW)
    beds.unmatched_message(stage.house, f"U{number}")


def more_spacing_requests(stage: Stage, number: int) -> None:
    patient = make_patient(stage.house.clinic, f"S{number}", "Asker")
    spacing_requests.ask(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(patient),
        words="Two days apart?",
        now=NOW,
    )


def more_chairs(stage: Stage, number: int) -> None:
    make_resource(stage.house, ResourceKind.CHAIR, f"More {number}", 1)


@pytest.mark.parametrize(
    ("address", "who", "more"),
    [
        ("/calendar-feeds/", "max", more_feeds),
        ("/on-call/", "max", more_shifts),
        ("/reports/outcomes/", "max", more_reports),
        ("/patients/{rosa}/diary/", "nils", more_diary_days),
        ("/threads/", "ana", more_texts),
        ("/monitors/", "max", more_monitors),
        ("/decisions/", "priya", more_spacing_requests),
        ("/resources/", "max", more_chairs),
    ],
)
def test_many_rows_ask_no_more_than_few(stage: Stage, address: str, who: str, more: More) -> None:
    client = browser_of(getattr(stage.house, who))
    address = address.format(rosa=stage.house.rosa.pk)
    for number in range(2):
        more(stage, number)
    asked(client, address)  # what the frame knows of the machinery is kept for a moment
    few = asked(client, address)
    for number in range(2, 8):
        more(stage, number)
    assert Counter(asked(client, address)) == Counter(few)


def test_a_long_flowsheet_asks_no_more_than_a_short_one(house: House) -> None:
    session = stories.infusing(house)
    with time_machine.travel(NOW + timedelta(minutes=50), tick=False):
        nils = browser_of(house.nils)
        address = f"/sessions/{session.pk}/"
        for minutes in (21, 22):
            stories.measure(house, session, stories.calm(NOW + timedelta(minutes=minutes)))
        few = asked(nils, address)
        for minutes in range(23, 45):
            stories.measure(house, session, stories.calm(NOW + timedelta(minutes=minutes)))
        assert len(asked(nils, address)) == len(few)
