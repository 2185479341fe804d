"""The day board and the week at the front desk: who sits where, what is free, who is late, who waits."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler.models import AbsenceReason, Appointment, AppointmentStatus, Closure, ResourceKind
from scheduler.visits import attendance, booking, lengthening
from scheduler.working_hours import time_off
from sessions_app import arrival
from sessions_app.models import SessionState
from sessions_app.preparing import readiness
from tests.cast import NOW, TODAY, House, local, make_patient, new_id
from tests.scheduler.stage import Stage, make_resource, open_all, set_stage
from tests.scheduler.waits import join
from tests.web.pages import browser_of, words
from web.board.layout import STEP, Place
from web.lengths import left_in_words
from web.views.board.looks import Look, look_of
from web.views.board.rows import Block, Gap

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOMORROW = TODAY + DAY


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


def the_day(stage: Stage, day: date = TODAY, *, now: datetime = NOW, user: Any = None) -> Any:
    with time_machine.travel(now, tick=False):
        return browser_of(user or stage.house.ana).get(reverse("day_on", args=[day]))


def blocks(page: Any) -> list[Block]:
    return [cell for row in page.context["board"].chairs for cell in row.cells if isinstance(cell, Block)]


def free(page: Any, chair: int = 0) -> list[Gap]:
    return [cell for cell in page.context["board"].chairs[chair].cells if isinstance(cell, Gap)]


def test_a_visit_stands_in_its_chair_over_its_time_with_its_phases(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[1])

    page = the_day(stage)

    board = page.context["board"]
    assert (board.opens, board.line.columns) == (stage.at("9:00"), 8 * 12)
    assert [row.chair for row in board.chairs] == stage.chairs
    [block] = blocks(page)
    assert block in board.chairs[1].cells
    assert (block.place, block.long, block.turnover) == (Place(6, 26), 24, 2)
    assert [(band.name, band.long) for band in block.bands] == [
        ("preparation", 4),
        ("infusion", 8),
        ("observation", 12),
    ]
    html = page.content.decode()
    for attribute in (
        'aria-label="Rosa Delgado, 09:30 to 11:30, Chair 2, Not yet confirmed"',
        f'data-visit="{visit.pk}"',
        'data-start="2027-01-11T15:30:00+00:00"',
        'data-minutes="120"',
        f'data-chair="{stage.chairs[1].pk}"',
        "data-movable",
        'data-opens="2027-01-11T15:00:00+00:00"',
        'data-columns="96"',
        'data-step-minutes="5"',
    ):
        assert attribute in html


def test_who_has_not_come_is_late_by_so_many_minutes(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30")
    stage.book(stage.plan(stage.house.omar), "13:00")

    on_time = the_day(stage, now=stage.at("9:30"))
    late = the_day(stage, now=stage.at("9:42"))
    next_day = the_day(stage, now=stage.at("9:42", TOMORROW))

    assert "min late" not in words(on_time)
    assert "12 min late" in words(late)
    assert "2 visits, 2 not yet confirmed, 1 late" in words(late)
    assert "min late" not in words(next_day)


def test_now_is_a_line_on_todays_board_alone(stage: Stage) -> None:
    assert the_day(stage, now=stage.at("10:32")).context["board"].now == Place(18, 1)
    assert the_day(stage, TOMORROW).context["board"].now is None
    assert the_day(stage, now=stage.at("18:00")).context["board"].now is None


def test_the_board_asks_again_for_the_day_in_its_heading(stage: Stage) -> None:
    """So that it stays that day's past midnight, when today is another one."""
    page = browser_of(stage.house.ana).get(reverse("day"))
    assert f'hx-get="{reverse("day_on", args=[TODAY])}"' in page.content.decode()


def test_a_hold_counts_down_and_is_gone_when_it_has_run_out(stage: Stage) -> None:
    until = NOW + 14 * MINUTE
    booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(),
        start=stage.at("13:00"),
        chair=stage.chairs[0],
        until=until,
        now=NOW,
    )

    held = the_day(stage)
    over = the_day(stage, now=until)

    assert "1 visit, 1 held" in words(held)
    assert words(held).count("14 min left") == 2
    assert 'data-until="2027-01-11T09:14:00-06:00"' in held.content.decode()
    assert len(free(held)) == 2
    assert "0 visits" in words(over)
    assert not blocks(over)
    assert [(gap.start, gap.end) for gap in free(over)] == [(stage.at("9:15"), stage.at("17:00"))]


