"""Times that leave none to fast, on the pages: never marked beforehand, said in words, taken with a tick."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from notifications.models import Message
from notifications.planning.planner import plan as plan_messages
from notifications.tokens import token_for
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan, WaitlistOffer
from scheduler.visits import booking
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join
from tests.web.pages import browser_of, words

TO_ASK = "Only if they have eaten nothing since 03:30 and drunk nothing since 07:30: ask"


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house, fasting=True)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def send(page: Any, number: int, **also: str) -> dict[str, str]:
    form = {"id": str(page.context["form"]["id"].value()), "do": "book"}
    return {**form, "offer": page.context["offers"][number].value, **also}


def test_the_marked_time_leaves_the_time_to_fast(stage: Stage, plan: TreatmentPlan) -> None:
    page = browser_of(stage.house.ana).get(reverse("book_best", args=[plan.pk]))
    marked = re.search(r'value="([^"]+)" checked', page.content.decode())
    assert marked is not None
    assert not marked[1].startswith(TODAY.isoformat())
    assert "I have asked" in words(page)


def test_a_time_clicked_on_the_board_is_marked_by_hand(stage: Stage, plan: TreatmentPlan) -> None:
    ana, address = browser_of(stage.house.ana), reverse("book_best", args=[plan.pk])
    page = ana.get(address, {"start": stage.at("9:30").isoformat()})
    assert TO_ASK in words(page)
    assert re.search(r'name="offer"[^>]* checked', page.content.decode()) is None
    refused = ana.post(address, send(page, 0))
    assert refused.status_code == 409
    assert "eaten nothing since 03:30" in words(refused)
    assert not Appointment.objects.exists()
    ana.post(address, send(page, 0, fasted="on"))
    assert Appointment.objects.get().fasting_asked_at == NOW


def test_the_confirming_page_asks_too(stage: Stage, plan: TreatmentPlan) -> None:
    ana, address = browser_of(stage.house.ana), reverse("book_confirm", args=[plan.pk])
    asked = {"start": stage.at("9:30").isoformat()}
    assert "Too soon to begin to fast." in words(ana.get(address, asked))
    refused = ana.post(address, {"id": new_id(), **asked})
    assert refused.status_code == 409
    assert "Ask them, and say that you have asked." in words(refused)
    booked = ana.post(address, {"id": new_id(), "fasted": "on", **asked}, follow=True)
    assert "The patient was asked on" in words(booked)


def test_a_visit_brought_forward_is_asked_about(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "13:00", fasted=True)
    ana, address = browser_of(stage.house.ana), reverse("visit_move", args=[visit.pk])
    later = {"start": stage.at("13:30").isoformat()}
    assert "Too soon" not in words(ana.get(address, later))
    sooner = {"start": stage.at("9:30").isoformat()}
    assert TO_ASK in words(ana.get(address, sooner))
    assert ana.post(address, sooner).status_code == 409
    ana.post(address, {**sooner, "fasted": "on"})
    visit.refresh_from_db()
    assert (visit.starts_at, visit.fasting_asked_at) == (stage.at("9:30"), NOW)


def test_a_hold_is_booked_with_the_tick(stage: Stage, plan: TreatmentPlan) -> None:
    held = booking.hold(
        actor=stage.house.actor(stage.house.ana), id=new_id(), plan=plan, start=stage.at("9:30"), now=NOW
    )
    ana, address = browser_of(stage.house.ana), reverse("visit_book_held", args=[held.pk])
    assert "Too soon to begin to fast." in words(ana.get(reverse("visit", args=[held.pk])))
    assert ana.post(address).status_code == 409
    ana.post(address, {"fasted": "on"})
    held.refresh_from_db()
    assert held.status == AppointmentStatus.BOOKED


def test_the_patient_is_told_since_when_and_says_so_before_they_take_it(
    stage: Stage, plan: TreatmentPlan
) -> None:
    offer = hold_for(stage, join(stage, plan), "11:00", TODAY)
    plan_messages(now=NOW)
    token = token_for(Message.objects.get(kind="offer").link.pk)
    phone = Client()
    phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
    page = phone.get(f"/m/{token}")
    assert "You must have eaten nothing since 5:00 AM" in words(page)
    start = re.search(r'name="start" value="([^"]+)"', page.content.decode())
    assert start is not None
    unsaid = phone.post(f"/m/{token}/accept", {"start": start[1]})
    assert unsaid.status_code == 400
    assert "Tick the box if that is so." in words(unsaid)
    assert WaitlistOffer.objects.get(pk=offer.pk).status == "open"
    phone.post(f"/m/{token}/accept", {"start": start[1], "fasted": "on"})
    assert Appointment.objects.get(pk=offer.appointment_id).fasting_asked_at == NOW
