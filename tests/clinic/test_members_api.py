"""Who works here, over the API: what is told, what is asked for, and what is refused."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from knox.models import AuthToken

from clinic.models import Member, Role, User
from tests.cast import NOW, PASSWORD, House, client_of, make_user, new_id
from tests.clinic.staff import gone, invited, member, task_of

MEMBERS = "/api/v1/members/"


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def invitation(house: House, **more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "clinic": str(house.clinic.pk),
        "email": "nora@lakeside.example",
        "full_name": "Nora Neu",
        "roles": ["nurse"],
        "password": PASSWORD,
        **more,
    }


def address(house: House, user: User, act: str = "") -> str:
    return f"{MEMBERS}{member(house, user).pk}/{act}"


def test_an_invitation_sent_twice_invites_once_and_needs_the_password_once(house: House) -> None:
    manager, call = client_of(house.max), invitation(house)
    first = manager.post(MEMBERS, call)
    again = manager.post(MEMBERS, {**call, "password": "whatever"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    told = first.json()
    assert (told["state"], told["offered"], told["roles"]) == ("invited", ["nurse"], [])
    assert Member.objects.filter(clinic=house.clinic, user__email=call["email"]).count() == 1


def test_the_password_is_no_part_of_the_answer_or_of_what_is_kept(house: House) -> None:
    answer = client_of(house.max).post(MEMBERS, invitation(house))
    assert PASSWORD not in answer.content.decode()


def test_each_fault_is_told_at_its_field(house: House) -> None:
    manager = client_of(house.max)
    faults: dict[str, dict[str, Any]] = {
        "email": {"email": "nora"},
        "roles": {"roles": []},
        "credentials": {"roles": ["prescriber"]},
        "mobile": {"mobile": "twelve"},
        "password": {"password": "guess"},
    }
    for field, given in faults.items():
        answer = manager.post(MEMBERS, invitation(house, **given))
        assert answer.status_code == 400, field
        assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_the_list_says_what_everybody_is_and_who_has_a_second_factor(house: House) -> None:
    invited(house)
    gone(house)
    told = {row["full_name"]: row for row in client_of(house.max).get(MEMBERS).json()["results"]}
    assert {name: row["state"] for name, row in told.items()} == {
        "Ana Lima": "working",
        "Nils Berg": "working",
        "Priya Nair": "working",
        "Max Weber": "working",
        "Nora Neu": "invited",
        "Gil Gone": "left",
    }
    assert told["Nils Berg"]["roles"] == ["nurse"]
    assert told["Nils Berg"]["second_factor"] is False


def test_the_list_takes_as_many_queries_for_forty_as_for_four(house: House) -> None:
    manager = client_of(house.max)

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert manager.get(MEMBERS).status_code == 200
        return len(seen)

    few = queries()
    for n in range(36):
        make_user(house.clinic, f"Nurse{n} Many", Role.NURSE, Role.FRONT_DESK)
    assert queries() == few


def test_roles_are_given_and_taken_and_told_with_who_and_why(house: House) -> None:
    manager = client_of(house.max)
    make_user(house.clinic, "Nora Quinn", Role.NURSE)  # Nils is not the last one
    call = {"give": ["front_desk"], "take": ["nurse"], "reason": "Moves", "password": PASSWORD}
    answer = manager.post(address(house, house.nils, "roles/"), call)
    assert answer.json()["roles"] == ["front_desk"]
    # Sent again, it changes nothing.
    assert manager.post(address(house, house.nils, "roles/"), call).json()["roles"] == ["front_desk"]
    latest = manager.get(address(house, house.nils, "history/")).json()[0]
    assert (latest["who"], latest["reason"], latest["door"]) == ("Max Weber", "Moves", "api")


def test_a_manager_who_takes_everything_from_themselves_is_refused_in_words(house: House) -> None:
    manager = client_of(house.max)
    refused = manager.post(address(house, house.max, "end-access/"), {"password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (409, "last_manager")
    refused = manager.post(
        address(house, house.max, "roles/"), {"give": ["prescriber"], "password": PASSWORD}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "own_role")


def test_what_hangs_on_somebody_is_told_before_they_are_let_go(house: House) -> None:
    task = task_of(house, house.nils)
    told = client_of(house.max).get(address(house, house.nils, "duties/")).json()
    assert told["tasks"] == {"count": 1, "first": [str(task.pk)]}
    assert {told[pile]["count"] for pile in ("shifts", "visits", "unsigned", "plans")} == {0}


def test_tokens_are_told_by_their_first_characters_and_revoked_by_them(house: House) -> None:
    manager = client_of(house.max)
    row, token = AuthToken.objects.create(user=house.nils, expiry=timedelta(days=9))
    (told,) = manager.get(address(house, house.nils, "tokens/")).json()
    assert told["key"] == row.token_key
    assert token not in str(told)
    manager.post(address(house, house.nils, "revoke-token/"), {"key": told["key"]})
    assert manager.get(address(house, house.nils, "tokens/")).json() == []


def test_an_address_to_sign_in_with_is_no_field_to_change(house: House) -> None:
    refused = client_of(house.max).patch(address(house, house.nils), {"email": "max2@lakeside.example"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["code"] == "unknown_field"
