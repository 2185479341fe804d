"""A yes is recorded, superseded, taken back; never erased."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinic import consents
from clinic.models import Consent, ConsentScope
from clinic.problems import Conflict, Invalid
from tests.cast import NOW, House, client_of, local, new_id

CONSENTS = "/api/v1/consents/"


@pytest.fixture
def fresh(house: House) -> House:
    """Nobody has said yes to anything."""
    Consent.objects.all().delete()
    return house


def record(
    house: House, given_at: datetime = NOW, scope: ConsentScope = ConsentScope.SMS, **more: Any
) -> Consent:
    details = {"form_version": "2026-1", "method": "paper form", **more}
    return consents.record(
        actor=house.actor(house.ana),
        id=new_id(),
        patient=house.rosa,
        scope=scope,
        given_at=given_at,
        now=NOW,
        **details,
    )


def revoke(house: House, consent: Consent, now: datetime = NOW, how: str = "in person") -> Consent:
    return consents.revoke(actor=house.actor(house.ana), consent=consent, how=how, now=now)


def test_a_yes_stands_until_it_is_taken_back(fresh: House) -> None:
    yes = record(fresh)
    assert consents.current_scopes(fresh.rosa.pk) == {ConsentScope.SMS}
    revoke(fresh, yes, NOW + timedelta(days=1))
    assert consents.current_scopes(fresh.rosa.pk) == frozenset()
    assert Consent.objects.get().revoked_at == NOW + timedelta(days=1)


def test_a_newer_signature_supersedes_and_the_old_one_is_kept(fresh: House) -> None:
    old = record(fresh, NOW - timedelta(days=400))
    new = record(fresh, NOW)
    old.refresh_from_db()
    assert (old.revoked_at, old.revoked_how, new.revoked_at) == (NOW, "superseded", None)


@pytest.mark.parametrize("taken_back", [False, True])
def test_an_older_yes_does_not_undo_a_newer_answer(fresh: House, taken_back: bool) -> None:
    newer = record(fresh, NOW - timedelta(days=1))
    if taken_back:
        revoke(fresh, newer)
    with pytest.raises(Conflict) as refused:
        record(fresh, NOW - timedelta(days=2))
    assert refused.value.code == "newer_consent"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"given_at": NOW + timedelta(seconds=1)}, "given_at"),
        ({"given_at": local(date(1980, 5, 16), "23:59")}, "given_at"),  # Rosa was born on the day after
        ({"form_version": " "}, "form_version"),
        ({"method": ""}, "method"),
    ],
)
def test_what_is_missing_is_named(fresh: House, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        record(fresh, **wrong)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


def test_taking_back_twice_keeps_the_first_time(fresh: House) -> None:
    yes = record(fresh)
    revoke(fresh, yes, NOW + timedelta(days=1))
    again = revoke(fresh, yes, NOW + timedelta(days=2), how="by letter")
    assert (again.revoked_at, again.revoked_how) == (NOW + timedelta(days=1), "in person")


def test_a_patient_takes_it_back_without_staff(fresh: House) -> None:
    yes = record(fresh)
    consents.revoke(actor=None, consent=yes, how="text reply STOP", now=NOW)
    event = Consent.pgh_event_model.objects.latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["reason"] == "text reply STOP"


def test_over_the_api_a_time_without_its_offset_is_refused(fresh: House) -> None:
    body = {
        "id": str(new_id()),
        "patient": str(fresh.rosa.pk),
        "scope": "sms",
        "form_version": "1",
        "method": "paper form",
    }
    client = client_of(fresh.ana)
    refused = client.post(CONSENTS, {**body, "given_at": "2026-11-01T09:00:00"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "given_at")
    given = client.post(CONSENTS, {**body, "given_at": "2026-11-01T09:00:00-06:00"})
    assert (given.status_code, given.json()["given_at"]) == (201, "2026-11-01T15:00:00Z")
    listed = client.get(CONSENTS, {"patient": str(fresh.rosa.pk)}).json()["results"]
    assert [row["id"] for row in listed] == [body["id"]]
    taken = client.post(f"{CONSENTS}{body['id']}/revoke/", {"how": "in person"})
    assert taken.json()["revoked_how"] == "in person"
    assert client.get(CONSENTS).json()["errors"][0]["field"] == "patient"


def test_another_clinics_patient_cannot_be_spoken_for(house: House, other_house: House) -> None:
    yes = house.rosa.consents.get(scope=ConsentScope.SMS)
    outsider = client_of(other_house.max)
    assert outsider.post(f"{CONSENTS}{yes.pk}/revoke/", {"how": "in person"}).status_code == 404
    assert outsider.get(CONSENTS, {"patient": str(house.rosa.pk)}).status_code == 404


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"]
)
def test_a_consent_at_the_end_of_time_does_not_come_into_the_chart(fresh: House, moment: str) -> None:
    yes = {
        "id": str(new_id()),
        "patient": str(fresh.rosa.pk),
        "scope": "sms",
        "form_version": "2026-1",
        "method": "paper form",
        "given_at": moment,
    }
    refused = client_of(fresh.ana).post(CONSENTS, yes)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "given_at")
    assert refused.json()["errors"][0]["detail"] == "Give a day from 1900 to 2199."
    assert not Consent.objects.exists()


@pytest.mark.parametrize("field", ["form_version", "method"])
def test_what_hides_in_a_line_is_refused(fresh: House, field: str) -> None:
    yes = {"id": str(new_id()), "patient": str(fresh.rosa.pk), "scope": "sms", "given_at": NOW.isoformat()}
    texts = {"form_version": "2026-1", "method": "paper form", field: "paper\n\u200bform"}
    refused = client_of(fresh.ana).post(CONSENTS, {**yes, **texts})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
    assert not Consent.objects.exists()
