"""How many visits to come a changed rule would touch, as the preview of each would say it."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from clinic.models import Clinic, Patient
from notifications.models import Message, MessageRule
from notifications.planning import rule_settings
from notifications.planning.planner import plan
from notifications.planning.rules import DEFAULTS, Rule
from notifications.reporting import preview, touching
from notifications.reporting.touching import Touched
from scheduler.models import Appointment
from tests.cast import NOW, House, client_of, local, make_patient
from tests.notifications.planned import say
from tests.notifications.visits import VISIT, book, discharge

DAY = timedelta(days=1)


def rule(stage: str, **changed: Any) -> Rule:
    return rule_settings.tried(next(each for each in DEFAULTS if each.stage == stage), changed)


def touched(house: House, becomes: Rule, *, now: datetime = NOW, **more: Any) -> Touched:
    found = touching.touched(house.clinic, becomes, now=now, **more)
    assert found is not None
    return found


def counts(found: Touched) -> tuple[int, int, int, int, int]:
    return found.visits, found.told, found.new, found.gone, found.moved


def test_as_it_stands_nothing_is_moved_and_the_first_time_is_told(house: House) -> None:
    book(house, house.rosa)
    book(house, house.omar, VISIT + DAY)
    found = touched(house, rule("T-3d"))
    assert counts(found) == (2, 2, 0, 0, 0)
    assert found.next_at == VISIT - 3 * DAY


def test_a_later_reminder_is_moved_and_one_that_is_off_reaches_nobody(house: House) -> None:
    book(house, house.rosa)
    assert counts(touched(house, rule("T-3d", days=2))) == (1, 1, 0, 0, 1)
    assert counts(touched(house, rule("T-3d", enabled=False))) == (1, 0, 0, 1, 0)


def test_a_moment_that_has_passed_reaches_no_visit_any_more(house: House) -> None:
    """Ten days before a visit in ten days is what the notice of it says already."""
    book(house, house.rosa)
    assert counts(touched(house, rule("T-3d", days=11))) == (1, 0, 0, 1, 0)


def test_what_is_switched_on_is_new(house: House) -> None:
    book(house, house.rosa)
    rule_settings.change_rule(
        actor=house.actor(house.max), clinic=house.clinic, stage="T-3d", changes={"enabled": False}
    )
    assert counts(touched(house, rule("T-3d"))) == (1, 1, 1, 0, 0)


def test_what_was_said_of_a_visit_is_not_said_again_whatever_the_rule(house: House) -> None:
    visit = book(house, house.rosa)
    Message.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        appointment=visit,
        kind="reminder",
        stage="T-3d",
        key="said",
        visit_starts_at=visit.starts_at,
        due_at=NOW,
        stale_at=visit.starts_at,
        status="sent",
    )
    assert counts(touched(house, rule("T-3d", days=2))) == (1, 0, 0, 0, 0)


def test_only_of_a_first_visit_and_only_after_the_last_of_a_series(house: House) -> None:
    plan = book(house, house.rosa).plan
    for number in range(1, plan.sessions_ordered):
        book(house, house.rosa, VISIT + number * 3 * DAY)
    ordered = plan.sessions_ordered
    assert counts(touched(house, rule("T-7d"))) == (ordered, 1, 0, 0, 0)
    assert counts(touched(house, rule("before_next"))) == (ordered, ordered - 1, 0, 0, 0)
    assert counts(touched(house, rule("end_of_series"))) == (ordered, 1, 0, 0, 0)
    assert counts(touched(house, rule("day_7", last_only=False)))[1] == ordered


def test_a_series_that_has_begun_ends_with_the_visit_that_is_due_to(house: House) -> None:
    first = book(house, house.rosa, NOW - 3 * DAY)
    discharge(first, first.ends_at)
    for number in range(1, first.plan.sessions_ordered):
        book(house, house.rosa, NOW + number * 3 * DAY)
    found = touched(house, rule("end_of_series"))
    assert (found.visits, found.told) == (first.plan.sessions_ordered - 1, 1)


def test_questions_after_a_visit_are_counted_by_its_booked_end(house: House) -> None:
    book(house, house.rosa)
    assert counts(touched(house, rule("same_day", hours=5))) == (1, 1, 0, 0, 1)
    # So late in the day nobody is asked on the same day.
    assert counts(touched(house, rule("same_day", at=time(12, 0)))) == (1, 0, 0, 1, 0)


def test_the_patients_own_night_and_zone_count(house: House) -> None:
    house.rosa.time_zone = "Pacific/Honolulu"
    house.rosa.save()
    book(house, house.rosa)
    # Two hours before is 3:30 in the night there, and 8:00 is after the visit has begun.
    assert counts(touched(house, rule("T-2h"))) == (1, 0, 0, 0, 0)
    assert counts(touched(house, rule("T-2h", hours=12))) == (1, 1, 1, 0, 0)


def test_words_reach_those_who_read_their_language(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(language="es-MX")
    book(house, house.rosa)
    book(house, house.omar, VISIT + DAY)
    found = touched(house, rule("T-3d"), language="es")
    assert counts(found) == (1, 1, 0, 0, 0)
    assert found.next_at == VISIT + DAY - 3 * DAY


def test_what_something_that_happens_asks_for_touches_no_visit_before(house: House) -> None:
    book(house, house.rosa)
    for stage in ("confirmation", "cancellation", "offer", "missed", "monthly", "diary", "check_in_again"):
        assert touching.touched(house.clinic, rule(stage, enabled=False), now=NOW) is None


def test_another_clinics_visits_are_not_counted(house: House, other_house: House) -> None:
    book(other_house, other_house.rosa)
    assert counts(touched(house, rule("T-3d"))) == (0, 0, 0, 0, 0)


@pytest.mark.parametrize("stage", sorted(touching.SETTLED))
@pytest.mark.parametrize("days_ahead", [1, 2, 5, 8, 12])
def test_it_says_of_one_visit_what_the_preview_says(house: House, stage: str, days_ahead: int) -> None:
    visit = book(house, house.rosa, local(date(2027, 1, 11) + days_ahead * DAY, "9:30"))
    visit = Appointment.objects.select_related("patient__clinic", "clinic", "protocol", "plan").get(
        pk=visit.pk
    )
    said = [line.due_at for line in preview.foreseen(visit, NOW) if line.stage == stage and not line.why_not]
    found = touched(house, rule(stage))
    assert found.told == len(said)
    if found.next_at and said[0] != found.next_at:
        assert said[0] > found.next_at  # put off by the preview: with another message, or by a cap


# --- What keeping a change sends off by itself --------------------------------------------------------------

# A Saturday, 9:00 in Chicago: the notice and the reminders of the week before a visit are said.
SATURDAY = NOW + 5 * DAY


def kept(house: House, **changes: Any) -> None:
    rule_settings.change_rule(
        actor=house.actor(house.max), clinic=house.clinic, changes=changes, stage="T-3d"
    )


def planned(stage: str) -> int:
    return Message.objects.filter(stage=stage, status="planned").count()


def test_what_goes_out_at_once_is_counted_as_the_planner_then_says_it(house: House) -> None:
    """Six days before is Friday of Rosa's and Vera's visits, and half an hour ahead of Omar's."""
    unasked = make_patient(house.clinic, "Vera", "Test", consents=False)
    book(house, house.rosa)
    book(house, unasked)
    book(house, house.omar, VISIT + DAY)
    for day in range(4):
        say(NOW + day * DAY)
    found = touched(house, rule("T-3d", days=6), now=SATURDAY)
    assert found.at_once == 1  # Vera can't be reached
    assert (found.told, found.moved, found.next_at) == (3, 3, VISIT - 5 * DAY)
    assert touched(house, rule("T-3d", days=5), now=SATURDAY).at_once == 0
    assert touched(house, rule("T-3d"), now=SATURDAY).next_at == VISIT - 3 * DAY

    kept(house, days=6)
    plan(now=SATURDAY)
    assert planned("T-3d") == 2
    sent = Message.objects.get(stage="T-3d", patient=house.rosa)
    assert (sent.status, sent.due_at) == ("planned", VISIT - 6 * DAY)


