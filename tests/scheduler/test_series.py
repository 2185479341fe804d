"""A series proposed and booked, told as stories: six sessions, two to five days apart by protocol."""

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import clock
from clinic.models import Consent
from clinic.problems import Conflict, Invalid
from scheduler.finding.wishes import Wish
from scheduler.models import (
    Appointment,
    Claim,
    Opening,
    Resource,
    ResourceKind,
    Series,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.series import proposing
from scheduler.series.proposing import Offer, Proposed
from scheduler.visits import queries
from scheduler.visits.booking import Wanted
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, make_resource, plan_row, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    """Open on every day of six weeks, with two nurses."""
    return set_stage(house, nurses=2, days=42)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def on(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def propose(stage: Stage, plan: TreatmentPlan, wish: Wish = Wish(), **asked: Any) -> Proposed:  # noqa: B008
    return proposing.propose(plan=plan, wish=wish, **{"now": NOW, **asked})


def wanted(offer: Offer) -> list[Wanted]:
    return [
        Wanted(new_id(), session.start, session.wished_chair, session.wished_nurse)
        for session in offer.sessions
    ]


def book(stage: Stage, plan: TreatmentPlan, sessions: list[Wanted], wish: Wish = Wish()) -> Series:  # noqa: B008
    return proposing.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=plan,
        sessions=sessions,
        wish=wish,
        now=NOW,
    )


def days_of(stage: Stage, offer: Offer) -> list[int]:
    """How many days from today each session is."""
    zone = stage.house.clinic.time_zone
    return [(clock.local_date(session.start, zone) - TODAY).days for session in offer.sessions]


def allow(plan: TreatmentPlan, stage: Stage, *, min_days: int, max_days: int) -> None:
    SpacingOverride.objects.create(
        plan=plan,
        min_days=min_days,
        max_days=max_days,
        reason="Lives far away",
        prescriber=stage.house.priya,
        given_at=NOW,
    )


# --- What is proposed ---------------------------------------------------------------------------------------


def test_all_sessions_that_are_left_are_proposed_as_close_together_as_the_protocol_allows(
    stage: Stage, plan: TreatmentPlan
) -> None:
    first, second, third = propose(stage, plan).offers
    assert days_of(stage, first) == [0, 2, 4, 6, 8, 10]
    assert [session.gap for session in first.sessions] == [None, 2, 2, 2, 2, 2]
    assert first.cost.total <= second.cost.total <= third.cost.total
    assert first.words[:3] == (
        "Mornings on varying weekdays. From Mon, Jan 11, done by Thu, Jan 21 (11 days)",
        "All with Nurse 1",
        "From Mon, Jan 11, done by Thu, Jan 21 (11 days)",
    )


def test_every_proposal_can_be_booked_as_it_is_shown(stage: Stage, plan: TreatmentPlan) -> None:
    for offer in propose(stage, plan).offers:
        booked = book(stage, plan, wanted(offer))
        rows = Appointment.objects.filter(series=booked).order_by("during")
        assert [row.starts_at for row in rows] == [session.start for session in offer.sessions]
        for row in rows:
            stage.cancel(row)


def test_a_wish_is_followed_where_it_costs_little(stage: Stage, plan: TreatmentPlan) -> None:
    wish = Wish(weekdays=(0, 3), earliest=time(13))
    (first, *_) = propose(stage, plan, wish).offers
    assert {day % 7 for day in days_of(stage, first)} == {0, 3}
    assert first.words[0].startswith("Mon and Thu afternoons. ")
    assert "All as wished" in first.words


def test_a_nurse_who_is_wished_for_is_the_series_nurse(stage: Stage, plan: TreatmentPlan) -> None:
    nurse = stage.nurses[1]
    (first, *_) = propose(stage, plan, Wish(nurse=nurse.pk)).offers
    assert first.nurse == nurse
    booked = book(stage, plan, wanted(first))
    nurses = Claim.objects.filter(appointment__series=booked, resource__kind="nurse")
    assert {claim.resource_id for claim in nurses} == {nurse.pk}


def test_a_chair_that_is_wished_for_is_taken(stage: Stage, plan: TreatmentPlan) -> None:
    chair = stage.chairs[1]
    (first, *_) = propose(stage, plan, Wish(chair=chair.pk)).offers
    assert {session.wished_chair for session in first.sessions} == {chair}


def test_a_nurse_who_is_wished_for_is_waited_for_and_nobody_else_is(
    stage: Stage, plan: TreatmentPlan
) -> None:
    """Nurse 1 is away on the days that are the soonest."""
    away = range(3)
    for ahead in away:
        Opening.objects.filter(
            resource=stage.nurses[0], during__startswith=stage.at("9:00", on(ahead))
        ).delete()
    (first, *_) = propose(stage, plan).offers
    assert days_of(stage, first)[0] == 0
    assert first.nurse is None
    (first, *_) = propose(stage, plan, Wish(nurse=stage.nurses[0].pk)).offers
    assert days_of(stage, first)[0] == 3
    assert first.nurse == stage.nurses[0]
    assert first.words[1] == "All with Nurse 1"


def test_who_is_told_to_nurse_a_series_does_whether_nurses_hand_over_or_not(
    stage: Stage, plan: TreatmentPlan, house: House
) -> None:
    """Omar's visits of the same hours take the nurses turn about, so that Rosa's have to be handed over."""
    omars = stage.plan(house.omar)
    for ahead in (0, 2, 4, 6):
        stage.book(omars, "9:15", on(ahead), nurse=stage.nurses[ahead // 2 % 2])
    (first, *_) = propose(stage, plan, last=on(12)).offers
    told = [[turn.name for turn in session.nurses] for session in first.sessions]
    booked = book(stage, plan, wanted(first))
    rows = queries.visits().filter(series=booked).order_by("during")
    assert [[turn.name for turn in queries.booked_visit(row).nurses] for row in rows] == told
    assert sum(len(team) > 1 for team in told) == 4
    assert first.words[1] == "Nurse 2 in all 6, nurses hand over in 4"


def test_the_nurse_of_the_first_session_is_rather_asked_for_the_next(
    stage: Stage, plan: TreatmentPlan, house: House
) -> None:
    """On the third day the other nurse has less to do, and still Rosa's own comes first."""
    (first, *_) = propose(stage, plan).offers
    (own,) = {turn.nurse for turn in first.sessions[0].nurses}
    stage.book(stage.plan(house.omar), "13:00", on(2), nurse=own)
    (first, *_) = propose(stage, plan).offers
    assert first.words[1] == f"All with {own.name}"
    booked = book(stage, plan, wanted(first))
    nurses = Claim.objects.filter(appointment__series=booked, resource__kind="nurse")
    assert {claim.resource for claim in nurses} == {own}


def test_a_visit_that_stands_later_says_whom_the_patient_knows(stage: Stage, plan: TreatmentPlan) -> None:
    """Nurse 2 is known from the last session; Nurse 1, alone on the first day, is known to nobody by that."""
    stage.book(plan, "9:00", on(14), nurse=stage.nurses[1])
    Opening.objects.filter(resource=stage.nurses[1], during__startswith=stage.at("9:00")).delete()
    (first, *_) = propose(stage, plan).offers
    assert days_of(stage, first)[0] == 0
    assert first.words[1] == "Nurse 2 in 4 of 5"
    booked = book(stage, plan, wanted(first))
    nurses = Claim.objects.filter(appointment__series=booked, resource=stage.nurses[1])
    assert nurses.values("appointment").distinct().count() == 4


def test_the_prescribers_own_spacing_changes_what_is_proposed(stage: Stage, plan: TreatmentPlan) -> None:
    allow(plan, stage, min_days=7, max_days=7)
    (first, *_) = propose(stage, plan).offers
    assert days_of(stage, first) == [0, 7, 14, 21, 28, 35]


def test_sessions_keep_their_distance_to_those_that_are_booked(stage: Stage, plan: TreatmentPlan) -> None:
    for ahead in (1, 11):
        stage.book(plan, "10:00", on(ahead))
    (first, *_) = propose(stage, plan).offers
    merged = sorted([*days_of(stage, first), 1, 11])
    gaps = [later - earlier for earlier, later in pairwise(merged)]
    assert len(merged) == 6
    assert all(2 <= gap <= 5 for gap in gaps)


def test_fewer_than_three_proposals_say_that_there_are_no_more(stage: Stage, plan: TreatmentPlan) -> None:
    asked = propose(stage, plan, count=1, first=TODAY, last=TODAY)
    assert len(asked.offers) == 2
    assert "no other series" in asked.fewer
    assert propose(stage, plan).fewer == ""


def test_what_stands_against_the_plan_is_said_in_place_of_proposals(
    stage: Stage, plan: TreatmentPlan
) -> None:
    Consent.objects.filter(patient=plan.patient, scope="treatment").delete()
    asked = propose(stage, plan)
    assert [blocker.code for blocker in asked.blockers] == ["consent_missing"]
    assert asked.offers == ()


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"count": 0}, "count"),
        ({"count": 7}, "count"),
        ({"count": 600_000}, "count"),
        ({"first": TODAY + timedelta(days=200)}, "first"),
        ({"last": TODAY - timedelta(days=1)}, "last"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_its_field(
    stage: Stage, plan: TreatmentPlan, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        propose(stage, plan, **asked)
    assert [error["field"] for error in refusal.value.data["errors"]] == [field]


def test_a_plan_whose_sessions_are_all_booked_has_no_series_left(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    stage.book(plan, "10:00")
    with pytest.raises(Conflict) as refusal:
        propose(stage, plan)
    assert refusal.value.code == "sessions_used_up"


# --- What is not possible -----------------------------------------------------------------------------------


def shut(stage: Stage, *days: int) -> None:
    for ahead in days:
        Opening.objects.filter(during__startswith=stage.at("9:00", on(ahead))).delete()


def codes(asked: Proposed) -> list[str]:
    assert asked.impossible is not None
    return [relaxation.code for relaxation in asked.impossible.relaxations]


def test_the_gap_that_fails_is_named_with_what_would_mend_it(stage: Stage, plan: TreatmentPlan) -> None:
    """Closed from Thursday 21 January for nine days: the fifth session can be on the 20th at the latest."""
    shut(stage, *range(10, 19))
    asked = propose(stage, plan, last=on(25))
    assert asked.offers == ()
    assert asked.impossible is not None
    assert asked.impossible.detail == (
        "5 of 6 sessions fit, the last of them on Wed, Jan 20 at the latest."
        " The next has to be between Fri, Jan 22 and Mon, Jan 25: nothing is free."
    )
    assert [(relaxation.code, relaxation.ask) for relaxation in asked.impossible.relaxations] == [
        ("longer_window", {"last": on(29)}),
        ("fewer_sessions", {"count": 5}),
        ("longer_gaps", {"spacing": {"min_days": 2, "max_days": 10}}),
        ("shorter_gaps", {"spacing": {"min_days": 1, "max_days": 5}}),
    ]


def test_each_thing_that_would_make_it_possible_does(stage: Stage, plan: TreatmentPlan) -> None:
    """Asked again the way that is told, there are proposals."""
    wish = Wish(weekdays=(1,), only=True)
    asked = propose(stage, plan, wish)
    assert asked.impossible is not None
    assert "nothing that was asked for is free" in asked.impossible.detail
    assert codes(asked) == ["other_weekdays", "fewer_sessions", "longer_gaps"]
    for relaxation in asked.impossible.relaxations:
        ask = dict(relaxation.ask)
        if "spacing" in ask:
            SpacingOverride.objects.create(
                plan=plan,
                **ask.pop("spacing"),
                reason="Works shifts",
                prescriber=stage.house.priya,
                given_at=NOW,
            )
        again = Wish.from_data(ask.pop("wish")) if "wish" in ask else wish
        assert propose(stage, plan, again, **ask).offers, relaxation.code


def test_a_window_that_is_too_short_is_lengthened_by_as_little_as_will_do(
    stage: Stage, plan: TreatmentPlan
) -> None:
    asked = propose(stage, plan, last=on(8))
    assert codes(asked) == ["longer_window", "fewer_sessions", "shorter_gaps"]
    assert asked.impossible is not None
    assert asked.impossible.relaxations[0].ask == {"last": on(10)}


def test_shorter_gaps_are_offered_for_the_prescriber_to_allow(stage: Stage) -> None:
    plan = stage.plan(valid_until=on(6))
    asked = propose(stage, plan)
    assert codes(asked) == ["fewer_sessions", "shorter_gaps"]
    assert asked.impossible is not None
    assert asked.impossible.relaxations[1].ask == {"spacing": {"min_days": 1, "max_days": 5}}


def test_a_series_that_can_not_follow_the_visit_before_it_in_time_may_start_later(
    stage: Stage, plan: TreatmentPlan
) -> None:
    stage.book(plan, "10:00")
    shut(stage, *range(1, 8))
    asked = propose(stage, plan, first=on(1), now=NOW + timedelta(days=1))
    assert asked.impossible is not None
    assert asked.impossible.detail == (
        "The visit before is on Mon, Jan 11. The next has to be between Wed, Jan 13 and Sat, Jan 16:"
        " nothing is free."
    )
    assert codes(asked) == ["later_start", "longer_gaps"]
    later = asked.impossible.relaxations[0].ask
    assert propose(stage, plan, now=NOW + timedelta(days=1), **later).offers


# --- What is booked -----------------------------------------------------------------------------------------


def test_a_series_is_booked_with_what_was_wished_for(stage: Stage, plan: TreatmentPlan) -> None:
    wish = Wish(weekdays=(0, 3))
    booked = book(stage, plan, wanted(propose(stage, plan, wish).offers[0]), wish)
    booked.refresh_from_db()
    assert Wish.from_data(booked.wish) == wish
    assert booked.booked_by == stage.house.ana
    assert booked.appointments.count() == 6


def test_one_session_that_is_taken_meanwhile_undoes_all_of_them_and_is_named(
    stage: Stage, plan: TreatmentPlan
) -> None:
    offer = propose(stage, plan).offers[0]
    third = offer.sessions[2].start
    shut(stage, 4)
    with pytest.raises(Conflict) as refusal:
        book(stage, plan, wanted(offer))
    (refused,) = refusal.value.data["sessions"]
    assert (refused["number"], refused["start"]) == (3, third)
    assert "outside_hours" in [blocker["code"] for blocker in refused["blockers"]]
    assert refusal.value.detail.startswith("Fri, Jan 15, 09:00: ")
    assert (Appointment.objects.count(), Series.objects.count()) == (0, 0)
    fresh = refusal.value.data["proposals"]
    assert len(fresh) == 3
    assert third not in [session["start"] for offered in fresh for session in offered["sessions"]]


@pytest.mark.parametrize(
    ("days", "number"),
    [
        ((0, 2, 8), 3),  # six days among its own
        ((2, 4), 2),  # six days to the visit that stands on the tenth
        ((0, 2, 16), 3),  # six days from it
    ],
)
def test_sessions_further_apart_than_the_plan_allows_are_refused_and_nothing_is_booked(
    stage: Stage, plan: TreatmentPlan, days: tuple[int, ...], number: int
) -> None:
    stage.book(plan, "9:00", on(10))
    with pytest.raises(Conflict) as refusal:
        book(stage, plan, [Wanted(new_id(), stage.at("9:00", on(ahead))) for ahead in days])
    assert refusal.value.code == "not_bookable"
    told = refusal.value.data["sessions"]
    assert (told[-1]["number"], told[-1]["blockers"][0]["code"]) == (number, "spacing_too_far")
    assert "6 days from" in refusal.value.detail
    assert "the protocol asks for at most 5." in refusal.value.detail
    assert refusal.value.data["proposals"]
    assert (plan.appointments.count(), Series.objects.count()) == (1, 0)


def test_sessions_nearer_than_the_plan_allows_are_refused_and_nothing_is_booked(
    stage: Stage, plan: TreatmentPlan
) -> None:
    with pytest.raises(Conflict) as refusal:
        book(stage, plan, [Wanted(new_id(), stage.at("9:00", on(ahead))) for ahead in (0, 2, 3)])
    (told,) = refusal.value.data["sessions"]
    assert (told["number"], told["blockers"][0]["code"]) == (3, "spacing_too_close")
    assert plan.appointments.count() == 0


def test_after_an_interruption_a_series_may_begin_as_late_as_it_does(
    stage: Stage, plan: TreatmentPlan
) -> None:
    stage.book(plan, "9:00")
    assert book(stage, plan, [Wanted(new_id(), stage.at("9:00", on(ahead))) for ahead in (20, 25)])


def test_a_series_of_nothing_or_of_one_id_twice_is_refused(stage: Stage, plan: TreatmentPlan) -> None:
    one = Wanted(new_id(), stage.at("9:00"))
    for sessions in ([], [one, one]):
        with pytest.raises(Invalid):
            book(stage, plan, sessions)


def test_more_sessions_than_are_left_are_refused_before_any_is_decided(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = stage.plan(sessions_ordered=2)
    sessions = [Wanted(new_id(), stage.at("9:00", on(ahead))) for ahead in (0, 2, 4)]
    monkeypatch.setattr("scheduler.visits.booking.book_all", None)
    with pytest.raises(Conflict, match="2 sessions of the plan can still be booked, not 3") as refusal:
        book(stage, plan, sessions)
    assert [row["number"] for row in refusal.value.data["sessions"]] == [3]
    assert Appointment.objects.count() == 0


def test_a_long_plan_is_proposed_and_booked_by_the_sixty(stage: Stage) -> None:
    plan = plan_row(stage.house, stage.protocol, stage.house.rosa, sessions_ordered=100)
    assert propose(stage, plan).count == proposing.MOST_SESSIONS
    too_many = [Wanted(new_id(), stage.at("9:00", on(ahead))) for ahead in range(61)]
    for refused in (lambda: propose(stage, plan, count=61), lambda: book(stage, plan, too_many)):
        with pytest.raises(Invalid, match="Give at most 60 sessions at once"):
            refused()


@pytest.mark.parametrize("who", ["a clinician", "a chair", "an inactive nurse", "another clinic's nurse"])
def test_only_a_working_nurse_of_the_clinic_can_be_wished_for(
    stage: Stage, plan: TreatmentPlan, other_house: House, who: str
) -> None:
    wished = {
        "a clinician": stage.clinician,
        "a chair": stage.chairs[0],
        "an inactive nurse": stage.nurses[1],
        "another clinic's nurse": make_resource(other_house, ResourceKind.NURSE, "Olga", 6),
    }[who]
    offer = propose(stage, plan).offers[0]
    Resource.objects.filter(pk=stage.nurses[1].pk).update(active=False)
    wish = Wish(nurse=wished.pk)
    for refused in (lambda: propose(stage, plan, wish), lambda: book(stage, plan, wanted(offer), wish)):
        with pytest.raises(Invalid, match="not a working nurse of the patient's clinic") as refusal:
            refused()
        assert [error["field"] for error in refusal.value.data["errors"]] == ["wish.nurse"]
    assert propose(stage, plan, Wish(nurse=stage.nurses[0].pk, chair=stage.chairs[0].pk)).offers


def test_a_clinic_without_nurses_is_told_so(stage: Stage, plan: TreatmentPlan) -> None:
    Resource.objects.filter(pk__in=[nurse.pk for nurse in stage.nurses]).update(active=False)
    asked = propose(stage, plan)
    assert [blocker.detail for blocker in asked.blockers] == ["The clinic has no working nurse."]
    assert (asked.offers, asked.impossible) == ((), None)


def test_proposing_takes_as_many_queries_however_full_the_clinic_is(
    stage: Stage, plan: TreatmentPlan, house: House
) -> None:
    def queries() -> int:
        read = TreatmentPlan.objects.select_related("clinic", "protocol", "patient").get(pk=plan.pk)
        with CaptureQueriesContext(
            connection,
        ) as counted:
            assert propose(stage, read).offers
        return len(counted)

    empty = queries()
    omars = stage.plan(house.omar)
    book(stage, omars, wanted(propose(stage, omars).offers[0]))
    assert queries() == empty
