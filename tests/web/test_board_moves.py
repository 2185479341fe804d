"""Moving a visit on the day board and keeping it longer: what the board is answered while a block rests, what
its dialog shows, and who was there first."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import Consent
from scheduler.models import Appointment
from scheduler.visits import attendance, booking, moving
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words
from web.views.booking.place import on_board

PART: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    return stage.book(stage.plan(), "9:30", chair=stage.chairs[0])


def hidden(page: Any) -> dict[str, str]:
    return {field.html_name: str(field.value() or "") for field in page.context["form"].hidden_fields()}


def rests(stage: Stage, visit: Appointment, at: str, chair: int, route: str = "visit_move_check") -> Any:
    """What the server says of a block that rests there."""
    asked = {
        "start": stage.at(at).isoformat(),
        "chair": str(stage.chairs[chair].pk),
        "was": visit.starts_at.isoformat(),
        "board": TODAY.isoformat(),
    }
    return browser_of(stage.house.ana).get(reverse(route, args=[visit.pk]), asked, **PART)


def test_a_free_place_is_said_with_whom_it_would_be(stage: Stage, visit: Appointment) -> None:
    free = rests(stage, visit, "13:00", 1)

    assert free.status_code == 200
    assert 'data-verdict="allowed"' in free.content.decode()
    assert "Free: 13:00" in words(free)
    assert "Chair 2 Nurse: Nurse" in words(free)
    assert "<html" not in free.content.decode()


def test_a_taken_place_is_said_with_every_blocker_and_nothing_is_sought(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.book(stage.plan(stage.house.omar), "12:00", chair=stage.chairs[1])
    monkeypatch.delattr(booking, "alternatives")

    taken = rests(stage, visit, "12:30", 1)

    assert 'data-verdict="refused"' in taken.content.decode()
    assert "Chair 2 is taken for" in words(taken)


def test_the_dialog_says_from_where_to_where_with_whom_and_how_the_patient_hears(
    stage: Stage, visit: Appointment
) -> None:
    page = rests(stage, visit, "13:00", 1, "visit_move")
    said = words(page)

    assert "<html" not in page.content.decode()
    assert "instead of Mon, Jan 11, 09:30" in said
    assert "Chair 2, instead of Chair 1" in said
    assert "Is told by e-mail of the new time, and is asked to confirm it." in said


def test_the_dialog_needs_no_board_to_go_back_to(stage: Stage, visit: Appointment) -> None:
    asked = {"start": stage.at("13:00").isoformat()}
    part = browser_of(stage.house.ana).get(reverse("visit_move", args=[visit.pk]), asked, **PART)
    assert part.status_code == 200
    assert f'href="{reverse("visit", args=[visit.pk])}"' in part.content.decode()


def test_who_cannot_be_told_is_to_be_called(stage: Stage, visit: Appointment) -> None:
    Consent.objects.filter(patient=stage.house.rosa).exclude(scope="treatment").delete()

    said = words(rests(stage, visit, "13:00", 1, "visit_move"))

    assert "Is told by nobody but you: call them. No consent to" in said


def test_the_dialog_of_a_taken_place_shows_the_nearest_times_and_moves_nothing(
    stage: Stage, visit: Appointment
) -> None:
    stage.book(stage.plan(stage.house.omar), "12:00", chair=stage.chairs[1])

    page = rests(stage, visit, "12:30", 1, "visit_move")

    assert "data-refused" in page.content.decode()
    assert "Nothing was moved." in words(page)
    assert "The nearest times that are free" in words(page)
    assert f'action="{reverse("visit_move", args=[visit.pk])}"' not in page.content.decode()


def test_a_move_from_the_board_comes_back_to_the_board(stage: Stage, visit: Appointment) -> None:
    browser = browser_of(stage.house.ana)
    page = rests(stage, visit, "13:00", 1, "visit_move")

    moved = browser.post(reverse("visit_move", args=[visit.pk]), hidden(page))

    assert moved["Location"] == on_board(TODAY, visit.pk)
    shown = browser.get(moved["Location"]).content.decode()
    block, row = re.findall(r'<a[^>]* id="([^"]+)"[^>]* autofocus>', shown)
    assert (block.startswith(f"visit-{visit.pk}-"), row) == (True, f"list-visit-{visit.pk}")
    assert Appointment.objects.get(pk=visit.pk).starts_at == stage.at("13:00")
    again = browser.post(reverse("visit_move", args=[visit.pk]), hidden(page))
    assert again["Location"] == on_board(TODAY, visit.pk)


def test_who_has_seen_a_visit_where_it_is_no_more_moves_nothing(stage: Stage, visit: Appointment) -> None:
    page = rests(stage, visit, "13:00", 1, "visit_move")
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("11:00"), now=NOW)
    browser = browser_of(stage.house.ana)

    resting = rests(stage, visit, "13:00", 1)
    late = browser.post(reverse("visit_move", args=[visit.pk]), hidden(page), follow=True)

    assert resting.status_code == 412
    assert "Somebody else has moved this visit meanwhile, to Mon, Jan 11, 11:00." in words(resting)
    assert "Somebody else has moved this visit meanwhile, to Mon, Jan 11, 11:00." in words(late)
    assert Appointment.objects.get(pk=visit.pk).starts_at == stage.at("11:00")


def test_a_visit_that_was_cancelled_meanwhile_is_said_above_the_board(
    stage: Stage, visit: Appointment
) -> None:
    page = rests(stage, visit, "13:00", 1, "visit_move")
    stage.cancel(visit)

    late = browser_of(stage.house.ana).post(reverse("visit_move", args=[visit.pk]), hidden(page), follow=True)

    assert late.redirect_chain[0][0] == on_board(TODAY, visit.pk)
    assert "This visit is cancelled and can't be moved." in words(late)


def test_asking_takes_as_many_queries_on_a_full_day_as_on_an_empty_one(
    stage: Stage, visit: Appointment
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            rests(stage, visit, "9:35", 0)
        return len(asked)

    few = count()
    stage.book(stage.plan(stage.house.omar), "12:00", chair=stage.chairs[1])

    assert count() == few


def test_the_board_is_told_which_blocks_can_be_moved_and_made_longer(
    stage: Stage, visit: Appointment
) -> None:
    arrived = stage.book(stage.plan(stage.house.omar), "9:00", chair=stage.chairs[1])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=arrived, now=NOW)

    shown = browser_of(stage.house.ana).get(reverse("day")).content.decode()
    looked_at = browser_of(stage.house.priya).get(reverse("day")).content.decode()

    assert (shown.count("data-movable"), shown.count('data-extra="0"')) == (1, 2)
    assert ("board_move.js" in shown, "board_move.js" in looked_at) == (True, False)
    assert 'id="board-moving"' not in looked_at


# --- A longer recovery ----------------------------------------------------------------------------------


def longer(stage: Stage, visit: Appointment, minutes: int, route: str = "visit_lengthen", **how: Any) -> Any:
    asked = {"extra_recovery_minutes": str(minutes), "board": TODAY.isoformat()}
    return browser_of(stage.house.ana).get(reverse(route, args=[visit.pk]), asked, **how)


def test_a_recovery_is_made_longer_on_a_page_of_its_own(stage: Stage, visit: Appointment) -> None:
    browser, address = browser_of(stage.house.ana), reverse("visit_lengthen", args=[visit.pk])
    assert "Longer recovery" in words(browser.get(reverse("visit", args=[visit.pk])))
    assert "Recovery beyond the protocol" in words(browser.get(address))

    kept = browser.post(address, {"extra_recovery_minutes": "30"}, follow=True)

    assert Appointment.objects.get(pk=visit.pk).ends_at == visit.ends_at + timedelta(minutes=30)
    assert "The chair and its nurse are kept until" in words(kept)


def test_a_recovery_that_is_not_free_comes_back_filled_with_the_most_that_is(
    stage: Stage, visit: Appointment
) -> None:
    gap = timedelta(minutes=visit.protocol.turnover_minutes + 20)
    booking.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(stage.house.omar),
        start=visit.ends_at + gap,
        chair=stage.chairs[0],
        now=NOW,
    )
    address = reverse("visit_lengthen", args=[visit.pk])

    resting = longer(stage, visit, 60, "visit_lengthen_check", **PART)
    refused = browser_of(stage.house.ana).post(address, {"extra_recovery_minutes": "60"})
    slip = browser_of(stage.house.ana).post(address, {"extra_recovery_minutes": "7"})

    assert 'data-verdict="refused"' in resting.content.decode()
    assert refused.status_code == 409
    assert "20 minutes beyond the protocol is the most that is free." in words(refused)
    assert 'value="60"' in refused.content.decode()
    assert (slip.status_code, "in steps of 5" in words(slip)) == (400, True)


def test_a_recovery_that_would_be_over_by_now_is_said_while_it_is_drawn(
    stage: Stage, visit: Appointment
) -> None:
    ana = stage.house.actor(stage.house.ana)
    attendance.arrive(actor=ana, appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)

    with time_machine.travel(visit.ends_at + timedelta(minutes=20), tick=False):
        drawn = longer(stage, visit, 10, "visit_lengthen_check", **PART)
        page = browser_of(stage.house.ana).get(reverse("visit_lengthen", args=[visit.pk]))
        kept = browser_of(stage.house.ana).post(
            reverse("visit_lengthen", args=[visit.pk]), {"extra_recovery_minutes": "30"}
        )

    assert 'data-verdict="refused"' in drawn.content.decode()
    assert "The visit would have ended at" in words(drawn)
    assert (page.status_code, kept.status_code) == (200, 302)


def test_the_dialog_of_a_longer_recovery_says_until_when_and_who_hears_of_it(
    stage: Stage, visit: Appointment
) -> None:
    free = longer(stage, visit, 30, "visit_lengthen_check", **PART)
    page = longer(stage, visit, 30, **PART)

    assert 'data-verdict="allowed"' in free.content.decode()
    assert "30 min beyond the protocol" in words(free)
    assert "Is told by e-mail when the visit ends." in words(page)
    assert "<html" not in page.content.decode()


def test_who_is_late_is_not_said_to_be_here(stage: Stage, visit: Appointment) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=10), tick=False):
        page = longer(stage, visit, 30)

    assert "Is told by nobody but you: tell them when they come." in words(page)
