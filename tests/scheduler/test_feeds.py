"""Calendar feeds: what they say, to whom, in a form that calendar programs read."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from icalendar import Calendar

from clinic.models import Clinic, Patient
from clinic.problems import Invalid, Missing
from scheduler.calendars import feeds, ical
from scheduler.models import Appointment, CalendarFeed, Resource
from scheduler.visits import attendance, moving
from tests.cast import NOW, TODAY, House, client_of, make_patient, new_id
from tests.scheduler.stage import Stage, open_on, set_stage

API = "/api/v1/calendar-feeds/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


def feed_of(stage: Stage, resource: Resource) -> CalendarFeed:
    return feeds.make(actor=stage.house.actor(stage.house.max), id=new_id(), resource=resource)


def read(feed: CalendarFeed, now: datetime = NOW) -> list[Any]:
    opened = CalendarFeed.objects.select_related("clinic", "resource").get(pk=feed.pk)
    calendar = Calendar.from_ical(ical.feed_file(opened, now=now))
    assert (calendar["VERSION"], "METHOD" in calendar) == ("2.0", False)
    return list(calendar.events)


def token_of(feed: CalendarFeed) -> str:
    return feeds.address_of(feed).rpartition("/")[2].removesuffix(".ics")


def test_a_chairs_calendar_shows_when_it_is_taken_turnover_included(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    (event,) = read(feed_of(stage, stage.chairs[0]))
    assert (event.start, event.end) == (visit.starts_at, visit.starts_at + timedelta(minutes=130))
    assert (event["SUMMARY"], "LOCATION" in event) == ("Visit", False)


def test_a_nurses_calendar_shows_her_turns_and_the_chair(stage: Stage) -> None:
    """Two visits at once: the nurses hand over so that one stays free to prepare."""
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    stage.book(stage.plan(stage.house.omar), "10:20", chair=stage.chairs[1])
    shown = [
        (event["SUMMARY"], str(event["LOCATION"]), event.start, event.end)
        for nurse in stage.nurses
        for event in read(feed_of(stage, nurse))
    ]
    for chair, start in (("Chair 1", stage.at("10:00")), ("Chair 2", stage.at("10:20"))):
        turns = sorted((begins, ends) for _, at, begins, ends in shown if at == chair)
        assert turns[0][0] == start
        assert turns[-1][1] == start + timedelta(minutes=120)
        assert all(before[1] == after[0] for before, after in pairwise(turns))
    assert len(shown) > 2, "somebody handed over"


def test_nobody_is_named_unless_the_clinic_turns_names_on(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00")
    feed = feed_of(stage, stage.chairs[0])
    assert b"Rosa" not in ical.feed_file(feed, now=NOW)
    feeds.show_names(actor=stage.house.actor(stage.house.max), clinic=stage.house.clinic, show=True)
    (event,) = read(feed)
    assert event["SUMMARY"] == "Rosa Delgado"
    text = event.to_ical().decode().lower()
    for word in ("mood", "ketamine", "infusion", "depress", "1980", "mrn"):
        assert word not in text


def test_a_moved_visit_keeps_its_uid_and_its_sequence_rises(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    (before,) = read(feed)
    ana, later = stage.house.actor(stage.house.ana), stage.at("11:00")
    moving.reschedule(actor=ana, appointment=visit, start=later, chair=stage.chairs[0], now=NOW)
    (after,) = read(feed)
    assert (after["UID"], after.start) == (before["UID"], later)
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after["LAST-MODIFIED"].dt >= before["LAST-MODIFIED"].dt


def revision(feed: CalendarFeed, now: datetime = NOW) -> tuple[int, datetime]:
    (event,) = read(feed, now)
    return int(event["SEQUENCE"]), event["LAST-MODIFIED"].dt


def later(model: Any) -> None:
    """The history's last line was written an hour after the rest: a story is one transaction, at one time."""
    history = model.pgh_event_model.objects
    last = history.latest("pgh_id")
    table = model.pgh_event_model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        history.filter(pk=last.pk).update(pgh_created_at=last.pgh_created_at + timedelta(hours=1))
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def test_whoever_serves_instead_makes_the_sequence_rise_each_time(stage: Stage) -> None:
    """Nurse 1, Nurse 2 and Nurse 1 again: the event of the chair's calendar stays, the nurses' differ."""
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    ana, feed = stage.house.actor(stage.house.ana), feed_of(stage, stage.nurses[0])
    seen = [revision(feed)]
    for nurse in (stage.nurses[1], stage.nurses[0]):
        moving.reschedule(
            actor=ana, appointment=visit, start=visit.starts_at, chair=stage.chairs[0], nurse=nurse, now=NOW
        )
        later(Appointment)
        seen += [revision(feed)] if nurse == stage.nurses[0] else []
        assert len(read(feed_of(stage, nurse))) == 1

    assert seen[1][0] == seen[0][0] + 2
    assert seen[1][1] > seen[0][1]


