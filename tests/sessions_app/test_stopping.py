"""What an infusion is said to have given: the pump's own figure, what the bag holds, an early stop."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from scheduler.models import AppointmentStatus
from sessions_app.infusing import infusion, progress, stopping
from sessions_app.models import InfusionEvent, Session
from sessions_app.signing import signing
from tests.at_once import at_once
from tests.cast import NOW, House, make_house, new_id
from tests.sessions_app import stories
from tests.sessions_app.steps import ORDERED, at, errors_of, given, take
from tests.sessions_app.stories import STOPPED_AT

# --- The pump's own figure ----------------------------------------------------------------------------------


def test_the_pumps_own_volume_counts_at_the_stop(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, stopping.stop, volume_ml=Decimal("98.0"), now=at(40))
    assert given(session, at(60)) == ("98.00", "34.3")
    assert not stories.fresh(session).stopped_early


def test_a_volume_far_from_the_reckoned_one_must_be_confirmed(house: House) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="the pump gave 100 mL") as refused:
        take(house, session, stopping.stop, volume_ml=Decimal("80.0"), now=at(40))
    assert errors_of(refused) == [("volume_ml", "confirm")]
    take(house, session, stopping.stop, volume_ml=Decimal("80.0"), confirmed=True, now=at(40))
    assert given(session, at(60)) == ("80.00", "28.0")
    assert stories.fresh(session).stopped_early  # 20 mL are left


@pytest.mark.parametrize("volume", ["-0.1", "100.1"])
def test_a_volume_that_was_not_in_the_bag_is_refused_even_confirmed(house: House, volume: str) -> None:
    session = stories.infusing(house)
    with pytest.raises(Invalid, match="read the pump again"):
        take(house, session, stopping.stop, volume_ml=Decimal(volume), confirmed=True, now=at(40))


def test_a_bolus_out_of_the_bag_leaves_an_account_of_the_drug_that_comes_out(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.give_bolus, volume_ml=Decimal("10.0"), **ORDERED, now=at(10))
    standing = progress.progress(stories.fresh(session), at(10))
    assert standing is not None
    assert (standing.left_ml, standing.minutes_left) == (Decimal("65.00"), 26)
    take(house, session, stopping.stop, now=at(36))
    assert given(session, at(36)) == ("100.00", "35.0")
    assert not stories.fresh(session).stopped_early


def test_a_volume_below_the_boluses_is_refused_even_confirmed(house: House) -> None:
    session = stories.infusing(house)
    take(house, session, infusion.give_bolus, volume_ml=Decimal("20.0"), **ORDERED, now=at(10))
    with pytest.raises(Invalid, match="The boluses alone were 20 mL"):
        take(house, session, stopping.stop, volume_ml=Decimal("19.9"), confirmed=True, now=at(11))
    take(house, session, stopping.stop, volume_ml=Decimal("20.0"), confirmed=True, now=at(11))


@pytest.mark.parametrize(
    ("volume", "asked", "answer", "says"),
    [
        ("20.0", "volume_ml", "confirmed", "20 mL of this bag are 7 mg, on top of what the pump gives"),
        (
            "50.1",
            "came_from_elsewhere",
            "came_from_elsewhere",
            "with this bolus 100.1 mL were given, 35 mg of 35 mg",
        ),
    ],
)
def test_a_bolus_is_kept_when_its_mg_were_seen_and_somebody_ordered_it(
    house: House, volume: str, asked: str, answer: str, says: str
) -> None:
    """After 20 minutes at 150 mL/h half of the 100 mL is left. Each doubt has an answer of its own."""
    session = stories.infusing(house)
    bolus: Callable[..., InfusionEvent] = partial(
        take, house, session, infusion.give_bolus, volume_ml=Decimal(volume), now=at(20)
    )
    other = {"confirmed", "came_from_elsewhere"} - {answer}
    for said in ({}, dict.fromkeys(other, True)):
        with pytest.raises(Invalid) as refused:
            bolus(**said)
        assert errors_of(refused) == [(asked, "confirm"), ("reason", "invalid")]
        assert says in refused.value.detail
    with pytest.raises(Invalid, match="Say who ordered it") as refused:
        bolus(**{answer: True})
    assert errors_of(refused) == [("reason", "invalid")]
    bolus(**{answer: True}, reason="Dr. Nair ordered it")


@pytest.mark.django_db(transaction=True)
def test_of_boluses_sent_at_once_those_that_the_bag_cannot_hold_are_asked_about() -> None:
    house = make_house()
    session = stories.infusing(house)
    bolus = partial(take, house, session, infusion.give_bolus, volume_ml=Decimal("40.0"), now=at(2))
    outcomes = at_once(*[partial(bolus, **ORDERED)] * 4)
    asked = [outcome for outcome in outcomes if isinstance(outcome, Invalid)]
    assert len(asked) == 2
    errors = [(each["field"], each["code"]) for refusal in asked for each in refusal.data["errors"]]
    assert errors == [("came_from_elsewhere", "confirm")] * 2
    assert given(session, at(2)) == ("85.00", "29.8")


@pytest.mark.parametrize(
    ("rate", "minutes", "early"),
    [("300.0", 25, False), ("300.0", 24.9, False), ("300.0", 23.9, True), ("75.0", 60, True)],
)
def test_a_stop_is_early_by_what_is_left_in_the_bag_not_by_the_clock(
    house: House, rate: str, minutes: float, early: bool
) -> None:
    """After 10 minutes at 150 mL/h 75 mL are left: 15 minutes at twice the rate."""
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal(rate), **ORDERED, now=at(10))
    take(house, session, stopping.stop, now=at(minutes))
    assert stories.fresh(session).stopped_early is early


def test_a_high_rate_makes_no_stop_a_late_one(house: House) -> None:
    """At 9999.9 mL/h the whole bag runs through in a minute: what is left of it counts."""
    session = stories.infusing(house)
    take(house, session, infusion.change_rate, rate_ml_per_h=Decimal("9999.9"), **ORDERED, now=at(0))
    take(house, session, stopping.stop, now=at(0.04))
    session = stories.fresh(session)
    assert session.stopped_early
    assert progress.stop_lacks(session) == ("reason", "volume_ml")


# --- An early stop ------------------------------------------------------------------------------------------


def stopped_at_once(house: House, **told: Any) -> Session:
    """Stopped after 12 of 40 minutes, 30 of 100 mL, with no more than this told."""
    session = stories.infusing(house)
    take(house, session, stopping.stop, now=at(12), **told)
    return stories.fresh(session)


def test_an_early_stop_lands_without_a_word_and_is_explained_afterwards(house: House) -> None:
    session = stopped_at_once(house)
    assert (session.state, progress.stop_lacks(session)) == ("recovering", ("reason", "volume_ml"))
    told = {"reason": "Distress", "volume_ml": Decimal("31.0")}
    line = take(house, session, stopping.explain_stop, now=at(20), **told)
    assert (line.happened_at, line.recorded_at) == (at(12), at(20))
    session = stories.fresh(session)
    assert (session.stop_reason, progress.stop_lacks(session)) == ("Distress", ())
    assert given(session, at(12)) == given(session, at(60)) == ("31.00", "10.9")
    with pytest.raises(Conflict) as refused:
        take(house, session, stopping.explain_stop, now=at(21), **told)
    assert refused.value.code == "stop_explained"


@pytest.mark.parametrize(
    ("told", "later", "field"),
    [
        ({}, {}, "reason"),
        ({}, {"reason": "\u200b", "unreadable": True}, "reason"),
        ({"reason": "Distress"}, {}, "volume_ml"),
        ({"reason": "Distress"}, {"reason": "Pain", "unreadable": True}, "reason"),
        ({"reason": "Distress"}, {"volume_ml": Decimal(30), "unreadable": True}, "volume_ml"),
        ({"reason": "Distress"}, {"volume_ml": Decimal(60)}, "volume_ml"),
        ({"volume_ml": Decimal(30)}, {"reason": "Pain", "volume_ml": Decimal(30)}, "volume_ml"),
    ],
)
def test_only_what_the_stop_lacks_explains_it(house: House, told: Any, later: Any, field: str) -> None:
    session = stopped_at_once(house, **told)
    with pytest.raises(Invalid) as refused:
        take(house, session, stopping.explain_stop, now=at(20), **later)
    assert errors_of(refused)[0][0] == field


def test_where_nobody_can_read_the_pump_any_more_what_is_reckoned_counts(house: House) -> None:
    session = stopped_at_once(house, reason="Distress")
    take(house, session, stopping.explain_stop, unreadable=True, now=at(20))
    assert progress.stop_lacks(stories.fresh(session)) == ()
    assert given(session, at(60)) == ("30.00", "10.5")


def test_who_only_explains_a_stop_did_not_give_the_infusion(house: House) -> None:
    session, priya = stopped_at_once(house, reason="Distress"), house.actor(house.priya)
    stopping.explain_stop(actor=priya, id=new_id(), session=session, unreadable=True, now=at(20))
    offered = signing.meanings_open_to(priya, stories.fresh(session))
    assert [meaning.code for meaning in offered] == ["prescriber_review"]


def test_a_stop_at_the_end_of_the_bag_lacks_nothing(house: House) -> None:
    session = stories.recovering(house)
    assert progress.stop_lacks(session) == ()
    with pytest.raises(Conflict):
        take(house, session, stopping.explain_stop, reason="Done", unreadable=True, now=at(41))


def test_a_stop_called_early_is_one_and_keeps_its_reason(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    stopping.stop(actor=nils, id=new_id(), session=session, early=True, reason="Distress", now=STOPPED_AT)
    current = stories.fresh(session)
    assert (current.state, current.stopped_early, current.stop_reason) == ("recovering", True, "Distress")


def test_nothing_given_ends_the_visit_and_needs_a_reason(house: House) -> None:
    session = stories.arrived(house)
    nils = house.actor(house.nils)
    with pytest.raises(Invalid, match="reason"):
        stopping.not_given(actor=nils, id=new_id(), session=session, reason="", now=NOW)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="No ride home", now=NOW)
    current = stories.fresh(session)
    assert (current.state, current.appointment.status) == ("not_given", AppointmentStatus.FULFILLED)


def test_a_running_infusion_cannot_be_recorded_as_not_given(house: House) -> None:
    session = stories.infusing(house)
    with pytest.raises(Conflict) as refused:
        stopping.not_given(
            actor=house.actor(house.nils), id=new_id(), session=session, reason="x", now=STOPPED_AT
        )
    assert refused.value.code == "wrong_state"


def test_a_stop_before_its_time_is_recorded_as_early_whatever_was_ticked(house: House) -> None:
    session = stories.infusing(house)
    nils = house.actor(house.nils)
    stopping.stop(actor=nils, id=new_id(), session=session, now=stories.STARTED_AT + timedelta(minutes=12))
    assert stories.fresh(session).stopped_early
    omars = stories.recovering(house, house.omar)
    assert not omars.stopped_early
