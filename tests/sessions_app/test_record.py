"""Canonical bytes and the chain's hash."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest

from sessions_app.signing.record import canonical, chain_hash, differences, plain

MOMENT = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)


def test_the_same_content_gives_the_same_bytes_whatever_the_order_and_the_offset() -> None:
    one = {"b": Decimal("0.50"), "a": MOMENT}
    other = {"a": MOMENT.astimezone(timezone(timedelta(hours=-6))), "b": Decimal("0.50")}
    assert canonical(one) == canonical(other) == '{"a":"2027-01-11T15:00:00.000000Z","b":"0.50"}'


def test_every_kind_of_value_has_one_spelling() -> None:
    content = {
        "day": date(2027, 1, 11),
        "id": UUID(int=1),
        "large": Decimal("1E+2"),
        "list": (1, None, True),
        "text": "Zoë",
    }
    assert canonical(content) == (
        '{"day":"2027-01-11","id":"00000000-0000-0000-0000-000000000001","large":"100",'
        '"list":[1,null,true],"text":"Zoë"}'
    )


@pytest.mark.parametrize("value", [0.5, MOMENT.replace(tzinfo=None), object()])
def test_floats_and_moments_without_an_offset_are_refused(value: object) -> None:
    with pytest.raises(TypeError):
        plain({"value": [value]})


def test_a_link_depends_on_every_byte_of_its_content_and_on_the_link_before() -> None:
    assert chain_hash("", "a") != chain_hash("", "b")
    assert chain_hash("", "a") != chain_hash("0" * 64, "a")
    # As `printf "\na" | sha256sum` says.
    assert chain_hash("", "a") == "7361a6f4b374745deaf896ac72887d55e04107d1a1ff14e5e4d829fb47e82426"


def test_differences_name_places_and_never_values() -> None:
    frozen = {"vital_signs": [{"pain_nrs": 2}, {"pain_nrs": 3}], "session": {"state": "x"}}
    stored = {"vital_signs": [{"pain_nrs": 2}, {"pain_nrs": 4}], "session": {"state": "x"}}
    assert differences(frozen, stored) == ["vital_signs.1.pain_nrs"]
    assert differences({"dose": [1]}, {"dose": []}) == ["dose (1 lines signed, 0 stored)"]
    assert differences(frozen, frozen) == []
