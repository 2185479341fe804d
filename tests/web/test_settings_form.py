"""Two managers have one page of settings open: the second one's save undoes nothing of the first's unseen."""

import json
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import Clinic, Role, User
from notifications.models import ClinicMessaging, MessageRule
from notifications.planning import rule_settings
from scheduler.models import ResourceKind
from tests.cast import NOW, TODAY, House, make_user
from tests.clinic.staff import invited, member
from tests.scheduler.referred import referral
from tests.scheduler.stage import make_resource
from tests.web.pages import browser_of, words
from web.settings_form import UNSEEN


@pytest.fixture
def max_(house: House) -> Client:
    return browser_of(house.max)


@pytest.fixture
def olga(house: House) -> Client:
    return browser_of(make_user(house.clinic, "Olga Petrova", Role.MANAGER))


def shown(answer: Any, name: str = "form") -> dict[str, Any]:
    """The form's boxes as a browser would send them back."""
    form = answer.context[name]
    values = {field.name: field.value() for field in form}
    return {name: "" if value is None else value for name, value in values.items() if value is not False}


PAGES = [
    ("setup_clinic", "address", "1 Pier", "phone", "+13125550177"),
    ("booking_settings", "hold_minutes", "25", "offer_minutes", "90"),
    ("message_settings", "most_a_week", "6", "moves_itself_hours", "36"),
]


def standing(house: House, name: str) -> str:
    clinic = Clinic.objects.get(pk=house.clinic.pk)
    row = clinic if hasattr(clinic, name) else ClinicMessaging.objects.get(clinic=clinic)
    return str(getattr(row, name))


@pytest.mark.parametrize(("page", "box", "value", "other_box", "other_value"), PAGES)
def test_the_second_manager_is_told_and_saves_knowingly(
    house: House,
    max_: Client,
    olga: Client,
    page: str,
    box: str,
    value: str,
    other_box: str,
    other_value: str,
) -> None:
    path = reverse(page)
    if page == "setup_clinic":
        Clinic.objects.filter(pk=house.clinic.pk).update(address="5 Quay", phone="+13125550100")
    ours, theirs = shown(max_.get(path)), shown(olga.get(path))
    assert olga.post(path, {**theirs, box: value}).status_code == 302

    stale = max_.post(path, {**ours, other_box: other_value})

    assert stale.status_code == 412
    label = stale.context["form"].fields[box].label
    assert f"{label} is now “{value}” (Olga Petrova)." in unescape(words(stale))
    assert standing(house, other_box) != other_value
    again = shown(stale)
    assert (str(again[box]), str(again[other_box])) == (value, other_value)
    assert max_.post(path, again).status_code == 302
    assert (standing(house, box), standing(house, other_box)) == (value, other_value)


def test_what_both_typed_stays_typed_and_the_second_press_puts_it_in_place(
    house: House, max_: Client, olga: Client
) -> None:
    path = reverse("booking_settings")
    ours, theirs = shown(max_.get(path)), shown(olga.get(path))
    olga.post(path, {**theirs, "hold_minutes": "25"})

    stale = max_.post(path, {**ours, "hold_minutes": "40"})

    assert (stale.status_code, shown(stale)["hold_minutes"]) == (412, "40")
    assert standing(house, "hold_minutes") == "25"
    max_.post(path, shown(stale))
    assert standing(house, "hold_minutes") == "40"


def test_two_who_want_the_same_are_not_in_each_others_way(house: House, max_: Client, olga: Client) -> None:
    path = reverse("booking_settings")
    ours, theirs = shown(max_.get(path)), shown(olga.get(path))
    olga.post(path, {**theirs, "hold_minutes": "25"})
    assert max_.post(path, {**ours, "hold_minutes": "25"}).status_code == 302


def test_a_chair_that_was_taken_out_of_use_is_not_put_back_by_a_page_that_was_open(
    house: House, max_: Client, olga: Client
) -> None:
    chair = make_resource(house, ResourceKind.CHAIR, "Window", 1)
    path = reverse("resource", args=[chair.pk])
    ours, theirs = shown(max_.get(path)), shown(olga.get(path))
    del theirs["active"]
    olga.post(path, theirs)

    stale = max_.post(path, {**ours, "features": "recliner"})

    assert stale.status_code == 412
    assert "In use is now not ticked (Olga Petrova)." in words(stale)
    max_.post(path, shown(stale))
    chair.refresh_from_db()
    assert (chair.active, chair.features) == (False, ["recliner"])


def test_a_messages_rule_tells_its_ways_and_its_hour_in_words(
    house: House, max_: Client, olga: Client
) -> None:
    path = reverse("message_rule", args=["T-3d"])
    ours, theirs = shown(max_.get(path)), shown(olga.get(path))
    assert olga.post(path, {**theirs, "days": "4", "at": "10:30", "forms": ["email"]}).status_code == 302

    stale = max_.post(path, {**ours, "days": "5"})

    assert stale.status_code == 412
    assert "At is now 10:30 (Olga Petrova)." in unescape(words(stale))
    again = shown(stale)
    assert (str(again["days"]), str(again["at"])[:5], again["forms"]) == ("5", "10:30", ["email"])
    assert max_.post(path, again).status_code == 302
    assert MessageRule.objects.get(stage="T-3d").forms == ["email"]


def test_whoever_put_a_message_back_to_the_default_meanwhile_is_named(
    house: House, max_: Client, olga: Client
) -> None:
    path = reverse("message_rule", args=["T-3d"])
    max_.post(path, {**shown(max_.get(path)), "days": "5"})
    ours = shown(max_.get(path))
    rule_settings.reset_rule(
        actor=house.actor(User.objects.get(full_name="Olga Petrova")), clinic=house.clinic, stage="T-3d"
    )

    stale = max_.post(path, {**ours, "at": "10:30"})

    assert stale.status_code == 412
    assert " is now “3” (Olga Petrova)." in unescape(words(stale))


