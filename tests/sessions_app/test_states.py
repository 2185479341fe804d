"""The one table of states, and that it and the database speak the same words."""

import pytest
from django.apps import apps

from clinic.models import Role
from sessions_app import states
from sessions_app.access import MAY
from sessions_app.models import SessionState


def test_the_table_and_the_database_know_the_same_states() -> None:
    named = {state for act in states.ACTS.values() for pair in act.moves.items() for state in pair}
    assert named == set(SessionState.values)


def test_the_table_and_the_clinic_know_the_same_roles() -> None:
    assert {role for act in states.ACTS.values() for role in act.roles} <= set(Role.values)
    assert MAY["start"] == {Role.NURSE, Role.PRESCRIBER}


def test_what_an_act_writes_is_a_table_of_this_floor() -> None:
    written = {act.writes for act in states.ACTS.values()}
    assert written <= {model.__name__ for model in apps.get_app_config("sessions_app").get_models()}


def test_every_requirement_says_what_is_missing() -> None:
    required = {code for act in states.ACTS.values() for code in act.requires}
    assert required == set(states.MISSING)


@pytest.mark.parametrize("state", SessionState.values)
def test_a_signed_session_can_only_be_amended_and_no_other_can(state: str) -> None:
    assert states.ACTS["amend"].allows(state) is (state == states.SIGNED)
    if state == states.SIGNED:
        assert states.possible(state) == ["amend"]


def test_a_refusal_names_the_state_and_the_states_in_which_it_would_work() -> None:
    said = states.refusal(states.ACTS["pause"], states.RECOVERING)
    assert said == "You can't pause the infusion now: the session is recovering, and must be infusing."
    assert states.refusal(states.ACTS["pause"], states.INFUSING) == ""


def test_blockers_come_in_the_tables_order_with_their_details() -> None:
    found = states.blockers(states.ACTS["start"], {"dose_prepared": "", "checklist_complete": "Open: mood."})
    assert [blocker.code for blocker in found] == ["checklist_complete", "dose_prepared"]
    assert found[0].detail == "Answer every item of the checklist. Open: mood."


def test_an_act_cannot_be_blocked_by_what_it_does_not_require() -> None:
    with pytest.raises(ValueError, match="does not require"):
        states.blockers(states.ACTS["pause"], {"escort": ""})
