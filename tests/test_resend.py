"""A tablet on bad Wi-Fi may send any create call again: it yields one row and the first answer.

The create calls are read from the API's own document: a new one that `tests.create_calls` hasn't fails.
"""

from typing import Any

import pytest
import time_machine
from django.apps import apps
from drf_spectacular.generators import SchemaGenerator

from clinic.models import AccessLog
from tests.cast import NOW, House, client_of, new_id
from tests.create_calls import CALLS, MOMENTS
from tests.create_calls.call import API


def test_every_create_call_of_the_api_has_its_story() -> None:
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]

    def asks_for_an_id(operation: dict[str, Any]) -> bool:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        kinds = [schemas[kind["$ref"].rpartition("/")[2]] for kind in body.get("oneOf", [])] or [body]
        return any("id" in kind.get("required", []) for kind in kinds)

    creates = {
        path.removeprefix(API)
        for path, methods in document["paths"].items()
        if "post" in methods and asks_for_an_id(methods["post"])
    }
    assert creates == set(CALLS)


@pytest.mark.parametrize("path", CALLS)
def test_the_same_call_sent_again_yields_one_row(path: str, house: House) -> None:
    with time_machine.travel(MOMENTS.get(path, NOW), tick=False):
        user, address, body = CALLS[path](house)
        client = client_of(user)
        sent = {"id": str(new_id()), **body}
        first = client.post(API + address, sent)
        assert first.status_code == 201, first.content
        before = rows()
        again = client.post(API + address, sent)
        assert (again.status_code, again.json()) == (200, first.json())
        assert rows() == before


def rows() -> dict[str, int]:
    """How many rows each table holds; the log of looks may grow with every call."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model is not AccessLog and model._meta.app_label not in ("sessions", "pghistory")
    }
