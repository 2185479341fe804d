"""The day board under the hand of the front desk: visits are moved and kept longer by mouse and by keyboard,
what stands against it is read before anything is put down, and two desks don't undo each other."""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from scheduler.models import Appointment
from tests.browser.conftest import Windows, picture
from tests.cast import NOW, make_house
from tests.scheduler.stage import Stage, set_stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def block_of(page: Page, visit: Appointment) -> Locator:
    return page.locator(f'[data-visit="{visit.pk}"]')


def verdict(page: Page) -> Locator:
    """The words beside the block that is moved."""
    return page.locator("#board-moving [data-hint]")


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def take(page: Page, block: Locator, *, by_its_end: bool = False) -> tuple[float, float]:
    """The mouse goes down on the block, and stays down."""
    block.scroll_into_view_if_needed()
    box = block.bounding_box()
    assert box
    x = box["x"] + (box["width"] - 4 if by_its_end else box["width"] / 2)
    y = box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    return x, y


def columns(page: Page, count: int) -> float:
    """How wide so many columns of the board are."""
    lane = page.locator(".board-lane").first.bounding_box()
    assert lane
    return lane["width"] / int(page.locator("#board").get_attribute("data-columns") or 0) * count


def start_of(visit: Appointment) -> str:
    fresh = Appointment.objects.select_related("clinic").get(pk=visit.pk)
    return f"{fresh.starts_at.astimezone(NOW.tzinfo) - timedelta(hours=6):%H:%M}"


