"""Every page of the synthetic clinic's running day, as each role sees it: whole at desk, tablet and phone
width, clean under the content security policy, and without a violation that axe finds.

With SCREENS=1 the pictures are kept (see conftest.picture).
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import DEFAULT_OPTIONS, Axe
from playwright.sync_api import Page

from clinic.models import Role, User
from notifications.models import CheckIn, LinkPurpose, Message, PatientLink
from notifications.tokens import token_for
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Session, SessionState
from tests.browser.conftest import DESK, PHONE, TABLET, Windows, picture
from tests.cast import PASSWORD, House
from web.demo import story

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MIDDAY = datetime(2027, 1, 16, 18, 2, tzinfo=UTC)
AXE = Axe()
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
# The places, and whose sign-in it is, that stand on one another, out of the window, or cut short.
CROWDED = """() => {
  const signs = ".places > ul > li > a, .places > ul > li > details > summary, .whoami > summary";
  const seen = [...document.querySelectorAll(signs)].filter((each) => each.checkVisibility());
  const boxes = seen.map((each) => each.getBoundingClientRect());
  const apart = (a, b) => a.right < b.left + 1 || a.bottom < b.top + 1;
  const meet = (a, b) => !apart(a, b) && !apart(b, a);
  const cut = (each) => [...each.querySelectorAll("span:not(.count, .count *, .whoami *)")]
    .some((word) => word.scrollWidth > word.clientWidth + 1 && getComputedStyle(word).overflowX === "hidden");
  const crowded = (each, place) =>
    boxes[place].right > innerWidth + 1 || cut(each)
    || boxes.some((box, other) => other > place && meet(box, boxes[place]));
  return seen.filter(crowded).map((each) => each.innerText);
}"""

# Where the bar has one place more than anywhere else: the Inbox.
IN_THE_DEMO = "demo"
# As a stylesheet that folds nothing would leave them.
UNFOLD = """() => {
  for (const each of document.querySelectorAll(".places > ul > [class^='folds-']"))
    each.style.display = "list-item";
}"""


def pages_of_staff() -> dict[Role, dict[str, str]]:
    """The addresses worth looking at, by a name for the picture, for each role."""
    booked = Appointment.objects.filter(status=AppointmentStatus.BOOKED).latest("during")
    running = Session.objects.filter(state=SessionState.INFUSING).latest("started_at")
    signed = Session.objects.filter(state=SessionState.SIGNED).latest("arrived_at")
    answered = CheckIn.objects.exclude(level="").latest("completed_at")
    message = Message.objects.filter(status="sent", kind="confirmation").latest("sent_at")
    return {
        Role.FRONT_DESK: {
            "day": "/day/",
            "times": f"/plans/{booked.plan_id}/book/",
            "visit": f"/visits/{booked.pk}/",
            "patients": "/patients/",
            "new-patient": "/patients/new/",
            "messages": "/messages/",
            "message": f"/messages/{message.pk}/",
            "send-again": f"/messages/{message.pk}/again/",
            "visit-messages": f"/visits/{booked.pk}/messages/",
            "thread": f"/threads/{message.patient_id}/",
            "inbox": "/inbox/",
        },
        Role.NURSE: {
            "nurse-station": "/nurse/",
            "session": f"/sessions/{running.pk}/",
            "tasks": "/tasks/",
            "check-in-answers": f"/check-ins/{answered.pk}/",
        },
        Role.PRESCRIBER: {
            "chart": f"/patients/{running.patient_id}/",
            "plan": f"/plans/{running.appointment.plan_id}/",
            "new-plan": f"/patients/{running.patient_id}/plans/new/",
            "signed-record": f"/sessions/{signed.pk}/record/",
            "own-account": "/accounts/2fa/",
        },
        Role.MANAGER: {
            "who-looked": f"/patients/{running.patient_id}/access-log/",
            "reports": "/reports/",
            "level-day": "/reports/level/",
            "calendar-feeds": "/calendar-feeds/",
            "api-docs": "/api/docs/",
        },
    }


def look_at(page: Page, name: str) -> list[str]:
    """What is wrong with the page that is open."""
    wrong = []
    if page.evaluate("document.documentElement.scrollWidth > window.innerWidth + 1"):
        wrong.append("it scrolls sideways")
    if crowded := page.evaluate(CROWDED):
        wrong.append(f"the frame has no room for {crowded}")
    if name != "api-docs":  # Swagger UI's own markup is not ours to mend
        found: dict[str, Any] = run_axe(page)
        wrong += [
            f"{violation['id']}: {violation['nodes'][0]['html'][:140]}" for violation in found["violations"]
        ]
    return wrong


def run_axe(page: Page) -> dict[str, Any]:
    """What `Axe.run` finds; each page gets the half megabyte of axe once, not at each of its widths."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.axe_script)
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", DEFAULT_OPTIONS)
    return found


