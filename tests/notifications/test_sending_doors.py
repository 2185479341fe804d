"""The manager's switch and the desk's word on a lost answer, by the API and by their pages."""

from typing import Any

import pytest

from notifications.channels import opening
from notifications.channels.envelope import AnswerLost, Envelope, NotFound
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery
from notifications.models import ClinicMessaging, Message, SendingState
from notifications.planning.planner import plan
from tests.cast import NOW, House, client_of
from tests.notifications.visits import book
from tests.web.pages import browser_of

API = "/api/v1"


class MuteChannel(InboxChannel):
    """Never answers, and can't be asked."""

    def send(self, envelope: Envelope) -> str:
        raise AnswerLost("ReadTimeout")

    def lookup(self, envelope: Envelope, **_: Any) -> NotFound:
        return NotFound.CANNOT_TELL


@pytest.fixture(autouse=True)
def _stopped_clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def unknown(house: House, monkeypatch: pytest.MonkeyPatch) -> Message:
    book(house, house.rosa)
    plan(now=NOW)
    with monkeypatch.context() as patch:
        patch.setattr(opening, "open_channel", lambda form: MuteChannel())
        delivery.drain(clock=lambda: NOW)
    return Message.objects.get(status="unknown")


@pytest.mark.parametrize(("arrived", "status"), [(True, "sent"), (False, "planned")])
def test_the_desk_settles_a_message_over_the_api(
    house: House, unknown: Message, arrived: bool, status: str
) -> None:
    client = client_of(house.ana)
    answer = client.post(f"{API}/messages/{unknown.pk}/settle/", {"arrived": arrived})
    assert (answer.status_code, answer.json()["status"]) == (200, status)


@pytest.mark.parametrize(("arrived", "status"), [("yes", "sent"), ("no", "planned")])
def test_the_desk_settles_a_message_on_its_page(
    house: House, unknown: Message, arrived: str, status: str
) -> None:
    browser = browser_of(house.ana)
    assert "Did it arrive?" in browser.get(f"/messages/{unknown.pk}/").content.decode()
    page = browser.post(f"/messages/{unknown.pk}/settle/", {"arrived": arrived}, follow=True)
    assert "Did it arrive?" not in page.content.decode()
    unknown.refresh_from_db()
    assert unknown.status == status


def test_the_manager_pauses_and_resumes_over_the_api(house: House) -> None:
    client = client_of(house.max)
    for way in ("all", "sms", "email"):
        told = client.post(f"{API}/sending/pause/", {"way": way, "why": "A test of the line."}).json()
        assert {row["way"]: row["paused_why"] for row in told["ways"]}[way] == "A test of the line."
        told = client.post(f"{API}/sending/resume/", {"way": way}).json()
        assert {row["way"]: row["paused_at"] for row in told["ways"]}[way] is None
    own = {"way": "clinic", "clinic": str(house.clinic.pk)}
    told = client.post(f"{API}/sending/pause/", {**own, "why": "We move."}).json()
    assert [row["paused_why"] for row in told["clinics"]] == ["We move."]
    client.post(f"{API}/sending/resume/", own)
    assert ClinicMessaging.objects.get().paused_at is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"way": "fax", "why": "Why."}, "way"),
        ({"way": "all"}, "why"),
        ({"way": "all", "why": " "}, "why"),
        ({"way": "clinic", "why": "Why."}, "clinic"),
    ],
)
def test_what_is_missing_is_named(house: House, body: dict[str, str], field: str) -> None:
    answer = client_of(house.max).post(f"{API}/sending/pause/", body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_clinic_stands_with_no_other_way(house: House) -> None:
    body = {"way": "all", "why": "Why.", "clinic": str(house.clinic.pk)}
    assert client_of(house.max).post(f"{API}/sending/pause/", body).status_code == 400
    assert not SendingState.objects.exclude(paused_at=None).exists()


def test_the_manager_pauses_and_resumes_on_the_page(house: House) -> None:
    browser = browser_of(house.max)
    for way in ("all", "sms", "email", "clinic"):
        page = browser.post("/sending/", {"way": way, "why": "A new line is laid."}, follow=True)
        assert "A new line is laid." in page.content.decode()
        page = browser.post("/sending/resume/", {"way": way}, follow=True)
        assert "A new line is laid." not in page.content.decode()


def test_a_refused_pause_comes_back_as_it_was_filled(house: House) -> None:
    page = browser_of(house.max).post("/sending/", {"way": "", "why": "A new line is laid."})
    assert page.status_code == 400
    assert "A new line is laid." in page.content.decode()
    assert "Choose what to pause." in page.content.decode()


def test_a_restored_backup_is_named_on_the_page_and_resumed_there(house: House) -> None:
    delivery.drain(clock=lambda: NOW)
    SendingState.objects.update(database="1:1:1")
    delivery.drain(clock=lambda: NOW)
    browser = browser_of(house.max)
    assert "a restored backup?" in browser.get("/sending/").content.decode()
    browser.post("/sending/resume/", {"way": "all"})

    delivery.drain(clock=lambda: NOW)
    assert SendingState.objects.get(name="all").paused_at is None