def test_a_visit_is_dragged_to_a_free_time_and_never_onto_a_taken_one(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage, visit, other = two_visits()
        page = windows.sign_in(stage.house.ana)
        page.goto("/day/")
        rosa = block_of(page, visit)

        # Onto Omar's visit in the other chair: read before it is put down, and after.
        lower = block_of(page, other).bounding_box()
        x, _ = take(page, rosa)
        assert lower
        page.mouse.move(x + columns(page, 36), lower["y"] + 10, steps=6)
        expect(verdict(page)).to_contain_text("Not here")
        expect(verdict(page)).to_contain_text("Chair 2")
        picture(page, "board-moving-refused")
        page.mouse.up()
        expect(dialog(page)).to_contain_text("The visit can't be moved to this time.")
        expect(dialog(page)).to_contain_text("The nearest times that are free")
        page.keyboard.press("Escape")
        assert start_of(visit) == "09:00"

        # Escape puts it back for good, though the mouse is still down.
        x, y = take(page, rosa)
        page.mouse.move(x + columns(page, 12), y, steps=6)
        page.keyboard.press("Escape")
        page.mouse.move(x + columns(page, 13), y, steps=2)
        assert page.locator("#board").get_attribute("data-moving") is None
        page.mouse.up()
        expect(dialog(page)).to_be_hidden()

        # An hour later in its own chair.
        x, y = take(page, rosa)
        page.mouse.move(x + columns(page, 12), y, steps=6)
        expect(verdict(page)).to_contain_text("Free: 10:00")
        assert page.locator("#board").get_attribute("data-moving") == ""
        picture(page, "board-moving")
        page.mouse.up()
        expect(dialog(page)).to_contain_text("instead of Mon, Jan 11, 09:00")
        expect(dialog(page)).to_contain_text("Is told by e-mail of the new time")
        picture(page, "board-move-dialog")
        dialog(page).get_by_role("button", name="Move the visit").click()
        expect(page.get_by_text("The visit is moved.")).to_be_visible()
        assert start_of(visit) == "10:00"


def test_a_block_offers_what_can_be_done_with_its_visit(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage = set_stage(make_house(), nurses=2)
        visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
        stage.book(stage.plan(stage.house.omar), "10:30", chair=stage.chairs[1])
        page = windows.sign_in(stage.house.ana)
        page.goto("/day/")
        face = block_of(page, visit).get_by_role("link")

        # By keyboard: the key of menus opens it, Escape closes it, and the block has the focus again.
        face.focus()
        for key in ("ContextMenu", "Shift+F10", "Enter"):
            page.keyboard.press(key)
            expect(dialog(page).get_by_role("link", name="Open the visit")).to_be_focused()
            page.keyboard.press("Escape")
            expect(face).to_be_focused()

        # Onto a taken place: all that stands against it. A quarter of an hour later: moved, and back.
        face.click()
        expect(dialog(page)).to_contain_text("Another time on this day")
        picture(page, "board-menu")
        dialog(page).get_by_role("link", name="Chair 2 not free").click()
        expect(dialog(page)).to_contain_text("The visit can't be moved to this time.")
        page.keyboard.press("Escape")
        face.click()
        dialog(page).get_by_role("link", name="15 min later").click()
        dialog(page).get_by_role("button", name="Move the visit").click()
        expect(page.get_by_text("The visit is moved.")).to_be_visible()
        assert start_of(visit) == "09:45"

        # A longer recovery, asked and left; then on a phone, from the list.
        block_of(page, visit).get_by_role("link").click()
        dialog(page).get_by_role("link", name="Longer recovery").click()
        expect(dialog(page)).to_contain_text("Recovery beyond the protocol")
        dialog(page).get_by_role("link", name="Leave it as it is").click()
        page.set_viewport_size({"width": 390, "height": 844})
        page.locator("#day-list").get_by_role("link", name="Rosa Delgado").click()
        expect(dialog(page)).to_contain_text("Another time on this day")
        picture(page, "board-menu-phone")
        dialog(page).get_by_role("button", name="Patient has confirmed").click()
        expect(page.get_by_text("The visit is confirmed.")).to_be_visible()
        assert page.url.endswith(f"/day/2027-01-11/?visit={visit.pk}")


def test_a_visit_is_moved_and_kept_longer_by_keyboard_alone(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage, visit, _ = two_visits()
        page = windows.sign_in(stage.house.ana)
        page.goto("/day/")
        face = block_of(page, visit).get_by_role("link")

        face.focus()
        page.keyboard.press("m")
        expect(verdict(page)).to_contain_text("Taken.")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        expect(face).to_be_focused()
        assert page.locator("#board").get_attribute("data-moving") is None

        page.keyboard.press("m")
        page.keyboard.press("Shift+ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(verdict(page)).to_contain_text("Free: 09:35")
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_role("button", name="Move the visit")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("The visit is moved.")).to_be_visible()
        assert start_of(visit) == "09:35"
        expect(face).to_be_focused()

        ends = Appointment.objects.get(pk=visit.pk).ends_at
        page.keyboard.press("m")
        for _ in range(3):
            page.keyboard.press("+")
        expect(verdict(page)).to_contain_text("15 min beyond the protocol")
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_role("button", name="Keep the chair")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("The chair and its nurse are kept until")).to_be_visible()
        assert Appointment.objects.get(pk=visit.pk).ends_at == ends + timedelta(minutes=15)
        expect(face).to_be_focused()


def test_the_arrow_keys_go_from_visit_to_visit_and_chair_to_chair(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage, visit, other = two_visits()
        page = windows.sign_in(stage.house.ana)
        page.goto("/day/")
        rosa, omar = (block_of(page, each).get_by_role("link") for each in (visit, other))
        check_in = block_of(page, visit).get_by_role("button")
        after = page.get_by_role("link", name="Book Chair 1, free from 11:10")

        rosa.focus()
        for key, reached in (
            ("ArrowRight", check_in),
            ("ArrowRight", after),
            ("ArrowLeft", check_in),
            ("Home", rosa),
            ("End", after),
        ):
            page.keyboard.press(key)
            expect(reached).to_be_focused()
        # Down to what is there at this time, and back up to it.
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("link", name="Book Chair 2, free from")).to_have_count(2)
        expect(page.get_by_role("link", name="Book Chair 2, free from").first).to_be_focused()
        page.keyboard.press("ArrowRight")
        expect(omar).to_be_focused()
        page.keyboard.press("ArrowUp")
        expect(after).to_be_focused()

        # What opens from there closes onto it, though the board was brought anew meanwhile.
        page.keyboard.press("Enter")
        expect(dialog(page).get_by_role("combobox")).to_be_focused()
        page.evaluate(
            "htmx.ajax('GET', location.href, {target: '#board', select: '#board', swap: 'outerHTML'})"
        )
        page.keyboard.press("Escape")
        expect(after).to_be_focused()


def test_a_recovery_is_made_longer_by_its_end(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage, visit, _ = two_visits()
        page = windows.sign_in(stage.house.ana)
        page.goto("/day/")

        x, y = take(page, block_of(page, visit), by_its_end=True)
        page.mouse.move(x + columns(page, 6), y, steps=6)
        expect(verdict(page)).to_contain_text("Free until")
        picture(page, "board-resizing")
        page.mouse.up()
        dialog(page).get_by_role("button", name="Keep the chair").click()

        expect(page.get_by_text("The chair and its nurse are kept until")).to_be_visible()
        assert Appointment.objects.get(pk=visit.pk).extra_recovery_minutes == 30


def test_of_two_desks_the_first_move_stands_and_the_second_is_told(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage, visit, _ = two_visits()
        first, second = windows.sign_in(stage.house.ana), windows.sign_in(stage.house.ana)
        for page in (first, second):
            page.goto("/day/")
        move_by(second, visit, 12)
        expect(dialog(second)).to_contain_text("instead of Mon, Jan 11, 09:00")

        move_by(first, visit, 24)
        dialog(first).get_by_role("button", name="Move the visit").click()
        expect(first.get_by_text("The visit is moved.")).to_be_visible()
        dialog(second).get_by_role("button", name="Move the visit").click()

        expect(second.get_by_text("Somebody else has moved this visit meanwhile")).to_be_visible()
        assert start_of(visit) == "11:00"
        expect(block_of(second, visit)).to_contain_text("11:00")


def move_by(page: Page, visit: Appointment, steps: int) -> None:
    x, y = take(page, block_of(page, visit))
    page.mouse.move(x + columns(page, steps), y, steps=6)
    expect(verdict(page)).to_contain_text("Free:")
    page.mouse.up()


def two_visits() -> tuple[Stage, Appointment, Appointment]:
    """Rosa at 9:00 in Chair 1, Omar at 12:00 in Chair 2; two nurses."""
    stage = set_stage(make_house(), nurses=2)
    rosa = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    omar = stage.book(stage.plan(stage.house.omar), "12:00", chair=stage.chairs[1])
    return stage, rosa, omar
