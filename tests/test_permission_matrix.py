"""Who may do what: every route x method x {each role, another clinic, signed out}.

The rule is the table in `tests.permissions`; a route without a row, or a row without a route, fails. Each
cell is one request against a clinic with a row of every noun (`tests.world`), undone after.
"""

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

import pytest
import time_machine

from tests.cast import NOW, House
from tests.permissions import ROWS, STAFF_ROWS
from tests.routes import every_route
from tests.world import World, make_world

LETTERS = {"D": "ana", "N": "nils", "P": "priya", "M": "max"}
REFUSED = (401, 403, 404, 405, 500)


@pytest.fixture
def world(house: House, other_house: House) -> Iterator[World]:
    with time_machine.travel(NOW, tick=False):
        yield make_world(house, other_house)


# They have a body or a name in the address, and mean the caller's own clinic.
OWN_CLINIC = frozenset(
    {
        "/patients/new/",
        "/api/v1/patients/find/",
        "/reports/{report}.csv",
        "/messages/figures/{table}.csv",
    }
)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    def shape(path: str) -> str:
        return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))

    documented = {(row.method, shape(row.path)) for row in ROWS}
    # allauth's class views answer PUT like POST; nothing of ours does.
    served = {(route.method, shape(route.path)) for route in every_route() if route.method != "PUT"}
    assert sorted(served - documented) == []
    assert sorted(documented - served) == []


@pytest.mark.parametrize(("letter", "name"), LETTERS.items())
def test_each_role_may_do_what_its_row_says_and_nothing_else(world: World, letter: str, name: str) -> None:
    """One story for each role: several workers share what is the longest story of all."""
    user = getattr(world.house, name)
    wrong = []
    for row in STAFF_ROWS:
        status = world.send(row.method, row.path, user).status_code
        right = status not in REFUSED if letter in row.who else status == 403
        if not right:
            wrong.append(f"{row.method} {row.path} as {name}: {status}")
    assert not wrong, "\n".join(wrong)


def test_another_clinics_staff_find_nothing(world: World) -> None:
    """By id it does not exist; a list never holds it; a new row can't point at it."""
    wrong = []
    for row in STAFF_ROWS:
        answer = world.send(row.method, row.path, world.olga)
        about_lakeside = "{" in row.path or f"{row.method} {row.path}" in world.bodies
        if row.path in OWN_CLINIC or (
            # The caller's own clinic is meant, whoever calls.
            "{day}" in row.path or "{stage}" in row.path or "{step}" in row.path
        ):
            about_lakeside = False
        if about_lakeside and answer.status_code != 404:
            wrong.append(f"{row.method} {row.path}: {answer.status_code}")
        if str(world.house.rosa.pk) in answer.content.decode():
            wrong.append(f"{row.method} {row.path} tells of Rosa")
    assert not wrong, "\n".join(wrong)


def test_nobody_gets_anywhere_without_signing_in(world: World) -> None:
    wrong = []
    for row in STAFF_ROWS:
        answer = world.send(row.method, row.path, None)
        if row.path.startswith("/api/v1/") or row.path == "/api/schema/":
            right = answer.status_code == 401
        elif row.method == "GET":
            right = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
        else:
            right = answer.status_code == 403
        if not right:
            wrong.append(f"{row.method} {row.path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_what_is_about_ones_own_sign_in_needs_one(world: World) -> None:
    wrong = [
        f"{row.method} {row.path}: {answer.status_code}"
        for row in ROWS
        if row.who == "account"
        and (answer := world.send(row.method, row.path, None)).status_code not in (302, 401, 403)
    ]
    assert not wrong, "\n".join(wrong)


def test_public_routes_answer_anybody_without_an_error(world: World) -> None:
    wrong = [
        f"{row.method} {row.path}: {answer.status_code}"
        for row in ROWS
        if row.who == "public"
        and (answer := world.send(row.method, row.path, None)).status_code in (401, 405, 500)
    ]
    assert not wrong, "\n".join(wrong)


def test_ids_that_are_no_ids_are_not_found(world: World) -> None:
    """Nonsense where an id belongs is a 404 for everybody, never a fault."""
    nonsense = ["nonsense", "%00", str(UUID(int=0))]
    wrong = []
    for row in STAFF_ROWS:
        if "{" not in row.path or "{day}" in row.path:
            continue
        for word in nonsense:
            broken = replace(world, names=dict.fromkeys(world.names, word))
            status = broken.send(row.method, row.path, world.house.priya).status_code
            if status not in (403, 404):
                wrong.append(f"{row.method} {row.path} with {word}: {status}")
    assert not wrong, "\n".join(wrong)
