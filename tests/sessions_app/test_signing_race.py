"""Signing while others write, on real connections."""

from datetime import timedelta
from functools import partial

import pytest

from sessions_app.models import Session, SignedRecord, VitalSigns
from sessions_app.signing.verification import verify_chain
from tests.at_once import at_once
from tests.cast import NOW, House, make_house, new_id
from tests.sessions_app import stories

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_signatures_of_one_patient_at_once_make_one_chain() -> None:
    house = make_house()
    sessions = [stories.discharged(house, at=NOW + timedelta(days=3 * visit)) for visit in range(4)]
    outcomes = at_once(*(partial(stories.sign, house, each) for each in sessions))
    assert all(isinstance(outcome, SignedRecord) for outcome in outcomes), outcomes
    assert sorted(outcome.chain_position for outcome in outcomes) == [1, 2, 3, 4]
    assert verify_chain(patient=house.rosa) is None


def test_one_session_signed_twice_at_once_is_signed_once() -> None:
    house = make_house()
    session = stories.discharged(house)
    outcomes = at_once(*[partial(stories.sign, house, session)] * 4)
    assert [type(outcome).__name__ for outcome in outcomes].count("SignedRecord") == 1
    assert [getattr(outcome, "code", "") for outcome in outcomes].count("wrong_state") == 3


@pytest.mark.parametrize("raw", [False, True], ids=["through record_vitals", "past the application"])
def test_vital_signs_at_the_moment_of_signing_are_in_the_record_or_refused(raw: bool) -> None:
    house = make_house()
    write = _insert if raw else _measure
    for visit in range(6):
        session = stories.discharged(house, at=NOW + timedelta(days=3 * visit))
        signed, *written = at_once(
            partial(stories.sign, house, session), *[partial(write, house, session)] * 3
        )
        assert isinstance(signed, SignedRecord), signed
        for outcome in written:
            if isinstance(outcome, VitalSigns):
                assert str(outcome.pk) in signed.content
            else:
                assert "signed" in str(outcome), outcome
        assert VitalSigns.objects.filter(session=session).count() == signed.content.count('"pain_nrs"')
    assert verify_chain(patient=house.rosa) is None


def _measure(house: House, session: Session) -> VitalSigns:
    measured, entered = (session.arrived_at + timedelta(minutes=minutes) for minutes in (110, 125))
    line: VitalSigns = stories.measure(house, session, stories.calm(measured), now=entered)
    return line


def _insert(house: House, session: Session) -> VitalSigns:
    """Straight into the table, as some other program would: only the trigger is in the way."""
    at = session.arrived_at + timedelta(minutes=125)
    return VitalSigns.objects.create(
        id=new_id(), session=session, measured_at=at, pain_nrs=2, recorded_by=house.nils, recorded_at=at
    )