def each_size(page: Page, name: str, look: Callable[[Page, str], list[str]] = look_at) -> list[str]:
    """The open page at three widths in the light, and at a desk in the dark."""
    wrong = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        wrong += [f"{name} at {size}: {fault}" for fault in look(page, name)]
        picture(page, f"{name}-{size}")
    page.set_viewport_size({"width": DESK[0], "height": DESK[1]})
    page.emulate_media(color_scheme="dark")
    wrong += [f"{name} in the dark: {fault}" for fault in look(page, name)]
    picture(page, f"{name}-dark")
    page.emulate_media(color_scheme="light")
    return wrong


def test_every_page_is_whole_at_every_width(windows: Windows, settings: Any) -> None:
    settings.MODE = IN_THE_DEMO
    with time_machine.travel(MIDDAY):
        story.create(now=MIDDAY, say=lambda line: None)
        wrong = []
        for role, pages in pages_of_staff().items():
            person = User.objects.filter(memberships__role=role).exclude(password__startswith="!").first()
            assert person is not None
            person.set_password(PASSWORD)
            person.save(update_fields=["password"])
            page = windows.sign_in(person)
            for name, address in pages.items():
                answer = page.goto(address)
                assert answer is not None
                assert answer.status == 200, f"{name}: {answer.status}"
                wrong += each_size(page, name)
        wrong += look_at_patients_pages(windows)
        assert not wrong, "\n".join(wrong)


def test_a_bar_that_keeps_nothing_behind_more_is_seen_to_be_crowded(
    windows: Windows, house: House, settings: Any
) -> None:
    """The prescriber's is the fullest: what stands in it though there is no room is found by `CROWDED`."""
    settings.MODE = IN_THE_DEMO
    page = windows.sign_in(house.priya)
    for size, out in (("tablet", "Inbox"), ("phone", "Messages")):
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/tasks/")
        assert page.evaluate(CROWDED) == []
        page.evaluate(UNFOLD)
        assert out in page.evaluate(CROWDED)


def look_at_patients_pages(windows: Windows) -> list[str]:
    """Sign-in, and what a patient's link shows before and after the birth year."""
    page = windows.open(PHONE)
    page.goto("/accounts/login/")
    wrong = each_size(page, "sign-in")
    for purpose, name in ((LinkPurpose.VISIT, "link-visit"), (LinkPurpose.CHECK_IN, "link-check-in")):
        waiting = PatientLink.objects.filter(purpose=purpose, expires_at__gt=MIDDAY)
        link = waiting.filter(message__status="sent").select_related("patient").latest("expires_at")
        page = windows.open(PHONE)
        page.goto(f"/m/{token_for(link.pk)}")
        wrong += each_size(page, f"{name}-locked")
        page.get_by_label("year").fill(str(link.patient.birth_date.year))
        page.get_by_role("button", name="Continue").click()
        page.wait_for_load_state()
        wrong += each_size(page, name)
    return wrong