def test_at_night_nothing_goes_out_and_the_next_is_in_the_morning(house: House) -> None:
    book(house, house.rosa)
    for day in range(4):
        say(NOW + day * DAY)
    night = local(date(2027, 1, 16), "3:00")
    found = touched(house, rule("T-3d", days=6), now=night)
    assert (found.at_once, found.next_at) == (0, local(date(2027, 1, 16), "8:00"))


def test_what_goes_out_anyway_is_not_the_changes_doing(house: House) -> None:
    """The planner has not come by since its moment, and would say it under either rule."""
    book(house, house.rosa)
    for day in range(4):
        say(NOW + day * DAY)
    late = VISIT - 3 * DAY + timedelta(minutes=1)
    assert touched(house, rule("T-3d", days=4), now=late).at_once == 0
    plan(now=late)
    assert planned("T-3d") == 1


def test_a_visit_that_is_over_and_one_that_was_missed_send_off_messages_too(house: House) -> None:
    over, missed = book(house, house.rosa, NOW - 6 * DAY), book(house, house.omar, NOW - DAY)
    discharge(over, over.ends_at)
    Appointment.objects.filter(pk=missed.pk).update(status="noshow")
    off = replace(rule("missed"), enabled=False)
    rule_settings.change_rule(
        actor=house.actor(house.max), clinic=house.clinic, stage="missed", changes={"enabled": False}
    )
    say(NOW)

    asked = touched(house, rule("day_7", days=5, last_only=False))
    assert (asked.visits, asked.at_once, asked.next_at) == (0, 1, None)
    again = touched(house, rule("missed"))
    assert (again.visits, again.told, again.at_once) == (0, 0, 1)
    assert touching.touched(house.clinic, off, now=NOW) is None


