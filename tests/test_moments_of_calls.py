"""A moment in a call has its offset and can be reckoned with: one without would be guessed, and of the year 1
no clinic's clocks know the hour.

Which fields take moments and days is read from the serializers that bodies and queries are parsed with, so
that a new room's are asked as well.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
import time_machine
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers

from clinic import era
from clinic.fields import MEND, DayField, MomentField
from clinic.viewsets import StrictSerializer
from tests.cast import NOW, House, client_of, new_id
from tests.create_calls import CALLS, MOMENTS
from tests.create_calls.call import API
from tests.routes import every_route

NO_MOMENTS: Final = {
    "2027-07-01T18:00:00": MEND,
    "2027-07-01": MEND,
    "0001-01-01T00:00:00Z": era.MEND,
    "9999-12-31T23:59:59-06:00": era.MEND,
}
# The rule of a birth date is narrower than any day's: `clinic.patients` says it.
OWN_RULE: Final = "birth_date"
# What a provider of text messages posts, under its names: it holds no moments.
NOT_OURS: Final = {"InboundTextRequest"}
LISTS: Final = [
    ("on-call/", "after"),
    ("on-call/", "until"),
    ("messages/", "due_from"),
    ("messages/", "due_until"),
]

Field = serializers.Field[Any, Any, Any, Any]


def _strict(kind: type[StrictSerializer] = StrictSerializer) -> Iterator[type[StrictSerializer]]:
    for narrower in kind.__subclasses__():
        yield narrower
        yield from _strict(narrower)


def _within(name: str, field: Any) -> Iterator[tuple[str, Field]]:
    """The fields that can be written, however deep, each by its place."""
    inner = dict(field.fields) if isinstance(field, serializers.Serializer) else {}
    if hasattr(field, "child"):
        inner["*"] = field.child
    for key, each in inner.items():
        if not each.read_only:
            yield f"{name}.{key}", each
            yield from _within(f"{name}.{key}", each)


@cache
def fields_of_calls() -> dict[str, Field]:
    """Every field that a body or a query takes, such as `OnCallCreateSerializer.starts_at`."""
    every_route()  # all rooms are in
    ours = {kind for kind in _strict() if not kind.__module__.startswith("tests.")}
    return {name: field for kind in ours for name, field in _within(kind.__name__, kind())}


def test_there_is_one_field_for_moments_and_one_for_days() -> None:
    """`clinic.fields.MomentField` and `DayField`: REST framework's own guess an offset and take any year."""
    plain = [
        name
        for name, field in fields_of_calls().items()
        if (isinstance(field, serializers.DateTimeField) and not isinstance(field, MomentField))
        or (isinstance(field, serializers.DateField) and not isinstance(field, DayField))
    ]
    assert [name for name in plain if not name.endswith(f".{OWN_RULE}")] == []


def test_every_body_is_parsed_strictly_so_that_its_fields_are_looked_at() -> None:
    document = SchemaGenerator().get_schema(public=True)
    every_route()
    looked_at = {kind.__name__.removesuffix("Serializer") + "Request" for kind in _strict()}
    strange = set()
    for operations in document["paths"].values():
        for operation in operations.values():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                name = content["schema"]["$ref"].rpartition("/")[2]
                kinds = document["components"]["schemas"][name].get("oneOf", [content["schema"]])
                strange |= {kind["$ref"].rpartition("/")[2].removeprefix("Patched") for kind in kinds}
    assert strange - looked_at == NOT_OURS


@pytest.mark.parametrize("written", NO_MOMENTS)
@pytest.mark.parametrize(
    ("path", "name"), [("on-call/", "starts_at"), ("on-call/", "ends_at"), ("waitlist/{id}/offer/", "start")]
)
def test_what_is_no_moment_is_refused_by_its_field(house: House, path: str, name: str, written: str) -> None:
    with time_machine.travel(MOMENTS.get(path, NOW), tick=False):
        user, address, body = CALLS[path](house)
        sent = {"id": str(new_id()), **body}
        answer = client_of(user).post(API + address, {**sent, name: written})
        told = [(error["field"], error["detail"]) for error in answer.json()["errors"]]
        assert (answer.status_code, told) == (400, [(name, NO_MOMENTS[written])])
        assert client_of(user).post(API + address, sent).status_code == 201


@pytest.mark.parametrize("written", NO_MOMENTS)
@pytest.mark.parametrize(("path", "name"), LISTS)
def test_no_list_is_cut_by_what_is_no_moment(house: House, path: str, name: str, written: str) -> None:
    answer = client_of(house.max).get(API + path, {name: written})
    told = [(error["field"], error["detail"]) for error in answer.json()["errors"]]
    assert (answer.status_code, told) == (400, [(name, NO_MOMENTS[written])])
