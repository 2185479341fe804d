"""Who signs shows again that it is them, says only what is theirs to say, and leaves nothing open."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.db import connection, transaction

from clinic.models import CreatedId
from clinic.problems import Conflict, Invalid
from clinic.signin import Proof, TooManyAttempts
from sessions_app.infusing import stopping
from sessions_app.models import Alert, AlertStep, Session, SignedRecord, Waste, WasteWitness
from sessions_app.signing import meanings, signing
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import HOME_AT

API = "/api/v1/sessions/"


def sign_by(
    house: House, session: Session, user: Any, meaning: str, password: str = PASSWORD
) -> SignedRecord:
    return signing.sign(
        actor=house.actor(user),
        id=new_id(),
        session=session,
        meaning=meaning,
        proof=Proof(password),
        now=HOME_AT + timedelta(minutes=10),
    )


class _BegunAgainError(Exception):
    """PostgreSQL chose this transaction as a victim."""


@pytest.fixture
def secret(house: House) -> str:
    """Nils has an authenticator app."""
    secret = generate_totp_secret()
    TOTP.activate(house.nils, secret)
    return secret


def code_now(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def test_a_wrong_password_signs_nothing(house: House) -> None:
    session = stories.discharged(house)
    with pytest.raises(Invalid, match="password: This is not your password"):
        stories.sign(house, session, proof=Proof("wrong"))
    assert not session.signed_records.exists()
    assert stories.fresh(session).state == "discharged"


def test_without_a_password_nothing_is_signed(house: House) -> None:
    with pytest.raises(Invalid, match="Enter your password again"):
        stories.sign(house, stories.discharged(house), proof=Proof(""))


def test_an_amendment_asks_for_the_password_too(house: House) -> None:
    session = stories.signed(house)
    body = {
        "id": str(new_id()),
        "reason": "Heard of later",
        "corrections": [{"id": str(new_id()), "note": {"text": "She called."}}],
        "password": "wrong",
    }
    answer = client_of(house.nils).post(f"{API}{session.pk}/amendments/", body, format="json")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "password")
    assert session.signed_records.count() == 1
    assert not session.notes.exists()


def test_who_has_a_second_factor_sends_its_code(house: House, secret: str) -> None:
    session = stories.discharged(house)
    with pytest.raises(Invalid, match="code: Enter the code"):
        stories.sign(house, session)
    with pytest.raises(Invalid, match="code: This code is not right"):
        stories.sign(house, session, proof=Proof(PASSWORD, "000000"))
    assert stories.sign(house, session, proof=Proof(PASSWORD, code_now(secret)))


def test_a_code_works_once_but_not_less_when_a_transaction_begins_again(house: House, secret: str) -> None:
    first, second = stories.discharged(house), stories.discharged(house, house.omar)
    code = code_now(secret)
    proof = Proof(PASSWORD, code)

    def victim() -> None:
        with transaction.atomic():
            stories.sign(house, first, proof=proof)
            raise _BegunAgainError

    with pytest.raises(_BegunAgainError):
        victim()
    assert stories.sign(house, first, proof=proof)
    with pytest.raises(Invalid, match="was used before"):
        stories.sign(house, second, proof=Proof(PASSWORD, code))


def test_after_five_wrong_passwords_the_right_one_does_not_help_either(house: House) -> None:
    session = stories.discharged(house)
    for _ in range(5):
        with pytest.raises(Invalid):
            stories.sign(house, session, proof=Proof("wrong"))
    with pytest.raises(TooManyAttempts):
        stories.sign(house, session)
    assert sign_by(house, session, house.priya, "prescriber_review")  # nobody else is held up


def test_the_right_password_clears_the_count(house: House) -> None:
    first, second = stories.discharged(house), stories.discharged(house, house.omar)
    for session in (first, second):
        for _ in range(4):
            with pytest.raises(Invalid):
                stories.sign(house, session, proof=Proof("wrong"))
        assert stories.sign(house, session)


def test_a_password_is_kept_nowhere(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """Not in the logs, not in any table of text; and a wrong one is not repeated in the answer."""
    session = stories.discharged(house)
    client, body = client_of(house.nils), {"id": str(new_id()), "meaning": "gave"}
    wrong = client.post(f"{API}{session.pk}/sign/", {**body, "password": "Hunter-two-Hunter"}, format="json")
    right = client.post(f"{API}{session.pk}/sign/", {**body, "password": PASSWORD}, format="json")
    assert (wrong.status_code, right.status_code) == (400, 201)
    assert "Hunter" not in wrong.content.decode()
    assert PASSWORD not in right.content.decode()
    assert not re.search("Hunter|horse", caplog.text)
    assert "horse" not in repr(Proof(PASSWORD))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text ~ %s', ["Hunter|battery staple"])
            assert cursor.fetchone() == (0,), table


def test_the_password_is_no_part_of_what_makes_a_call_the_same_call(house: House) -> None:
    """Sent again after the password was changed, it is still the signature that was made."""
    session = stories.discharged(house)
    client, body = client_of(house.nils), {"id": str(new_id()), "meaning": "gave"}
    address = f"{API}{session.pk}/sign/"
    assert client.post(address, {**body, "password": PASSWORD}, format="json").status_code == 201
    again = client.post(address, {**body, "password": "another", "code": "123456"}, format="json")
    assert again.status_code == 200
    assert CreatedId.objects.filter(pk=body["id"]).count() == 1


def test_only_who_gave_the_infusion_says_so(house: House) -> None:
    session = stories.discharged(house)
    with pytest.raises(Invalid, match="meaning: Choose what your signature says: prescriber_review"):
        sign_by(house, session, house.priya, "gave")
    signed = sign_by(house, session, house.priya, "prescriber_review")
    assert signed.meaning == "As a prescriber I have read this record: it is complete"


def test_the_table_of_meanings_offers_by_role_and_by_what_was_done() -> None:
    def codes(roles: set[str], **how: bool) -> list[str]:
        return [meaning.code for meaning in meanings.open_to(roles, **how)]

    assert codes({"nurse"}, given=True, own=True) == ["gave", "nurse_review"]
    assert codes({"nurse"}, given=True, own=False) == ["nurse_review"]
    assert codes({"nurse", "prescriber"}, given=False, own=True) == [
        "not_given",
        "nurse_review",
        "prescriber_review",
    ]
    assert codes({"manager"}, given=True, own=False) == []


def test_nobody_says_that_they_gave_what_was_not_given(house: House) -> None:
    session = stories.arrived(house)
    stopping.not_given(
        actor=house.actor(house.nils), id=new_id(), session=session, reason="No ride home", now=NOW
    )
    with pytest.raises(Invalid, match="meaning"):
        stories.sign(house, session, meaning="gave")
    assert stories.sign(house, session, meaning="not_given")


def test_an_open_alert_holds_up_the_signature(house: House) -> None:
    session = stories.discharged(house)
    alert = Alert.objects.create(
        session=session, kind="limit", level="caution", detail="162", raised_at=NOW, recorded_at=NOW
    )
    with pytest.raises(Conflict) as refused:
        stories.sign(house, session)
    assert [blocker["code"] for blocker in refused.value.data["blockers"]] == ["alerts_resolved"]
    AlertStep.objects.create(
        session=session, alert=alert, kind="resolved", recorded_by=house.nils, recorded_at=NOW
    )
    assert stories.sign(house, session)


def test_waste_without_a_witness_holds_up_the_signature(house: House) -> None:
    session = stories.discharged(house)
    line = {"session": session, "recorded_at": NOW}
    waste = Waste.objects.create(**line, vial="LOT 8", drawn_mg=15, wasted_mg=15, recorded_by=house.nils)
    with pytest.raises(Conflict) as refused:
        stories.sign(house, session)
    assert [blocker["code"] for blocker in refused.value.data["blockers"]] == ["waste_witnessed"]
    WasteWitness.objects.create(**line, waste=waste, recorded_by=house.priya)
    assert stories.sign(house, session)