def test_it_asks_as_much_for_thirty_visits_as_for_one(house: House, django_assert_num_queries: Any) -> None:
    book(house, house.rosa)
    with django_assert_num_queries(15, exact=False) as few:
        touched(house, rule("T-3d", days=4))
    for number in range(30):
        book(house, make_patient(house.clinic, f"P{number}", "Test"), VISIT + number * DAY)
    clinic = Clinic.objects.get(pk=house.clinic.pk)
    with django_assert_num_queries(len(few)):
        touching.touched(clinic, rule("T-3d", days=4), now=NOW)


def test_of_very_many_the_soonest_are_looked_at(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        book(house, make_patient(house.clinic, f"P{number}", "Test"), VISIT + number * DAY)
    monkeypatch.setattr(touching, "MOST_VISITS", 3)
    found = touched(house, rule("T-3d"))
    assert (found.visits, found.more) == (3, True)


def test_over_the_api_a_change_is_tried_and_not_kept(house: House) -> None:
    book(house, house.rosa)
    address = f"/api/v1/clinics/{house.clinic.pk}/message-rules/check/"
    max_ = client_of(house.max)
    with time_machine.travel(NOW, tick=False):
        tried = max_.post(address, {"stage": "T-3d", "days": 2}, format="json")
        assert tried.json() == {
            "visits": 1,
            "told": 1,
            "new": 0,
            "gone": 0,
            "moved": 1,
            "at_once": 0,
            "next_at": "2027-01-19T15:30:00Z",
            "more": False,
        }
        assert max_.post(address, {"stage": "move", "enabled": False}, format="json").status_code == 204
    wrong = max_.post(address, {"stage": "T-3d", "days": 99}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "days")
    assert not MessageRule.objects.exists()
