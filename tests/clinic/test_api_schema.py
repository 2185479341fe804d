"""The API's document says of every operation how it refuses."""

import json
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from tests.cast import House

READS = {"401", "403", "404", "429"}
LISTS = {"400", "401", "403", "404", "409", "429"}
WRITES = LISTS | {"413", "415", "503"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(public=True)
    return made


@pytest.mark.parametrize(
    ("method", "path", "refusals"),
    [
        ("get", "patients/{id}/", READS),
        ("get", "patients/", LISTS),
        ("patch", "patients/{id}/", WRITES),
        ("post", "sessions/{id}/vitals/", WRITES | {"412"}),
        ("post", "links/open/", WRITES - {"401", "403"}),
    ],
)
def test_an_operation_tells_how_it_refuses(
    document: dict[str, Any], method: str, path: str, refusals: set[str]
) -> None:
    answers = document["paths"][f"/api/v1/{path}"][method]["responses"]
    assert {status for status in answers if status >= "400"} == refusals


def test_operations_stand_under_the_noun_of_their_address(document: dict[str, Any]) -> None:
    tags = {path: {*each["get"]["tags"]} for path, each in document["paths"].items() if "get" in each}
    assert tags["/api/v1/patients/{id}/"] == tags["/api/v1/patients/"] == {"patients"}
    assert tags["/api/v1/patient-imports/"] == {"patient-imports"}
    assert not any("api" in each for each in tags.values())


def test_every_refusal_is_a_problem(document: dict[str, Any]) -> None:
    refusals = [
        answer["content"]
        for operations in document["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status >= "400"
    ]
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert all(content == problem for content in refusals)
    required = document["components"]["schemas"]["Problem"]["required"]
    assert set(required) == {"type", "title", "status", "detail", "code"}


def test_the_document_that_is_served_is_this_one(house: House, document: dict[str, Any]) -> None:
    ana = APIClient()
    ana.force_authenticate(house.ana)
    served = [ana.get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json") for _ in range(2)]
    assert [json.loads(each.content) for each in served] == [json.loads(json.dumps(document))] * 2
