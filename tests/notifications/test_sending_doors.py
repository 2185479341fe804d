"""The manager's switch and the desk's word on a lost answer, by the API and by their pages."""

from typing import Any

import pytest

from notifications.channels import opening
from notifications.channels.envelope import AnswerLost, Envelope, NotFound
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery, sending_state
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


@pytest.mark.parametrize("sent", [{}, {"arrived": "maybe"}])
def test_what_says_neither_yes_nor_no_sends_the_patient_nothing_again(
    house: House, unknown: Message, sent: dict[str, str]
) -> None:
    page = browser_of(house.ana).post(f"/messages/{unknown.pk}/settle/", sent)
    assert page.status_code == 400
    assert "Say whether it arrived." in page.content.decode()
    unknown.refresh_from_db()
    assert unknown.status == "unknown"


def test_a_manager_pauses_and_resumes_their_own_clinic_over_the_api(house: House) -> None:
    client = client_of(house.max)
    own = {"clinic": str(house.clinic.pk)}
    told = client.post(f"{API}/sending/pause/", {**own, "why": "We move."}).json()
    assert [row["paused_why"] for row in told["clinics"]] == ["We move."]
    assert [(row["way"], row["paused_at"]) for row in told["ways"]] == [
        ("all", None),
        ("sms", None),
        ("email", None),
    ]
    client.post(f"{API}/sending/resume/", own)
    assert ClinicMessaging.objects.get().paused_at is None


@pytest.mark.parametrize("way", ["all", "sms", "email"])
@pytest.mark.parametrize("act", ["pause", "resume"])
def test_no_manager_speaks_for_the_whole_installation(
    house: House, other_house: House, way: str, act: str
) -> None:
    """Whose messages would wait? Every other clinic's as well."""
    sending_state.pause(by="Dana Reyes", name="sms", why="A new line is laid.", now=NOW)
    client, browser = client_of(house.max), browser_of(house.max)
    assert client.post(f"{API}/sending/{act}/", {"way": way, "why": "Mine."}).status_code == 400
    browser.post("/sending/" if act == "pause" else "/sending/resume/", {"way": way, "why": "Mine."})
    assert list(SendingState.objects.exclude(paused_at=None).values_list("name", flat=True)) == ["sms"]


@pytest.mark.parametrize("missing", ["clinic", "why"])
def test_what_is_missing_is_named(house: House, missing: str) -> None:
    body = {"clinic": str(house.clinic.pk), "why": "We move."}
    del body[missing]
    answer = client_of(house.max).post(f"{API}/sending/pause/", body)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == [missing]


def test_another_clinics_pause_is_not_there(house: House, other_house: House) -> None:
    body = {"clinic": str(house.clinic.pk), "why": "Not mine."}
    assert client_of(other_house.max).post(f"{API}/sending/pause/", body).status_code == 404


def test_a_manager_pauses_and_resumes_their_own_clinic_on_the_page(house: House) -> None:
    browser = browser_of(house.max)
    page = browser.post("/sending/", {"why": "A new line is laid."}, follow=True)
    assert "A new line is laid." in page.content.decode()
    assert "by Max Weber" in page.content.decode()
    page = browser.post("/sending/resume/", follow=True)
    assert "A new line is laid." not in page.content.decode()
    assert ClinicMessaging.objects.get().paused_at is None


def test_a_refused_pause_comes_back_with_what_is_missing(house: House) -> None:
    page = browser_of(house.max).post("/sending/", {"why": " "})
    assert page.status_code == 400
    assert not ClinicMessaging.objects.exclude(paused_at=None).exists()


def test_looking_writes_nothing(house: House) -> None:
    told = client_of(house.max).get(f"{API}/sending/").json()
    assert browser_of(house.max).get("/sending/").status_code == 200
    assert [way["way"] for way in told["ways"]] == ["all", "sms", "email"]
    assert not SendingState.objects.exists()


def test_the_page_says_who_paused_the_installation_and_why_and_has_no_button_for_it(house: House) -> None:
    sending_state.pause(by="Dana Reyes", name="email", why="The server moves.", now=NOW)
    delivery.drain(clock=lambda: NOW)
    SendingState.objects.filter(name="all").update(database="1:1:1:1")
    delivery.drain(clock=lambda: NOW)
    page = browser_of(house.max).get("/sending/").content.decode()
    assert "a restored backup?" in page
    assert "by Chairside itself" in page
    assert "by Dana Reyes" in page
    assert "The server moves." in page
    assert "resume_sending" in page
    assert "/sending/resume/" not in page
