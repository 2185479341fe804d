"""The rules for texting patients (domain.md 6.4): each row of the table is a story here, under its name."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import uuid4

import pytest

from clinic import consents
from clinic.models import Channel, Consent, ConsentScope, Patient, WorkItem
from notifications.answering import check_ins
from notifications.delivering import addressing, delivery
from notifications.models import BlockedAddress, CheckIn, InboxItem, Message, QuietHours
from notifications.planning import reasons
from notifications.planning.planner import plan
from notifications.wording.gsm7 import segments
from tests.cast import NOW, TODAY, House, local
from tests.notifications.texts import agreed, alone_on_the_number, announce, answers, give_number, text
from tests.notifications.visits import VISIT, book, cancel, discharge, move
from tests.web.pages import browser_of, words

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def texting(house: House) -> None:
    """Rosa wants texts, and has no other way to be reached."""
    give_number(house.clinic)
    alone_on_the_number(house)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS, email="")
    house.rosa.refresh_from_db()


def said_by(now: datetime) -> list[tuple[str, str, str]]:
    """(stage, status, reason) of what was planned by then, drained now."""
    plan(now=now)
    delivery.drain(clock=lambda: now)
    return list(Message.objects.order_by("due_at", "stage").values_list("stage", "status", "reason"))


def consent(house: House) -> None:
    """Nothing without an express consent, which says who, when, how and in which words."""
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.SMS).delete()
    book(house, house.rosa)
    [(_, status, reason)] = said_by(NOW)
    assert (status, addressing.NO_SMS_CONSENT in reason) == ("skipped", True)
    signed = consents.record(
        actor=house.actor(house.ana),
        id=uuid4(),
        patient=house.rosa,
        scope=ConsentScope.SMS,
        form_version="2027-1",
        method="paper form",
        given_at=NOW,
        now=NOW,
    )
    told = (signed.patient, signed.recorded_by, signed.given_at, signed.method, signed.form_version)
    assert told == (house.rosa, house.ana, NOW, "paper form", "2027-1")
    Patient.objects.filter(pk=house.omar.pk).update(preferred_channel=Channel.SMS)
    book(house, house.omar)
    said_by(NOW)
    assert InboxItem.objects.get().patient == house.omar


def revoke(house: House) -> None:
    """By the words of the rule, and in any reasonable way."""
    for asked in (
        "stop",
        "quit",
        "end",
        "revoke",
        "opt out",
        "cancel",
        "unsubscribe",
        "no more texts please",
    ):
        text("START")
        assert agreed(house.rosa)
        text(asked)
        assert not agreed(house.rosa), asked


def deadline(house: House) -> None:
    """At once: what was due a moment later isn't sent."""
    book(house, house.rosa)
    plan(now=NOW)
    text("STOP")
    [(_, status, _)] = [row for row in said_by(NOW) if row[0] == "confirmation"]
    assert status == "skipped"
    assert BlockedAddress.objects.get().since == NOW


def confirmation(house: House) -> None:
    """One text, within five minutes, in one segment, that sells nothing."""
    for minute in range(3):
        text("STOP", now=NOW + minute * MINUTE)
    said_by(NOW + 3 * MINUTE)
    back = InboxItem.objects.get().body
    assert answers() == ["stopped"]
    assert Message.objects.get(stage="stopped").due_at == NOW
    assert segments(back) == 1
    assert "you are unsubscribed and will get no more texts" in back


def revoke_all(house: House) -> None:
    """One STOP ends every kind: of the visit, of the questions, of the staff."""
    visit = book(house, house.rosa)
    discharge(book(house, house.rosa, VISIT - 14 * DAY), VISIT - 14 * DAY + 9 * HOUR)
    announce(visit)
    text("STOP", now=VISIT - 13 * DAY)
    for days in (-13, -7, -3, -1):
        said_by(VISIT + days * DAY)
    went = InboxItem.objects.filter(patient=house.rosa)
    assert [item.body.partition(":")[2][:24] for item in went] == [" you are unsubscribed an"]


def platform_words(house: House) -> None:
    for word in (
        *("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"),
        *("ARRET", "OPT-OUT", "REMOVE", "TD"),
    ):
        text("UNSTOP")
        text(word)
        assert not agreed(house.rosa), word
    for word in ("START", "UNSTOP", "YES"):
        text(word)
        assert agreed(house.rosa), word
        text("STOP")
    for word in ("HELP", "INFO"):
        assert text(word).reading == "help"


