"""The desk learns of a time on the waitlist of which no message could tell the patient."""

from datetime import datetime, time, timedelta

import pytest

from clinic.models import Channel, Patient, Role, WorkItem
from notifications.delivering import delivery, untold_offers
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import planner, rule_settings
from scheduler.models import WaitlistOffer
from scheduler.waitlist import waitlist
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


@pytest.fixture
def offer(stage: Stage) -> WaitlistOffer:
    """Rosa is offered today 13:00, until 11:00."""
    return hold_for(stage, join(stage, stage.plan()), "13:00")


def unreachable(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.NONE)


def quiet_until_noon(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(state="IL")
    rule_settings.set_quiet_hours(
        actor=house.actor(house.max), clinic=house.clinic, state="IL", day_begins=time(12), day_ends=time(20)
    )


def told(now: datetime = NOW) -> None:
    planner.plan(now=now)
    delivery.drain(clock=lambda: now)
    untold_offers.look(now=now)


def test_an_offer_that_went_out_is_no_task(offer: WaitlistOffer) -> None:
    told()
    assert Message.objects.get(kind=MessageKind.OFFER).status == MessageStatus.SENT
    assert not WorkItem.objects.exists()


def test_who_has_no_channel_is_called_while_the_time_is_held(stage: Stage, offer: WaitlistOffer) -> None:
    unreachable(stage.house)
    told()
    told(NOW + MINUTE)
    task = WorkItem.objects.get()
    assert (task.role, task.patient, task.due_at) == (Role.FRONT_DESK, stage.house.rosa, offer.expires_at)


def test_quiet_hours_that_outlast_the_offer_are_a_task(stage: Stage, offer: WaitlistOffer) -> None:
    """The clinic writes to nobody before noon; the offer holds until eleven."""
    quiet_until_noon(stage.house)
    told()
    assert Message.objects.get(kind=MessageKind.OFFER).status == MessageStatus.SKIPPED
    assert WorkItem.objects.count() == 1


def test_a_clinic_that_sends_no_offers_calls(stage: Stage, offer: WaitlistOffer) -> None:
    max_ = stage.house.actor(stage.house.max)
    rule_settings.change_rule(
        actor=max_, clinic=stage.house.clinic, stage="offer", changes={"enabled": False}
    )
    told()
    assert not Message.objects.filter(kind=MessageKind.OFFER).exists()
    assert WorkItem.objects.count() == 1


def test_the_answer_closes_the_task(stage: Stage, offer: WaitlistOffer) -> None:
    unreachable(stage.house)
    told()
    waitlist.accept(actor=stage.house.actor(stage.house.ana), offer=offer, now=NOW)
    untold_offers.look(now=NOW + MINUTE)
    assert WorkItem.objects.get().outcome == "The patient has taken the time."


def test_an_offer_that_ran_out_while_sending_was_paused_is_a_task(stage: Stage, offer: WaitlistOffer) -> None:
    """Its message is planned, and nothing is sent before the time to answer is over."""
    planner.plan(now=NOW)
    untold_offers.look(now=NOW)
    assert not WorkItem.objects.exists()
    waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at)
    for _ in range(2):
        untold_offers.look(now=offer.expires_at)
    assert WorkItem.objects.get().due_at == stage.at("0:00", TODAY + timedelta(days=1))


def test_an_offer_that_was_told_and_ran_out_is_no_task(stage: Stage, offer: WaitlistOffer) -> None:
    told()
    waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at)
    told(offer.expires_at)
    assert not WorkItem.objects.exists()


def test_an_offer_that_ran_out_untold_leaves_the_task(stage: Stage, offer: WaitlistOffer) -> None:
    unreachable(stage.house)
    told()
    waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at)
    untold_offers.look(now=offer.expires_at)
    assert WorkItem.objects.get().closed_at is None