def test_free_time_leads_to_booking_for_whoever_may(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])

    page = the_day(stage, now=NOW + MINUTE)

    first, second = free(page)
    assert (first.start, first.end, first.place) == (stage.at("9:05"), stage.at("10:00"), Place(1, 11))
    assert second.start == stage.at("12:10")
    chair = stage.chairs[0].pk
    assert second.href == f"{reverse('book')}?start=2027-01-11T12%3A10-06%3A00&chair={chair}"
    assert "Book Chair 1, free from 12:10 to 17:00" in page.content.decode()
    prescriber = the_day(stage, user=stage.house.priya)
    assert reverse("book") not in prescriber.content.decode()
    assert "Check in" not in words(prescriber)
    assert not blocks(prescriber)[0].told.movable


def test_a_nurses_strip_shows_what_booking_counts(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30")
    stage.book(stage.plan(stage.house.omar), "11:30")

    page = the_day(stage)

    [row] = page.context["board"].nurses
    assert [bar.words for bar in row.bars] == [
        "09:30 to 09:50: 6 of 6 units",
        "09:50 to 10:30: 3 of 6 units",
        "10:30 to 11:30: 2 of 6 units",
        "11:30 to 11:50: 6 of 6 units",
        "11:50 to 12:30: 3 of 6 units",
        "12:30 to 13:30: 2 of 6 units",
    ]
    assert [bar.full for bar in row.bars] == [True, False, False] * 2
    assert (row.bars[0].x, row.bars[0].y, row.bars[1].y, row.height) == (30, 0, 3, 6)
    assert row.words == "Nurse 1: at most 6 of 6 units at once, full for 40 min"
    assert row.words in page.content.decode()


def test_what_is_not_there_says_why_but_not_of_a_nurse(stage: Stage) -> None:
    max_ = stage.house.actor(stage.house.max)
    for resource, reason in (
        (stage.chairs[1], AbsenceReason.BREAKDOWN),
        (stage.nurses[0], AbsenceReason.ILLNESS),
    ):
        time_off.record_absence(
            actor=max_,
            id=new_id(),
            resource=resource,
            start=stage.at("0:00"),
            end=stage.at("0:00", TOMORROW),
            reason=reason,
            now=NOW,
        )

    page = the_day(stage)

    assert [cell.word for cell in page.context["board"].chairs[1].cells] == ["Out of order"]
    assert [shade.word for shade in page.context["board"].nurses[0].shades] == ["Away"]
    assert "Ill" not in words(page).split()


def test_a_chair_out_of_use_stays_while_somebody_is_booked_in_it(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30", chair=stage.chairs[1])
    for chair in stage.chairs:
        chair.active = False
        chair.save()

    assert [row.chair for row in the_day(stage).context["board"].chairs] == [stage.chairs[1]]


def test_who_was_done_early_leaves_a_shorter_block(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    actor = stage.house.actor(stage.house.ana)
    attendance.arrive(actor=actor, appointment=visit, now=stage.at("9:25"))
    attendance.begin(appointment=visit, now=stage.at("9:30"))
    attendance.fulfil(appointment=visit, now=stage.at("10:40"))

    page = the_day(stage, now=stage.at("10:45"))

    [block] = blocks(page)
    assert (block.place, block.long, block.turnover) == (Place(6, 16), 14, 2)
    assert block.told.look.word == "Done"
    assert free(page)[0].start == stage.at("10:50")


def test_a_session_says_how_far_it_is(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    actor = stage.house.actor(stage.house.nils)
    attendance.arrive(actor=actor, appointment=visit, now=NOW)
    session = arrival.open_session(actor=actor, id=new_id(), appointment=visit, now=NOW)
    visit.refresh_from_db()

    assert blocks(the_day(stage))[0].told.look == Look("here", "door-in", "Arrived")
    assert session.appointment_id == visit.pk
    infusing = look_of(visit, state=SessionState.INFUSING, now=NOW)
    assert infusing == Look("running", "drop", "Infusing")


def test_who_is_still_here_after_their_visits_end_is_over_it(stage: Stage) -> None:
    """Whoever comes next to this chair, or asks when, is told by the desk."""
    visit = stage.book(stage.plan(), "9:30")
    actor = stage.house.actor(stage.house.nils)
    attendance.arrive(actor=actor, appointment=visit, now=NOW)
    arrival.open_session(actor=actor, id=new_id(), appointment=visit, now=NOW)

    in_time = the_day(stage, now=stage.at("11:30"))
    over = the_day(stage, now=stage.at("11:42"))
    visit.refresh_from_db()
    attendance.begin(appointment=visit, now=stage.at("11:42"))
    attendance.fulfil(appointment=visit, now=stage.at("11:43"))
    gone = the_day(stage, now=stage.at("11:50"))

    assert "over" not in blocks(in_time)[0].told.look.word
    assert blocks(over)[0].told.look == Look("warn", "alert", "Arrived, 12 min over")
    assert "1 visit, 1 past its end" in words(over)
    assert "past its end" not in words(in_time)
    assert "past its end" not in words(gone)


@pytest.mark.parametrize(
    ("seconds", "left"), [(840, "14 min"), (839, "14 min"), (3900, "1 h 05 min"), (-1, "0 min")]
)
def test_what_is_left_of_a_hold_is_rounded_up(seconds: int, left: str) -> None:
    assert left_in_words(NOW + timedelta(seconds=seconds), NOW) == left


def test_free_time_says_who_on_the_waitlist_would_fit_it(stage: Stage) -> None:
    plan = stage.plan()
    entry = join(stage, plan, notice_hours=24)

    page = the_day(stage, now=stage.at("9:58"))

    said = words(page)
    assert "Waiting, and would fit a free time Rosa Delgado one more session" in said
    assert "asked for 24 h notice, so call first" in said
    assert [gap.fits for gap in free(page)] == [1]
    html = page.content.decode()
    assert reverse("waitlist_entry", args=[entry.pk]) in html
    assert f"{reverse('book_confirm', args=[plan.pk])}?start=2027-01-11T10%3A00%3A00-06%3A00" in html
    assert "would fit" not in words(the_day(stage, user=stage.house.priya))


def test_a_day_on_which_nothing_is_open_says_so_and_why(stage: Stage) -> None:
    sunday = TODAY - DAY
    begins, ends = stage.at("0:00", sunday), stage.at("0:00", TODAY)
    assert the_day(stage, sunday).context["board"] is None
    assert "Nothing is open on this day" in words(the_day(stage, sunday))

    Closure.objects.create(clinic=stage.house.clinic, during=DateTimeTZRange(begins, ends), name="Painters")

    assert "Painters The clinic is closed on this day." in words(the_day(stage, sunday))


@pytest.mark.parametrize(("begins", "ends"), [("0:00", "12:00"), ("12:00", "23:55")])
def test_a_closure_of_half_a_day_closes_no_day(stage: Stage, begins: str, ends: str) -> None:
    during = DateTimeTZRange(stage.at(begins), stage.at(ends))
    Closure.objects.create(clinic=stage.house.clinic, during=during, name="Painters")

    page = the_day(stage)

    assert "The clinic is closed on this day." not in words(page)


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 14), 7), (date(2027, 11, 7), 9)])
def test_the_night_in_which_clocks_change_is_drawn_as_long_as_it_is(
    stage: Stage, day: date, hours: int
) -> None:
    everybody = [*stage.chairs, *stage.nurses, stage.clinician]
    open_all(everybody, local(day, "0:00"), local(day, "8:00"))

    board = the_day(stage, day).context["board"]

    assert board.line.columns == hours * 12
    assert [tick.label for tick in board.ticks][-1] == "07:00"
    assert board.ticks[-1].place == Place((hours - 1) * 12, 12)