def sentences(house: House) -> None:
    """The whole of what was said counts; where it is in doubt, a person asks."""
    text("Please don't stop texting me")
    assert agreed(house.rosa)
    text("Is there any way to get fewer texts? It's too many")
    assert agreed(house.rosa)
    assert WorkItem.objects.filter(closed_at=None).exists()
    text("please stop texting me")
    assert not agreed(house.rosa)


def quiet_hours(house: House) -> None:
    """Not before 8:00 or after 21:00 where the patient is, and as a stricter state says."""
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Denver", state="UT")
    QuietHours.objects.create(clinic=house.clinic, state="UT", day_begins=time(9), day_ends=time(20))
    book(house, house.rosa)
    for day, wall, went in [(TODAY, "8:59", 0), (TODAY, "20:00", 0), (TODAY + DAY, "9:00", 1)]:
        said_by(local(day, wall, "America/Denver"))
        assert InboxItem.objects.count() == went, wall


def exemption(house: House) -> None:
    """The sender named, one segment, how to opt out; one a day and three a week."""
    counts = []
    for day in range(4):
        for hour in range(2):
            book(house, house.rosa, VISIT + day * DAY + hour * 3 * HOUR)
            said_by(NOW + day * DAY + hour * HOUR)
        counts.append(InboxItem.objects.count())
    assert counts == [1, 2, 3, 3]
    for body in InboxItem.objects.values_list("body", flat=True):
        assert "Lakeside Clinic" in body
        assert "STOP" in body
        assert segments(body) == 1


def the_patients_day(house: House) -> None:
    """Of the night it moves to the morning, and is dropped where that is too late; DST days are 23 hours."""
    spring = date(2027, 3, 14)
    book(house, house.rosa, local(spring, "11:00"))
    night = local(spring - DAY, "23:30")
    plan(now=night)
    delivery.drain(clock=lambda: night)
    assert not InboxItem.objects.exists()
    waiting = Message.objects.filter(status="planned").values_list("due_at", flat=True)
    assert set(waiting) <= {local(spring, "8:00")}
    said_by(local(spring, "8:00"))
    assert InboxItem.objects.count() == 1
    early = local(spring, "7:00")
    Message.objects.update(status="planned", due_at=early, stale_at=early + HOUR / 2)
    delivery.drain(clock=lambda: early)
    assert reasons.TOO_LATE in Message.objects.values_list("reason", flat=True)


def staff_still_calls(house: House) -> None:
    """Who opted out is called about an alarming answer all the same."""
    discharge(book(house, house.rosa), VISIT + 9 * HOUR)
    plan(now=VISIT + DAY)
    text("STOP", now=VISIT + DAY)
    asked = CheckIn.objects.get()
    check_ins.answer(id=uuid4(), check_in=asked, question="safety", value="yes", now=VISIT + DAY)
    task = WorkItem.objects.get(urgency="red")
    page = words(browser_of(house.nils).get(f"/tasks/{task.pk}/"))
    assert "Call the patient now" in page
    assert "(312) 555-0142" in page


def once_each(house: House) -> None:
    """One key for a visit, a rule and a moment; a move takes the old one back, a cancelled visit has none."""
    visit = book(house, house.rosa)
    for _ in range(2):
        said_by(NOW)
    assert Message.objects.count() == InboxItem.objects.count() == 1
    plan(now=VISIT - 3 * DAY)
    move(visit, VISIT + DAY)
    stages = {stage: (status, why) for stage, status, why in said_by(VISIT - 3 * DAY)}
    assert stages["T-3d"] == ("skipped", reasons.VISIT_MOVED)
    cancel(visit)
    before = InboxItem.objects.count()
    said_by(VISIT)
    later = InboxItem.objects.order_by("created_at")[before:]
    assert all("cancelled" in item.body for item in later)


TABLE: Final[dict[str, Callable[[House], None]]] = {
    "consent": consent,
    "revoke": revoke,
    "deadline": deadline,
    "confirmation": confirmation,
    "revoke-all": revoke_all,
    "platform words": platform_words,
    "sentences": sentences,
    "quiet hours": quiet_hours,
    "health-care exemption": exemption,
    "time zone, daylight saving, the night": the_patients_day,
    "staff must still reach an opted-out patient": staff_still_calls,
    "idempotent, rescheduled, cancelled": once_each,
}


@pytest.mark.parametrize("row", TABLE)
def test_every_row_of_the_rules_for_texting(house: House, row: str) -> None:
    TABLE[row](house)