@time_machine.travel(NOW, tick=False)
def test_a_day_and_a_choice_are_told_in_words(house: House) -> None:
    path = reverse("referral", args=[referral(house).pk])
    ana, max_ = browser_of(house.ana), browser_of(house.max)
    ours = shown(ana.get(path))
    theirs = {"authored_on": str(TODAY - timedelta(days=1)), "requester_kind": "neurologist"}
    assert max_.post(path, {**shown(max_.get(path)), **theirs}).status_code == 302

    stale = ana.post(path, {**ours, "authored_on": str(TODAY - timedelta(days=2)), "requester_kind": "other"})

    assert stale.status_code == 412
    said = unescape(words(stale))
    assert "Day of the referral or inquiry is now Jan 10, 2027 (Max Weber)." in said
    assert "Who refers is now “Neurologist” (Max Weber)." in said


@pytest.mark.parametrize("were", [None, "", "nonsense", "[]", "{}", '{"hold_minutes": 10}'])
def test_a_form_that_does_not_say_what_it_showed_saves_nothing(
    house: House, max_: Client, were: str | None
) -> None:
    path = reverse("booking_settings")
    ours = {name: value for name, value in shown(max_.get(path)).items() if name != "were"}

    sent = ours if were is None else {**ours, "were": were}
    refused = max_.post(path, {**sent, "hold_minutes": "25"})

    assert refused.status_code == 400
    assert f"{UNSEEN} A time is held for is now “10”. " in f"{words(refused)} "
    again = shown(refused)
    assert str(again["hold_minutes"]) == "25"
    assert standing(house, "hold_minutes") != "25"
    assert max_.post(path, again).status_code == 302


@pytest.mark.parametrize("shown_before", ["abc", {"a": 1}, [1], 1e999, None, "9" * 5000])
def test_a_form_that_made_up_what_it_showed_is_stale_and_no_fault(
    house: House, max_: Client, shown_before: Any
) -> None:
    Clinic.objects.filter(pk=house.clinic.pk).update(address="5 Quay")
    for page, box, value in (
        ("booking_settings", "hold_minutes", "25"),
        ("booking_settings", "holiday_calendar", "US-IL"),
        ("setup_clinic", "phone", "+13125550177"),
    ):
        ours = shown(max_.get(reverse(page)))
        were = json.loads(ours["were"]) | {box: shown_before}
        stale = max_.post(reverse(page), {**ours, box: value, "were": json.dumps(were)})
        assert (stale.status_code, shown(stale)[box]) == (412, value)


@pytest.mark.parametrize("shown_before", ["25:00", {"a": 1}, 5, [5], None])
def test_nor_is_a_rule_of_which_was_made_up_what_it_showed(
    house: House, max_: Client, shown_before: Any
) -> None:
    path = reverse("message_rule", args=["T-3d"])
    ours = shown(max_.get(path))
    were = json.loads(ours["were"]) | {"at": shown_before, "forms": shown_before}
    sent = {**ours, "at": "10:30", "forms": ["email"], "were": json.dumps(were)}
    stale = max_.post(path, sent)
    assert (stale.status_code, shown(stale)["at"], shown(stale)["forms"]) == (412, "10:30", ["email"])


# --- Somebody's details: they stand in their login, their role, or an invitation ----------------------------


def details_shown(answer: Any) -> dict[str, Any]:
    return shown(answer, "details_form")


def test_the_number_that_pages_somebody_is_not_wiped_by_a_page_that_was_open(
    house: House, max_: Client, olga: Client
) -> None:
    nils = member(house, house.nils)
    page, path = reverse("member", args=[nils.pk]), reverse("change_member", args=[nils.pk])
    ours, theirs = details_shown(max_.get(page)), details_shown(olga.get(page))
    assert olga.post(path, {**theirs, "mobile": "+13125550177", "charge": "on"}).status_code == 302

    stale = max_.post(path, {**ours, "credentials": "RN, CRNA"})

    assert stale.status_code == 412
    said = unescape(words(stale))
    assert "Mobile phone is now “+13125550177” (Olga Petrova)." in said
    assert "Charge nurse is now ticked (Olga Petrova)." in said
    house.nils.refresh_from_db()
    assert (house.nils.mobile, house.nils.credentials) == ("+13125550177", "RN")
    assert max_.post(path, details_shown(stale)).status_code == 302
    house.nils.refresh_from_db()
    assert (house.nils.mobile, house.nils.credentials) == ("+13125550177", "RN, CRNA")
    assert house.nils.memberships.get().charge


def test_of_an_invitation_the_typed_name_is_not_undone_either(
    house: House, max_: Client, olga: Client
) -> None:
    nora = invited(house)
    page, path = reverse("member", args=[nora.pk]), reverse("change_member", args=[nora.pk])
    ours, theirs = details_shown(max_.get(page)), details_shown(olga.get(page))
    olga.post(path, {**theirs, "full_name": "Nora Neumann"})

    stale = max_.post(path, {**ours, "mobile": "+13125550177"})

    assert stale.status_code == 412
    assert "Name is now “Nora Neumann” (Olga Petrova)." in unescape(words(stale))
    assert max_.post(path, details_shown(stale)).status_code == 302
    nora.refresh_from_db()
    assert (nora.full_name, nora.mobile) == ("Nora Neumann", "+13125550177")


def test_two_forms_of_one_page_that_say_what_they_saw_share_no_id(house: House, max_: Client) -> None:
    html = max_.get(reverse("member", args=[member(house, house.nils).pk])).content.decode()
    assert (html.count('name="were"'), html.count('id="id_were"')) == (2, 1)
