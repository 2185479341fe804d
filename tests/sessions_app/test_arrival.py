"""A session is opened: once, and only for a patient who is here."""

import pytest

from clinic.problems import Conflict
from scheduler.models import AppointmentStatus
from sessions_app import arrival
from tests.cast import NOW, House, new_id
from tests.sessions_app import stories


def test_a_session_opens_only_for_a_patient_who_has_arrived(house: House) -> None:
    visit = stories.arrived_visit(house)
    visit.status = AppointmentStatus.BOOKED
    visit.save()
    with pytest.raises(Conflict) as refused:
        arrival.open_session(actor=house.actor(house.nils), id=new_id(), appointment=visit, now=NOW)
    assert refused.value.code == "not_arrived"


def test_a_visit_has_one_session(house: House) -> None:
    session = stories.arrived(house)
    with pytest.raises(Conflict) as refused:
        arrival.open_session(
            actor=house.actor(house.nils), id=new_id(), appointment=session.appointment, now=NOW
        )
    assert refused.value.data["session"] == str(session.pk)