def test_another_clinic_has_a_board_of_its_own(stage: Stage, other_house: House) -> None:
    stage.book(stage.plan(), "9:30")
    join(stage, stage.plan(stage.house.omar))
    for address in (reverse("day_on", args=[TODAY]), reverse("week", args=[TODAY])):
        said = words(browser_of(other_house.ana).get(address))
        assert not any(name in said for name in ("Rosa", "Omar", "Chair 1", "Nurse 1"))


def test_the_week_counts_who_comes_and_what_is_free(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30")
    stage.book(stage.plan(stage.house.omar), "9:30", TODAY + 2 * DAY)

    page = browser_of(stage.house.ana).get(reverse("week", args=[TODAY + 3 * DAY]))

    cards = page.context["cards"]
    assert [card.day for card in cards] == [TODAY + ahead * DAY for ahead in range(7)]
    assert [card.visits for card in cards] == [1, 0, 1, 0, 0, 0, 0]
    assert [card.free for card in cards[:2]] == ["13 h 50 min", "16 h"]
    assert [card.open for card in cards] == [True] * 5 + [False] * 2
    assert (cards[0].marks[0].x, cards[0].marks[0].width, cards[0].marks[0].tone) == (30, 130, "planned")
    said = words(page)
    assert "Mon, Jan 11 to Sun, Jan 17" in said
    assert said.count("Closed") == 2
    assert reverse("day_on", args=[TODAY + 2 * DAY]) in page.content.decode()


def test_the_board_and_the_week_cost_the_same_however_full_they_are(stage: Stage) -> None:
    browser = browser_of(stage.house.ana)
    addresses = [reverse("day_on", args=[TODAY]), reverse("week", args=[TODAY])]
    plans = [
        stage.plan(make_patient(stage.house.clinic, name, "Koch")) for name in ("Ida", "Eva", "Ada", "Una")
    ]
    stage.book(plans[0], "9:30")
    join(stage, plans[1])
    few = [_queries(browser, address) for address in addresses]

    more = [make_resource(stage.house, ResourceKind.CHAIR, f"Chair {number}", 1) for number in (3, 4)]
    more.append(make_resource(stage.house, ResourceKind.NURSE, "Nurse 2", 6))
    open_all(more, stage.at("9:00"), stage.at("17:00"))
    stage.book(stage.plan(), "9:30")
    stage.book(plans[2], "13:00")
    gone = stage.book(plans[3], "13:00")
    stage.cancel(gone)
    join(stage, stage.plan(stage.house.omar), weekdays=(0,))
    join(stage, plans[3])

    assert [_queries(browser, address) for address in addresses] == few
    assert Appointment.objects.filter(status=AppointmentStatus.BOOKED).count() == 3


def _queries(browser: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_a_visit_whose_chair_is_kept_longer_is_one_block(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00")
    lengthening.lengthen(
        actor=stage.house.actor(stage.house.ana), appointment=visit, extra_recovery_minutes=15, now=NOW
    )
    [block] = blocks(the_day(stage))
    assert (block.minutes, block.long * STEP, block.extra_recovery) == (135, 135, 15)


def test_who_said_something_that_waits_for_a_nurse_is_not_plainly_confirmed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00")
    attendance.confirm(appointment=visit, now=NOW)
    said = {"possible_pregnancy": "yes", "ride_home": "no"}
    readiness.confirm(id=new_id(), appointment=visit, answers=readiness.Answers(**said), now=NOW)
    page = the_day(stage)
    told = page.context["visits"][0]
    assert told.look == Look("warn", "alert", "Confirmed; not ready: ask a nurse")
    asked = {"desk": stage.house.ana, "nurse": stage.house.nils}
    pages = {who: words(the_visit(user, visit)) for who, user in asked.items()}
    assert all("Confirmed; not ready: ask a nurse" in told for told in pages.values())
    # What it is, is for the nurse to read.
    assert ["What the patient said before" in told for told in pages.values()] == [False, True]
    readiness.confirm(
        id=new_id(),
        appointment=visit,
        answers=readiness.Answers(ride_home="yes", possible_pregnancy="no"),
        now=NOW + MINUTE,
    )
    assert "not ready" not in words(the_day(stage))


def the_visit(user: Any, visit: Appointment) -> Any:
    return browser_of(user).get(reverse("visit", args=[visit.pk]))
