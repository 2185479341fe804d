"""Whose session it is at a moment: the nurse whose turn it is by the claims, else who recorded last."""

from datetime import datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

from clinic.models import Role, User
from scheduler.models import Claim, Opening, Phase, ResourceKind
from sessions_app.models import Session
from sessions_app.observing import alert_clocks, alerts, vitals
from tests.cast import House, make_user, new_id
from tests.scheduler.stage import make_resource
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import chair_of, seat
from tests.sessions_app.stories import STARTED_AT

MINUTE = timedelta(minutes=1)
HAND_OVER = STARTED_AT + 20 * MINUTE


@pytest.fixture
def nora(house: House) -> User:
    return make_user(house.clinic, "Nora Lind", Role.NURSE)


def serves(
    house: House,
    session: Session,
    user: User | None,
    first: datetime,
    last: datetime,
    phase: str = Phase.INFUSION,
) -> None:
    """A nurse's claim on the visit, as the schedule writes it."""
    nurse = make_resource(house, ResourceKind.NURSE, user.full_name if user else "Agency", 6)
    nurse.user = user
    nurse.save()
    hour = timedelta(hours=1)
    Opening.objects.create(resource=nurse, during=DateTimeTZRange(first - hour, last + hour))
    Claim.objects.create(
        appointment=session.appointment,
        resource=nurse,
        phase=phase,
        units=NumericRange(0, 3),
        during=DateTimeTZRange(first, last),
        capacity=6,
    )


def nurse_at(session: Session, moment: datetime) -> str:
    found = alert_clocks.nurse_of(stories.fresh(session), moment)
    return User.objects.get(pk=found).full_name if found else "nobody"


@pytest.mark.parametrize(
    ("moment", "name"),
    [
        (STARTED_AT, "Nora Lind"),
        (HAND_OVER - timedelta(microseconds=1), "Nora Lind"),
        (HAND_OVER, "Nils Berg"),
        (HAND_OVER + 20 * MINUTE, "Priya Nair"),  # nobody's turn: Priya recorded last
    ],
)
def test_it_is_the_nurses_whose_claim_holds_the_moment(
    house: House, nora: User, moment: datetime, name: str
) -> None:
    session = stories.infusing(house)
    seat(session, chair_of(house))
    serves(house, session, nora, STARTED_AT, HAND_OVER)
    serves(house, session, house.nils, HAND_OVER, HAND_OVER + 20 * MINUTE, Phase.OBSERVATION)
    by_priya = stories.calm(STARTED_AT + MINUTE)
    vitals.record_vitals(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        reading=by_priya,
        now=by_priya.measured_at,
    )
    assert nurse_at(session, moment) == name


def test_a_place_that_no_user_stands_behind_is_nobodys_turn(house: House) -> None:
    session = stories.infusing(house)
    serves(house, session, None, STARTED_AT, HAND_OVER)
    assert nurse_at(session, STARTED_AT) == "Nils Berg"


def test_before_anything_is_recorded_a_session_without_claims_is_nobodys(house: House) -> None:
    session = stories.arrived(house)
    assert nurse_at(session, session.arrived_at) == "nobody"


def test_the_clock_tells_the_nurse_whose_turn_it_is(house: House, nora: User) -> None:
    session = stories.infusing(house)
    serves(house, session, nora, STARTED_AT, STARTED_AT + timedelta(hours=1))
    overdue = STARTED_AT + 14 * MINUTE
    alert_clocks.run_clocks(now=overdue)
    [alert] = alerts.open_of(session)
    assert [step.told for step in alert.steps.filter(kind="told")] == [nora]
