"""A way out that is paused, broken or slow lets as much through as it may, however many drains there are."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.access import actor_of
from clinic.models import Channel, Patient, WorkItem
from clinic.problems import Forbidden, Invalid, Missing
from notifications.channels import opening
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery, sending, sending_state, turns
from notifications.escalating import paging
from notifications.models import ClinicMessaging, Form, InboxItem, Message, MessageStatus, SendingState
from notifications.planning.planner import plan
from tests.at_once import at_once
from tests.cast import NOW, House, make_patient
from tests.notifications.drains import drain
from tests.notifications.visits import book

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class WatchedChannel(InboxChannel):
    """The inbox; while it is down, every try fails for now."""

    def __init__(self) -> None:
        self.down: Exception | None = None
        self.tries = 0

    def send(self, envelope: Envelope) -> str:
        self.tries += 1
        if self.down:
            raise self.down
        return super().send(envelope)


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> WatchedChannel:
    watched = WatchedChannel()
    monkeypatch.setattr(opening, "open_channel", lambda form: watched)
    return watched


def due(house: House, count: int, **patient: Any) -> None:
    """So many patients' confirmations are due."""
    for number in range(count):
        book(house, make_patient(house.clinic, f"Given{number}", "Family", **patient))
    plan(now=NOW)


def statuses() -> Counter[str]:
    return Counter(Message.objects.values_list("status", flat=True))


def state(name: str) -> SendingState:
    return SendingState.objects.get(name=name)


def test_nothing_leaves_while_all_is_paused_and_everything_after(house: House) -> None:
    due(house, 3)
    sending_state.pause(by="Dana", name="all", why="The provider asks us to.", now=NOW)
    assert drain() == {}
    sending_state.resume(name="all")
    assert drain() == {"sent": 3}


def test_a_paused_form_waits_and_the_other_goes(house: House) -> None:
    due(house, 2, preferred_channel=Channel.SMS)
    book(house, house.omar)
    plan(now=NOW)
    sending_state.pause(by="Dana", name="sms", why="Our number is being moved.", now=NOW)
    assert drain() == {"planned": 2, "sent": 1}
    assert drain() == {}
    sending_state.resume(name="sms")
    assert drain(NOW + sending_state.HELD_FOR) == {"sent": 2}


def test_a_pause_in_the_middle_of_a_drain_holds_the_rest(
    house: House, channel: WatchedChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house, 3)
    monkeypatch.setattr(sending, "FIRST_BATCH", 1)
    monkeypatch.setattr(sending, "LARGEST_BATCH", 1)
    send = channel.send

    def pause(envelope: Envelope) -> str:
        sending_state.pause(by="Dana", name="all", why="Stop.", now=NOW)
        return send(envelope)

    monkeypatch.setattr(channel, "send", pause)
    assert drain() == {"sent": 1}


def test_a_paused_clinic_waits_but_for_pages_and_its_neighbour_does_not(
    house: House, other_house: House
) -> None:
    due(house, 1)
    book(other_house, other_house.rosa)
    plan(now=NOW)
    sending_state.pause_clinic(actor=house.actor(house.max), clinic=house.clinic, why="Moving.", now=NOW)
    assert drain() == {"sent": 1}
    assert InboxItem.objects.get().clinic == other_house.clinic
    sending_state.resume_clinic(actor=house.actor(house.max), clinic=house.clinic)
    assert drain() == {"sent": 1}


def test_the_first_pause_stands_and_says_who_and_why(house: House) -> None:
    for why in ("One reason.", "Another reason."):
        sending_state.pause(by="Dana", name="email", why=why, now=NOW)
    row = state("email")
    assert (row.paused_at, row.paused_by_name, row.paused_why) == (NOW, "Dana", "One reason.")


def test_a_clinics_pause_is_its_own_managers(house: House, other_house: House) -> None:
    for person, problem in ((house.ana, Forbidden), (other_house.max, Missing)):
        actor = actor_of(person)
        with pytest.raises(problem):
            sending_state.pause_clinic(actor=actor, clinic=house.clinic, why="Because.", now=NOW)
        with pytest.raises(problem):
            sending_state.resume_clinic(actor=actor, clinic=house.clinic)
    assert not ClinicMessaging.objects.exists()


def test_a_pause_that_nobody_of_the_clinic_made_is_lifted_by_who_runs_the_installation(house: House) -> None:
    """A synthetic clinic with a real provider: telephones would ring about people who are made up."""
    ClinicMessaging.objects.create(clinic=house.clinic, paused_at=NOW, paused_why="Everybody is made up.")
    with pytest.raises(Forbidden) as refused:
        sending_state.resume_clinic(actor=house.actor(house.max), clinic=house.clinic)
    assert refused.value.code == "not_the_clinics"
    # Nor by pausing it first: the pause that stands keeps whose it is.
    sending_state.pause_clinic(actor=house.actor(house.max), clinic=house.clinic, why="Mine.", now=NOW)
    with pytest.raises(Forbidden):
        sending_state.resume_clinic(actor=house.actor(house.max), clinic=house.clinic)

    with pytest.raises(CommandError, match=r"Say which clinic with --clinic\. There are: Lakeside"):
        call_command("resume_sending", clinic="Nowhere")
    call_command("resume_sending", clinic=house.clinic.name)

    assert ClinicMessaging.objects.get().paused_at is None


