"""Settings over the API: what somebody else changed since they were seen is told, and nothing of it is
undone."""

from typing import Any

import pytest

from clinic.models import Clinic, Role
from clinic.seen import SeenTag, tag_of
from scheduler.models import ResourceKind
from tests.cast import House, client_of, make_user
from tests.clinic.staff import member
from tests.scheduler.stage import make_resource

RULE, WORDS = {"stage": "T-3d"}, {"stage": "T-3d", "language": "en"}
TEXT = {"subject": "Soon", "email": "We see you soon: {link}", "sms": "{sender}: soon. {link}"}
# Where it is read, what one manager changes, what another does meanwhile: its field, and what is told of it.
SETTINGS: list[tuple[str, dict[str, Any], dict[str, Any], str, Any]] = [
    ("clinics/{clinic}/", {"name": "Lakeside West"}, {"address": "1 Pier"}, "address", "1 Pier"),
    ("clinics/{clinic}/booking-settings/", {"offer_minutes": 90}, {"hold_minutes": 25}, "hold_minutes", 25),
    ("clinics/{clinic}/messaging/", {"most_a_week": 6}, {"most_a_day": 2}, "most_a_day", 2),
    ("clinics/{clinic}/message-rules/", RULE | {"days": 5}, RULE | {"at": "10:30"}, "at", "10:30:00"),
    ("resources/{chair}/", {"name": "Window"}, {"features": ["recliner"]}, "features", ["recliner"]),
    ("members/{member}/", {"credentials": "RN, CRNA"}, {"charge": True}, "charge", True),
]


@pytest.fixture
def rows(house: House) -> dict[str, Any]:
    return {
        "clinic": house.clinic.pk,
        "chair": make_resource(house, ResourceKind.CHAIR, "Chair 1", 1).pk,
        "member": member(house, house.nils).pk,
    }


def seen(client: Any, address: str) -> dict[str, str]:
    """The ETag with which the settings come: of one stage among many it stands in its own lines."""
    answer = client.get(address)
    lines = answer.json()
    if isinstance(lines, list):
        return {"If-Match": next(line["etag"] for line in lines if line["stage"] == RULE["stage"])}
    return {"If-Match": answer.headers["ETag"]}


@pytest.mark.parametrize(("path", "mine", "theirs", "field", "told"), SETTINGS)
def test_a_change_of_what_has_changed_since_is_refused_and_told(
    house: House,
    rows: dict[str, Any],
    path: str,
    mine: dict[str, Any],
    theirs: dict[str, Any],
    field: str,
    told: Any,
) -> None:
    address = f"/api/v1/{path.format(**rows)}"
    max_ = client_of(house.max)
    olga = client_of(make_user(house.clinic, "Olga Petrova", Role.MANAGER))
    before = seen(max_, address)
    assert olga.patch(address, theirs, format="json").status_code == 200

    stale = max_.patch(address, mine, format="json", headers=before)

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    assert stale.json()["changes"] == [{"field": field, "now": told, "by": "Olga Petrova"}]
    now = seen(max_, address)
    assert now != before
    kept = max_.patch(address, mine, format="json", headers=now)
    assert kept.status_code == 200
    # The answer's own tag goes with the next change.
    assert (
        max_.patch(address, theirs, format="json", headers={"If-Match": kept.headers["ETag"]}).status_code
        == 200
    )


def test_own_words_that_another_manager_wrote_meanwhile_are_not_written_over(house: House) -> None:
    address = f"/api/v1/clinics/{house.clinic.pk}/message-texts/"
    max_, olga = client_of(house.max), client_of(make_user(house.clinic, "Olga Petrova", Role.MANAGER))
    written = max_.patch(address, WORDS | TEXT, format="json")
    assert max_.get(address).json()[0]["etag"] == written.headers["ETag"]
    olga.patch(address, WORDS | TEXT | {"subject": "Until then"}, format="json")

    stale = max_.patch(
        address,
        WORDS | TEXT | {"subject": "See you"},
        format="json",
        headers={"If-Match": written.headers["ETag"]},
    )

    assert stale.status_code == 412
    assert stale.json()["changes"] == [{"field": "subject", "now": "Until then", "by": "Olga Petrova"}]


def test_who_says_nothing_of_what_they_saw_changes_what_stands(house: House) -> None:
    address = f"/api/v1/clinics/{house.clinic.pk}/booking-settings/"
    max_ = client_of(house.max)
    assert max_.patch(address, {"hold_minutes": 25}, format="json").status_code == 200
    assert (
        max_.patch(address, {"hold_minutes": 26}, format="json", headers={"If-Match": "*"}).status_code == 200
    )


@pytest.mark.parametrize("tag", ["3", '"3"', 'W/"0123abcd"', '"0123abcd", "0123abcd"', "", '"0123ABCD"'])
def test_what_is_no_tag_of_settings_is_told_at_its_header(house: House, tag: str) -> None:
    address = f"/api/v1/clinics/{house.clinic.pk}/booking-settings/"
    refused = client_of(house.max).patch(
        address, {"hold_minutes": 25}, format="json", headers={"If-Match": tag}
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "If-Match")
    assert Clinic.objects.get(pk=house.clinic.pk).hold_minutes != 25


def test_a_tag_tells_which_setting_has_changed_and_one_of_other_settings_that_all_have() -> None:
    before = {"hold_minutes": 10, "offer_minutes": 60}
    tag = SeenTag(tag_of(before).strip('"'))
    assert tag.changed_since(before) == []
    assert tag.changed_since(before | {"offer_minutes": 61}) == ["offer_minutes"]
    assert tag.changed_since(before | {"holds": True}) == ["hold_minutes", "holds", "offer_minutes"]