def test_a_visit_that_ends_early_is_a_revision(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    before = revision(feed)
    attendance.begin(appointment=visit, now=stage.at("9:50"))
    early = revision(feed)
    attendance.fulfil(appointment=visit, now=stage.at("11:00"))
    later(Appointment)

    after = revision(feed)

    assert before[0] < early[0] < after[0]
    assert before[1] < after[1]


def test_so_is_another_name_of_the_chair_or_the_patient_and_naming_at_all(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    feed = feed_of(stage, stage.nurses[0])
    max_, rosa = stage.house.actor(stage.house.max), stage.house.rosa
    seen = [revision(feed)]
    for model, change in (
        (Resource, lambda: Resource.objects.filter(pk=stage.chairs[0].pk).update(name="By the window")),
        (Clinic, lambda: feeds.show_names(actor=max_, clinic=stage.house.clinic, show=True)),
        (Patient, lambda: Patient.objects.filter(pk=rosa.pk).update(family_name="Reyes")),
        (Clinic, lambda: feeds.show_names(actor=max_, clinic=stage.house.clinic, show=False)),
    ):
        change()
        later(model)
        seen.append(revision(feed))

    assert [sequence for sequence, _ in seen] == [0, 1, 2, 3, 4]
    assert seen[0][1] < seen[1][1]


def test_what_no_event_says_is_no_revision(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    before = ical.feed_file(feed, now=NOW)
    Clinic.objects.filter(pk=stage.house.clinic.pk).update(hold_minutes=7)
    Patient.objects.filter(pk=stage.house.rosa.pk).update(city="Evanston")

    assert ical.feed_file(feed, now=NOW) == before


def test_a_cancelled_visit_vanishes(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    assert len(read(feed)) == 1
    stage.cancel(visit)
    assert read(feed) == []


def test_a_hold_is_not_yet_a_visit(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=visit.pk).update(status="pending", held_until=NOW + timedelta(minutes=10))
    assert read(feed_of(stage, stage.chairs[0])) == []


def test_what_is_long_past_is_left_out(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    assert len(read(feed, NOW + timedelta(days=30))) == 1
    assert read(feed, NOW + timedelta(days=31)) == []


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_on_the_days_of_the_clock_change_the_wall_shows_the_booked_time(stage: Stage, day: date) -> None:
    for resource in [stage.chairs[0], *stage.nurses, stage.clinician]:
        open_on(resource, stage.at("9:00", day), stage.at("17:00", day))
    plan = stage.plan(valid_until=day + timedelta(days=1))
    stage.book(plan, "10:00", day, chair=stage.chairs[0])
    (event,) = read(feed_of(stage, stage.chairs[0]), stage.at("9:00", day))
    assert event.start.tzinfo is not None
    assert event.start == stage.at("10:00", day)
    assert event.start.astimezone(UTC).hour == (15 if day.month == 3 else 16)


@pytest.mark.parametrize(
    "name",
    ["Stuhl „Grün“, am Fenster; rechts", "Ñandú 椅子 " + "é" * 60, "Chair\\n 1", 'Chair "1": ^left'],
)
def test_any_name_is_read_back_as_it_was(stage: Stage, name: str) -> None:
    Resource.objects.filter(pk=stage.chairs[0].pk).update(name=name)
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    feed = feed_of(stage, stage.nurses[0])
    content = ical.feed_file(feed, now=NOW)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    (event,) = read(feed)
    assert event["LOCATION"] == name


def test_no_name_can_add_lines_of_its_own(stage: Stage) -> None:
    Resource.objects.filter(pk=stage.chairs[0].pk).update(name="Chair\r\nEND:VEVENT\x0b\rBEGIN:VALARM")
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    content = ical.feed_file(feed_of(stage, stage.nurses[0]), now=NOW)
    assert b"\r\nBEGIN:VALARM" not in content
    assert content.count(b"END:VEVENT\r\n") == 1
    assert not any(byte < 32 and byte not in b"\r\n" for byte in content)


def test_the_same_visits_give_the_same_bytes(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    feed = feed_of(stage, stage.chairs[0])
    later = ical.feed_file(feed, now=NOW + timedelta(hours=5))
    assert ical.feed_file(feed, now=NOW) == later


def test_many_visits_cost_no_more_queries(stage: Stage, house: House) -> None:
    feed = feed_of(stage, stage.nurses[0])
    with CaptureQueriesContext(
        connection,
    ) as none:
        ical.feed_file(feed, now=NOW)
    for number in range(4):
        plan = stage.plan(make_patient(house.clinic, f"Given{number}", "Family"))
        stage.book(plan, "10:00", TODAY + timedelta(days=number), nurse=stage.nurses[0])
    with CaptureQueriesContext(connection) as some:
        ical.feed_file(feed, now=NOW)
    assert len(none) <= len(some) == 7


# --- Who may --------------------------------------------------------------------------------------------


def test_only_the_hash_of_an_address_is_kept(stage: Stage) -> None:
    feed = feed_of(stage, stage.chairs[0])
    token = token_of(feed)
    assert len(token) == 43
    assert token not in str(CalendarFeed.objects.values())
    assert feeds.open_feed(token=token).pk == feed.pk


def test_a_revoked_address_and_a_guessed_one_are_the_same(stage: Stage) -> None:
    feed = feed_of(stage, stage.chairs[0])
    token = token_of(feed)
    feeds.revoke(actor=stage.house.actor(stage.house.max), feed=feed, now=NOW)
    said = []
    for tried in (token, "guessed", ""):
        with pytest.raises(Missing) as refusal:
            feeds.open_feed(token=tried)
        said.append(str(refusal.value))
    assert len(set(said)) == 1


def test_revoking_again_changes_nothing(stage: Stage) -> None:
    feed = feed_of(stage, stage.chairs[0])
    max = stage.house.actor(stage.house.max)
    first = feeds.revoke(actor=max, feed=feed, now=NOW)
    again = feeds.revoke(actor=max, feed=feed, now=NOW + timedelta(days=1))
    assert first.revoked_at == again.revoked_at == NOW


def test_a_feed_made_under_an_older_secret_key_goes_on(stage: Stage, settings: Any) -> None:
    feed = feed_of(stage, stage.chairs[0])
    address = feeds.address_of(feed)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key that is long enough to be one 0123456789"
    assert feeds.address_of(feed) == address


def test_clinicians_and_what_is_out_of_use_have_no_calendar(stage: Stage) -> None:
    Resource.objects.filter(pk=stage.chairs[1].pk).update(active=False)
    unused = Resource.objects.get(pk=stage.chairs[1].pk)
    for resource, word in ((stage.clinician, "nurses and chairs"), (unused, "out of use")):
        with pytest.raises(Invalid, match=word):
            feed_of(stage, resource)


# --- Over the API ----------------------------------------------------------------------------------------


def test_the_address_is_told_by_the_call_that_makes_it_and_by_no_other(stage: Stage) -> None:
    client = client_of(stage.house.max)
    body = {"id": str(new_id()), "resource": stage.nurses[0].pk}
    made = client.post(API, body)
    assert made.status_code == 201
    assert made.json()["address"].startswith("http://localhost:8000/feeds/")
    assert client.post(API, body).json() == made.json()
    listed = client.get(API).json()["results"]
    assert [row["resource_name"] for row in listed] == ["Nurse 1"]
    assert "address" not in listed[0]
    revoked = client.post(f"{API}{body['id']}/revoke/")
    assert (revoked.status_code, "address" in revoked.json()) == (200, False)
    assert CalendarFeed.objects.get().revoked_at is not None


def test_names_are_turned_on_over_the_api_for_the_whole_clinic(stage: Stage) -> None:
    client = client_of(stage.house.max)
    answer = client.post(f"{API}names/", {"clinic": stage.house.clinic.pk, "show_names": True})
    assert answer.json() == {"clinic": str(stage.house.clinic.pk), "show_names": True}
    assert Clinic.objects.get(pk=stage.house.clinic.pk).feeds_show_names


def test_the_list_of_feeds_costs_the_same_however_many(stage: Stage) -> None:
    client = client_of(stage.house.max)
    counts = []
    for _ in range(2):
        feed_of(stage, stage.chairs[0])
        feed_of(stage, stage.chairs[1])
        with CaptureQueriesContext(connection) as queries:
            assert client.get(API).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