@pytest.mark.parametrize(
    ("asked", "mend"),
    [
        ({"by": " "}, "by: Say who pauses"),
        ({"by": "D" * 81}, "by: Say it in at most 80 characters"),
        ({"why": " "}, "in a few words why"),
        ({"name": "fax"}, "Choose one of all, sms, email"),
    ],
)
def test_a_pause_says_who_why_and_what(db: None, asked: dict[str, str], mend: str) -> None:
    whole = {"by": "Dana", "name": "all", "why": "Because.", **asked}
    with pytest.raises(Invalid, match=mend):
        sending_state.pause(**whole, now=NOW)
    assert not SendingState.objects.exists()


def test_whoever_runs_the_installation_pauses_and_resumes_all_of_it(house: House) -> None:
    due(house, 2)
    told = StringIO()
    call_command("pause_sending", by="Dana Reyes", why="A backup was put back.", stdout=told)
    assert drain() == {}
    assert (state("all").paused_by_name, state("all").paused_why) == ("Dana Reyes", "A backup was put back.")
    call_command("resume_sending", stdout=told)
    assert drain() == {"sent": 2}
    assert told.getvalue() == "Paused: all. A backup was put back.\nResumed: all.\n"
    with pytest.raises(CommandError, match="Say who pauses"):
        call_command("pause_sending", "sms", by="", why="Because.")


@pytest.mark.parametrize(
    "down", [DeliveryError("No connection", permanent=False), AnswerLost("ReadTimeout")], ids=["down", "mute"]
)
def test_five_failures_in_a_row_close_a_form_and_spare_the_others_a_try(
    house: House, channel: WatchedChannel, down: Exception
) -> None:
    due(house, 12)
    channel.down = down
    drain()
    assert channel.tries == 5
    assert (state("email").failures, state("email").closed_until) == (5, NOW + MINUTE)
    drain(NOW + MINUTE - SECOND)
    assert channel.tries == 5


def test_one_probes_whether_the_provider_is_back_and_the_wait_doubles(
    house: House, channel: WatchedChannel
) -> None:
    due(house, 30)
    channel.down = DeliveryError("No connection", permanent=False)
    drain()
    now, waits = NOW, []
    for _ in range(6):
        closed_until = state("email").closed_until
        assert closed_until is not None
        now = closed_until
        tries = channel.tries
        drain(now)
        assert channel.tries == tries + 1
        again = state("email").closed_until
        assert again is not None
        waits.append((again - now) / MINUTE)
    assert waits == [2, 4, 8, 16, 16, 16]


def test_a_probe_that_arrives_opens_the_form_for_everybody(house: House, channel: WatchedChannel) -> None:
    due(house, 10)
    channel.down = DeliveryError("No connection", permanent=False)
    drain()
    channel.down = None
    drain(NOW + MINUTE)
    assert (channel.tries, state("email").failures, state("email").closed_until) == (6, 0, None)
    drain(NOW + 2 * MINUTE)
    assert statuses() == {"sent": 10}


def test_failures_that_are_not_in_a_row_close_nothing(
    house: House, channel: WatchedChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house, 12)
    send = channel.send

    def stumble(envelope: Envelope) -> str:
        channel.down = None if channel.tries % 4 == 3 else DeliveryError("Busy", permanent=False)
        return send(envelope)

    monkeypatch.setattr(channel, "send", stumble)
    assert drain() == {"planned": 9, "sent": 3}
    assert (channel.tries, state("email").closed_until) == (12, None)


def test_a_refusal_for_good_says_nothing_of_the_provider(house: House, channel: WatchedChannel) -> None:
    due(house, 7)
    channel.down = DeliveryError("SMTP 550", permanent=True)
    assert drain() == {"failed": 7}
    assert state("email").failures == 0


def test_the_rate_of_the_contract_is_kept(house: House, channel: WatchedChannel, settings: Any) -> None:
    settings.EMAIL_PER_SECOND = 2.0
    due(house, 7)
    now, left_at = NOW, []
    send = channel.send

    def watch(envelope: Envelope) -> str:
        left_at.append(now)
        return send(envelope)

    channel.send = watch  # type: ignore[method-assign]

    def sleep(seconds: float) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)

    delivery.drain(clock=lambda: now, sleep=sleep)
    assert len(left_at) == 7
    for first, third in zip(left_at, left_at[2:], strict=False):
        assert third - first >= timedelta(seconds=0.5)
    assert timedelta(seconds=2.5) <= left_at[-1] - NOW <= timedelta(seconds=4)


