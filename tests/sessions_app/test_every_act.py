"""The table of states at the door of the API: each act in each state, by its own row and no other.

What an act needs besides its state, and what it writes, is in the story files of its room.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from clinic.models import User
from sessions_app import states
from sessions_app.infusing import infusion, stopping
from sessions_app.models import Session
from sessions_app.preparing import checklist
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.sessions_app import stories

LATER = NOW + timedelta(hours=3)


def preparing(house: House) -> Session:
    session = stories.arrived(house)
    nils = house.actor(house.nils)
    checklist.answer(actor=nils, session=session, answers=stories.ALL_PASS[:1], now=NOW)
    return session


def paused(house: House) -> Session:
    session = stories.infusing(house)
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=session, now=stories.STOPPED_AT)
    return session


def not_given(house: House) -> Session:
    session = stories.arrived(house)
    nils = house.actor(house.nils)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="No ride home", now=NOW)
    return session


IN_STATE: dict[str, Callable[[House], Session]] = {
    states.ARRIVED: stories.arrived,
    states.PREPARING: preparing,
    states.INFUSING: stories.infusing,
    states.PAUSED: paused,
    states.RECOVERING: stories.recovering,
    states.DISCHARGED: stories.discharged,
    states.NOT_GIVEN: not_given,
    states.SIGNED: stories.signed,
}
# The address of each act, and the least that it can be asked with; ids of lines are anybody's.
CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "checklist": ("checklist", {"answers": [{"item": "mood", "result": "pass"}]}),
    "dose": (
        "dose",
        {"weight_kg": "70", "weighed_at": NOW.isoformat(), "stock_mg_per_ml": "50", "bag_volume_ml": "100"},
    ),
    "vitals": ("vitals", {"measured_at": NOW.isoformat(), **stories.CALM.values}),
    "side_effect": ("side-effects", {"term": "nausea", "grade": 1, "onset_at": NOW.isoformat()}),
    "course": ("side-effects/course", {"effect": str(new_id()), "grade": 1}),
    "check_dose": ("dose-checks", {"worksheet": str(new_id()), **stories.FOUND}),
    "override": ("overrides", {"subject": "start_limits", "about": str(new_id()), "reason": "Seen"}),
    "medicine": (
        "medicines",
        {
            "medicine": "Ondansetron",
            "given_at": NOW.isoformat(),
            "amount": "4",
            "unit": "mg",
            "route": "intravenous",
            "reason": "Nausea",
        },
    ),
    "waste": ("waste", {"vial": "LOT 7", "drawn_mg": "50", "wasted_mg": "15"}),
    "witness": ("witness", {"waste": str(new_id())}),
    "note": ("notes", {"text": "Her sister came along."}),
    "start": ("start", {}),
    "pause": ("pause", {}),
    "rate": ("rate", {"rate_ml_per_h": "120"}),
    "bolus": ("bolus", {"volume_ml": "1"}),
    "resume": ("resume", {}),
    "stop": ("stop", {}),
    "explain_stop": ("explain-stop", {"reason": "Distress", "unreadable": True}),
    "not_given": ("not-given", {"reason": "No ride home"}),
    "discharge": ("discharge", stories.GOING_HOME),
    "sign": ("sign", {"meaning": "prescriber_review", "password": PASSWORD}),
    "amend": ("amendments", {"reason": "Heard later", "password": PASSWORD}),
}
# An alert has an address of its own.
ELSEWHERE = {"alert"}


@pytest.fixture(autouse=True)
def later() -> Iterator[None]:
    with time_machine.travel(LATER, tick=False):
        yield


def send(session: Session, act: str, user: User, **headers: str) -> Any:
    """One call of this act; whatever it wrote is undone."""
    address, body = CALLS[act]
    lines = {"corrections": [{"id": str(new_id()), "note": {"text": "Late"}}]} if act == "amend" else {}
    with transaction.atomic():
        answer = client_of(user).post(
            f"/api/v1/sessions/{session.pk}/{address}/",
            {"id": str(new_id()), **body, **lines},
            headers=headers,
        )
        transaction.set_rollback(True)
    return answer


def test_every_act_of_the_table_is_called_here() -> None:
    assert set(CALLS) | ELSEWHERE == set(states.ACTS)
    assert set(IN_STATE) == {
        state for act in states.ACTS.values() for pair in act.moves.items() for state in pair
    }


@pytest.mark.parametrize("state", IN_STATE)
def test_an_act_is_refused_by_its_state_where_the_table_says_so_and_nowhere_else(
    house: House, state: str
) -> None:
    session = IN_STATE[state](house)
    assert stories.fresh(session).state == state
    wrong = []
    for act in CALLS:
        answer = send(session, act, house.priya)
        told = answer.json()
        by_state = (answer.status_code, told.get("code")) == (409, "wrong_state")
        if by_state is states.ACTS[act].allows(state):
            wrong.append(f"{act}: {answer.status_code} {told}")
        elif by_state and told["detail"] != states.refusal(states.ACTS[act], state):
            wrong.append(f"{act}: {told['detail']}")
    assert not wrong, "\n".join(wrong)


def test_every_act_on_an_older_revision_is_told_what_has_changed(house: House) -> None:
    session = paused(house)
    wrong = []
    for act in CALLS:
        answer = send(session, act, house.priya, **{"If-Match": '"0"'})
        told = answer.json()
        if (answer.status_code, told.get("state")) != (412, states.PAUSED) or not told["changes"]:
            wrong.append(f"{act}: {answer.status_code} {told}")
    assert not wrong, "\n".join(wrong)
