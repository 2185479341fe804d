"""An id in a call is a UUID as it is written: of an integer Python would make one that nobody meant.

Which fields are ids is read from the OpenAPI document, so that a new room's are asked as well.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.cast import House, client_of

API: Final = "/api/v1/"
ROOT: Final = Path(__file__).parents[1]
APPS: Final = ("clinic", "scheduler", "sessions_app", "notifications")
# Who may make these calls, so that their bodies are looked at; the others answer to a row in their address.
CALLERS: Final = {
    "appointments/": "ana",
    "appointments/check/": "ana",
    "calendar-feeds/": "max",
    "consents/": "ana",
    "day-hours/": "max",
    "holds/": "ana",
    "patients/": "ana",
    "repairs/": "ana",
    "series/": "ana",
    "series/propose/": "ana",
    "sessions/": "nils",
    "waitlist/": "ana",
    "waitlist/offer-freed/": "ana",
}


@cache
def ids_of_calls() -> dict[str, set[str]]:
    """By address without an id in it: every id field that a POST there takes, at the body's own level."""
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]
    found = {}
    for path, methods in document["paths"].items():
        if "post" in methods and "{" not in path:
            fields = set(_ids(methods["post"], schemas))
            if fields:
                found[path.removeprefix(API)] = fields
    return found


def _ids(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    body = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
    for kind in [schemas[kind["$ref"].rpartition("/")[2]] for kind in body.get("oneOf", [])] or [body]:
        for name, field in kind.get("properties", {}).items():
            if field.get("format") == "uuid":
                yield name


@pytest.mark.parametrize("path", CALLERS)
def test_an_integer_is_no_id_and_the_answer_names_the_field(house: House, path: str) -> None:
    fields = ids_of_calls()[path]
    answer = client_of(getattr(house, CALLERS[path])).post(API + path, dict.fromkeys(fields, 7))
    assert answer.status_code == 400, answer.content
    told = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    assert {name: told.get(name) for name in fields} == dict.fromkeys(fields, "Must be a valid UUID.")


def test_there_is_one_field_for_ids() -> None:
    """`clinic.fields.IdField`: REST framework's own takes integers."""
    rooms = [room for app in APPS for room in (ROOT / app).rglob("*.py") if room.name != "fields.py"]
    assert [str(room) for room in rooms if "serializers.UUIDField" in room.read_text()] == []