def test_a_slow_form_does_not_hold_up_the_other(house: House, settings: Any) -> None:
    settings.SMS_PER_SECOND = 1.0
    due(house, 3, preferred_channel=Channel.SMS)
    Patient.objects.filter(given_names="Given2").update(preferred_channel=Channel.EMAIL)
    now = NOW

    def sleep(_: float) -> None:
        nonlocal now
        now += HOUR  # enough for this drain

    delivery.drain(clock=lambda: now, sleep=sleep)
    assert Counter(InboxItem.objects.values_list("form", flat=True)) == {"sms": 1, "email": 1}


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_share_one_rate_and_one_probe(
    house: House, channel: WatchedChannel, settings: Any
) -> None:
    settings.EMAIL_PER_SECOND = 3.0
    due(house, 20)
    for outcome in at_once(*[lambda: delivery.drain(clock=lambda: NOW, sleep=_enough)] * 4):
        assert isinstance(outcome, Enough | Counter)
    assert channel.tries == 3
    settings.EMAIL_PER_SECOND = None
    SendingState.objects.filter(name="email").update(failures=5, closed_until=NOW)
    Message.objects.filter(status="planned").update(due_at=NOW)
    # One that succeeded would open the way for all that come after it.
    channel.down = DeliveryError("No connection", permanent=False)
    at_once(*[drain] * 4)
    assert channel.tries == 4


class Enough(Exception):
    pass


def _enough(_: float) -> None:
    raise Enough


def test_the_way_out_is_read_with_no_lock_while_all_is_well(
    house: House, django_assert_num_queries: Any
) -> None:
    sending_state.leave_for({Form.EMAIL: 1, Form.SMS: 2}, NOW)
    with django_assert_num_queries(1):
        sending_state.leave_for({Form.EMAIL: 1, Form.SMS: 2}, NOW)
    with django_assert_num_queries(1):
        sending_state.learn(Form.EMAIL, [False, False], probing=False, now=NOW)


# --- A backlog holds up neither the workers nor a page -------------------------------------------------


def paged(house: House, why: str) -> Message:
    task = WorkItem.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        cause=why,
        title="Call the patient now",
        urgency="red",
        role="nurse",
        due_at=NOW,
    )
    (message,) = paging.page(item=task, why=why, people=[house.nils], now=NOW)
    return message


@contextmanager
def waiting_elsewhere() -> Iterator[None]:
    """Another drain waits for the provider's rate."""
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [turns.WAITING])
        yield
    finally:
        other.close()


def test_a_drain_that_the_rate_holds_up_ends_before_the_next_one_is_rung_for(
    house: House, channel: WatchedChannel, settings: Any
) -> None:
    settings.EMAIL_PER_SECOND = 1.0
    due(house, 14)
    now = NOW

    def sleep(seconds: float) -> None:
        nonlocal now
        now += timedelta(seconds=seconds)

    delivery.drain(clock=lambda: now, sleep=sleep)
    assert 8 * SECOND < now - NOW < 10 * SECOND
    assert channel.tries >= 8
    now = NOW + 10 * SECOND
    delivery.drain(clock=lambda: now, sleep=sleep)
    assert statuses() == {"sent": 14}


def test_while_one_drain_waits_for_the_rate_another_ends(house: House, settings: Any) -> None:
    settings.EMAIL_PER_SECOND = 1.0
    due(house, 3)
    with waiting_elsewhere():
        assert delivery.drain(clock=lambda: NOW, sleep=_enough)[MessageStatus.SENT] == 1
    Message.objects.filter(status="planned").update(due_at=NOW)
    with pytest.raises(Enough):
        delivery.drain(clock=lambda: NOW, sleep=_enough)


def test_a_page_leaves_at_once_while_ordinary_messages_wait_for_the_rate(
    house: House, channel: WatchedChannel, settings: Any
) -> None:
    settings.EMAIL_PER_SECOND = 1.0
    due(house, 3)
    with pytest.raises(Enough):
        delivery.drain(clock=lambda: NOW, sleep=_enough)
    Message.objects.filter(status="planned").update(due_at=NOW)
    for why in ("a red task", "another one"):
        called = paged(house, why)
        assert delivery.drain(clock=lambda: NOW, sleep=_enough, urgent_only=True) == {"sent": 1}
        called.refresh_from_db()
        assert called.status == "sent"
    assert channel.tries == 3
    assert state("email").budget == -2  # the others make up for them
    with pytest.raises(Enough):
        delivery.drain(clock=lambda: NOW + SECOND, sleep=_enough)
    assert channel.tries == 3
