"""A visit moves: to another time, to other people, with others at once, or from a moment on."""

from datetime import datetime, timedelta

import pytest

from clinic.models import Consent
from clinic.problems import Conflict
from scheduler.finding.availability import Visit
from scheduler.finding.supply import visit_of
from scheduler.models import Appointment, Claim, ParticipantStatus, Resource, Series
from scheduler.visits import attendance, booking, moving, queries
from scheduler.visits.booking import Wanted
from scheduler.visits.placing import Move
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, open_on, set_stage

TOMORROW, WEDNESDAY, THURSDAY, FRIDAY = (TODAY + timedelta(days=ahead) for ahead in (1, 2, 3, 4))


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


def move(stage: Stage, visit: Appointment, start: datetime, **asked: object) -> Appointment:
    return moving.reschedule(
        **{  # type: ignore[arg-type]
            "actor": stage.house.actor(stage.house.ana),
            "appointment": visit,
            "start": start,
            "now": NOW,
            **asked,
        }
    )


def rearrange(stage: Stage, *moves: Move, now: datetime = NOW) -> list[Appointment]:
    return moving.rearrange(
        actor=stage.house.actor(stage.house.ana),
        clinic=stage.house.clinic,
        moves=moves,
        reason="Nurse ill",
        now=now,
    )


def held(visit: Appointment) -> list[tuple[str, datetime, datetime]]:
    claims = Claim.objects.filter(appointment=visit).select_related("resource").order_by("during", "pk")
    return [(claim.resource.name, claim.during.lower, claim.during.upper) for claim in claims]


def nurses(visit: Appointment) -> list[tuple[str, datetime]]:
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    return [(turn.name, turn.start) for turn in shown.nurses]


# --- One visit ----------------------------------------------------------------------------------------


def test_a_moved_visit_keeps_its_id_and_asks_to_be_confirmed_again(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    attendance.confirm(appointment=visit, now=NOW)

    moved = move(stage, visit, stage.at("13:00", TOMORROW))

    assert (moved.pk, moved.status) == (visit.pk, "booked")
    assert moved.patient_status == ParticipantStatus.NEEDS_ACTION
    assert (moved.starts_at, moved.ends_at) == (stage.at("13:00", TOMORROW), stage.at("15:00", TOMORROW))
    assert {start for _, start, _ in held(visit)} >= {stage.at("13:00", TOMORROW)}
    assert not Claim.objects.filter(during__endswith__lte=stage.at("17:00")).exists()


def test_a_visit_may_move_into_its_own_time(stage: Stage) -> None:
    """Chair, nurse, spacing and the patient's other visits: none of these is itself."""
    visit = stage.book(stage.plan(sessions_ordered=1), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])

    moved = move(stage, visit, stage.at("10:00"), chair=stage.chairs[0], nurse=stage.nurses[0])

    assert moved.starts_at == stage.at("10:00")


def test_the_same_time_again_changes_nothing(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])
    attendance.confirm(appointment=visit, now=NOW)
    claims = list(Claim.objects.values_list("pk", flat=True))

    same = move(stage, visit, stage.at("9:30"))
    move(stage, visit, stage.at("9:30"), chair=stage.chairs[0], nurse=stage.nurses[0])

    assert same.patient_status == ParticipantStatus.ACCEPTED
    assert list(Claim.objects.values_list("pk", flat=True)) == claims


def test_another_chair_at_the_same_time_leaves_the_confirmation(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    attendance.confirm(appointment=visit, now=NOW)

    moved = move(stage, visit, stage.at("9:30"), chair=stage.chairs[1])

    assert moved.patient_status == ParticipantStatus.ACCEPTED
    assert stage.chairs[1].name in {name for name, _, _ in held(visit)}


def test_a_move_that_cannot_be_is_refused_and_leaves_the_visit_where_it_was(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "13:00", chair=stage.chairs[0])
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    before = held(visit)

    with pytest.raises(Conflict) as refusal:
        move(stage, visit, stage.at("13:00"), chair=stage.chairs[0])

    assert refusal.value.code == "not_bookable"
    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == ["chair_taken"]
    # Its own time is among what could be offered: it would be free.
    assert any(alternative["start"] < stage.at("11:40") for alternative in refusal.value.data["alternatives"])
    visit.refresh_from_db()
    assert (visit.starts_at, held(visit)) == (stage.at("9:30"), before)


def test_check_answers_for_a_move_as_the_move_does(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    visit = stage.book(plan, "9:30", chair=stage.chairs[0])

    assert not stage.check(plan, "10:00").bookable
    assert stage.check(plan, "10:00", appointment=visit).bookable


def test_a_visit_that_has_arrived_is_not_moved(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)

    for ask in (
        lambda: move(stage, visit, stage.at("13:00")),
        lambda: stage.check(visit.plan, "13:00", appointment=Appointment.objects.get(pk=visit.pk)),
    ):
        with pytest.raises(Conflict, match="Undo the check-in first") as refusal:
            ask()
        assert refusal.value.code == "not_movable"


def test_a_visit_takes_the_place_of_the_hold_that_was_made_for_it(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30", FRIDAY)
    ana = stage.house.actor(stage.house.ana)
    offer = booking.hold(
        actor=ana, id=new_id(), plan=plan, start=stage.at("9:30"), without=[visit.pk], now=NOW
    )

    moved = move(stage, visit, stage.at("9:30"), in_place_of=offer)

    offer.refresh_from_db()
    assert (moved.pk, moved.starts_at) == (visit.pk, stage.at("9:30"))
    assert offer.lapsed_hold
    assert set(Claim.objects.values_list("appointment", flat=True)) == {visit.pk}


def test_no_visit_takes_the_place_of_a_hold_that_ran_out(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30", FRIDAY)
    offer = booking.hold(
        actor=None, id=new_id(), plan=plan, start=stage.at("9:30"), without=[visit.pk], now=NOW
    )

    with pytest.raises(Conflict) as refusal:
        move(stage, visit, stage.at("9:30"), in_place_of=offer, now=NOW + timedelta(minutes=10))

    assert refusal.value.code == "hold_over"
    visit.refresh_from_db()
    assert visit.starts_at == stage.at("9:30", FRIDAY)


# --- Several at once ----------------------------------------------------------------------------------


def test_a_series_is_booked_whole(stage: Stage) -> None:
    plan = stage.plan()
    series = Series.objects.create(clinic=stage.house.clinic, plan=plan)
    wanted = [Wanted(new_id(), stage.at("9:30", day)) for day in (TODAY, WEDNESDAY, FRIDAY)]

    booked = booking.book_all(
        actor=stage.house.actor(stage.house.ana), plan=plan, series=series, sessions=wanted, now=NOW
    )

    assert [visit.pk for visit in booked] == [one.id for one in wanted]
    assert {visit.series_id for visit in booked} == {series.pk}


def test_one_session_that_cannot_be_leaves_the_whole_series_unbooked(stage: Stage) -> None:
    """Every session that can't be is told, each with its own reasons; the last is too close to the third."""
    plan = stage.plan()
    series = Series.objects.create(clinic=stage.house.clinic, plan=plan)
    for name, chair, nurse in zip(("Ida", "Jon"), stage.chairs, stage.nurses, strict=True):
        other = make_patient(stage.house.clinic, name, "Koch")
        stage.book(stage.plan(other), "9:30", chair=chair, nurse=nurse)
    wanted = [
        Wanted(new_id(), stage.at(*when))
        for when in (("9:30", TODAY), ("9:30", WEDNESDAY), ("12:00", THURSDAY))
    ]

    with pytest.raises(Conflict) as refusal:
        booking.book_all(
            actor=stage.house.actor(stage.house.ana), plan=plan, series=series, sessions=wanted, now=NOW
        )

    told = {row["id"]: [b["code"] for b in row["blockers"]] for row in refusal.value.data["sessions"]}
    assert list(told) == [wanted[0].id, wanted[2].id]
    assert "chair_taken" in told[wanted[0].id]
    assert told[wanted[2].id] == ["spacing_too_close"]
    assert "Thu, Jan 14, 12:00" in refusal.value.detail
    assert not Appointment.objects.filter(series=series).exists()


def test_two_visits_change_places(stage: Stage) -> None:
    rosas = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    omars = stage.book(stage.plan(stage.house.omar), "9:30", TOMORROW, chair=stage.chairs[0])

    rearrange(
        stage,
        Move(rosas, stage.at("9:30", TOMORROW), chair_id=stage.chairs[0].pk),
        Move(omars, stage.at("9:30"), chair_id=stage.chairs[0].pk),
    )

    for visit, day in ((rosas, TOMORROW), (omars, TODAY)):
        visit.refresh_from_db()
        assert visit.starts_at == stage.at("9:30", day)
        assert held(visit)[0][1] == stage.at("9:30", day)


def test_a_patients_own_visits_move_up_one_after_the_other(stage: Stage) -> None:
    """Each comes to where the next one was: none is in two places once all are there."""
    plan = stage.plan()
    first, second = stage.book(plan, "9:30"), stage.book(plan, "9:30", WEDNESDAY)

    rearrange(stage, Move(first, stage.at("9:30", WEDNESDAY)), Move(second, stage.at("9:30", FRIDAY)))

    assert [visit.starts_at for visit in Appointment.objects.filter(plan=plan).order_by("during")] == [
        stage.at("9:30", WEDNESDAY),
        stage.at("9:30", FRIDAY),
    ]


def test_one_move_that_cannot_be_undoes_all_and_names_the_visit(stage: Stage) -> None:
    rosas = stage.book(stage.plan(), "9:30")
    omars = stage.book(stage.plan(stage.house.omar), "12:00")
    before = held(rosas), held(omars)

    with pytest.raises(Conflict) as refusal:
        rearrange(stage, Move(rosas, stage.at("13:00")), Move(omars, stage.at("16:00")))

    (row,) = refusal.value.data["visits"]
    assert (row["id"], [blocker["code"] for blocker in row["blockers"]]) == (
        omars.pk,
        ["outside_hours", "outside_hours", "no_clinician"],
    )
    assert "Mon, Jan 11, 16:00" in refusal.value.detail
    assert (held(rosas), held(omars)) == before


def test_pinned_turns_are_taken_as_told(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])
    first, second = stage.nurses

    rearrange(
        stage,
        Move(
            visit,
            stage.at("9:30"),
            turns=((stage.at("9:30"), second.pk), (stage.at("10:30"), first.pk)),
        ),
    )

    assert nurses(visit) == [("Nurse 2", stage.at("9:30")), ("Nurse 1", stage.at("10:30"))]


def test_a_pinned_nurse_without_room_is_refused_by_name(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "9:30", nurse=stage.nurses[1])
    visit = stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])

    with pytest.raises(Conflict) as refusal:
        rearrange(stage, Move(visit, stage.at("9:30"), turns=((stage.at("9:30"), stage.nurses[1].pk),)))

    (row,) = refusal.value.data["visits"]
    (blocker,) = row["blockers"]
    assert (blocker["code"], blocker["minutes"]) == ("nurse_overloaded", 20)
    assert blocker["detail"].startswith("Nurse 2 would have too many patients at once")


def test_a_visit_under_way_keeps_what_lies_behind_it(stage: Stage) -> None:
    """In the infusion at 10:00 the chair changes, at its end the nurse: the half hour until then stays."""
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=stage.at("9:30"))

    rearrange(
        stage,
        Move(
            visit,
            stage.at("9:30"),
            chair_id=stage.chairs[1].pk,
            turns=((stage.at("10:00"), stage.nurses[0].pk), (stage.at("10:30"), stage.nurses[1].pk)),
            since=stage.at("10:00"),
        ),
        now=stage.at("10:00"),
    )

    of: dict[str, list[tuple[datetime, datetime]]] = {}
    for name, start, end in held(visit):
        of.setdefault(name, []).append((start, end))
    assert of["Chair 1"] == [(stage.at("9:30"), stage.at("10:00"))]
    assert of["Chair 2"] == [(stage.at("10:00"), stage.at("11:40"))]
    assert of["Nurse 1"] == [
        (stage.at("9:30"), stage.at("9:50")),
        (stage.at("9:50"), stage.at("10:00")),
        (stage.at("10:00"), stage.at("10:30")),
    ]
    assert of["Nurse 2"] == [(stage.at("10:30"), stage.at("11:30"))]
    assert of["Dr Nair"] == [(stage.at("9:30"), stage.at("10:00")), (stage.at("10:00"), stage.at("11:30"))]
    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == ("checked-in", stage.at("9:30"))
    assert queries.booked_visit(queries.visits().get(pk=visit.pk)).chair == stage.chairs[1]


def refused_hand_over(stage: Stage, move: Move, now: datetime = NOW) -> str:
    with pytest.raises(Conflict) as refusal:
        rearrange(stage, move, now=now)
    (row,) = refusal.value.data["visits"]
    (blocker,) = row["blockers"]
    assert blocker["code"] == "hand_over_inside_phase"
    return str(blocker["detail"])


def test_nurses_who_are_told_to_hand_over_inside_a_phase_are_refused(stage: Stage) -> None:
    """Infusing lasts from 9:50 to 10:30."""
    visit = stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])
    first, second = stage.nurses

    said = refused_hand_over(
        stage,
        Move(visit, stage.at("9:30"), turns=((stage.at("9:30"), first.pk), (stage.at("10:00"), second.pk))),
    )

    assert said == (
        "Nurse 1 can't hand over to Nurse 2 at 10:00, in the middle of the infusion: nurses change where a"
        " phase ends or one of their shifts begins or ends."
    )
    assert nurses(visit) == [("Nurse 1", stage.at("9:30"))]


def test_a_visit_under_way_keeps_its_nurse_until_its_phase_ends(stage: Stage) -> None:
    """Although the other one, who has a patient anyway, would be asked first."""
    stage.book(stage.plan(stage.house.omar), "9:30", nurse=stage.nurses[1])
    visit = stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=stage.at("9:30"))
    ten = stage.at("10:00")

    told = Move(visit, stage.at("9:30"), turns=((ten, stage.nurses[1].pk),), since=ten)
    assert "Nurse 1 can't hand over to Nurse 2 at 10:00" in refused_hand_over(stage, told, now=ten)

    rearrange(stage, Move(visit, stage.at("9:30"), since=ten), now=ten)
    assert nurses(visit)[0] == ("Nurse 1", stage.at("9:30"))
    assert all(start >= stage.at("10:30") for _, start in nurses(visit)[1:])


@pytest.mark.parametrize("from_when", ["9:00", "10:00"])
def test_a_visit_under_way_keeps_its_clinician_while_they_are_there(stage: Stage, from_when: str) -> None:
    visit = stage.book(stage.plan(), "9:30")
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=stage.at("9:30"))
    first_by_name = Resource.objects.create(
        clinic=stage.house.clinic, kind="clinician", name="Dr Abel", capacity=8
    )
    open_on(first_by_name, stage.at(from_when), stage.at("17:00"))

    rearrange(stage, Move(visit, stage.at("9:30"), since=stage.at("10:00")), now=stage.at("10:00"))

    assert {name for name, _, _ in held(visit) if name.startswith("Dr")} == {"Dr Nair"}


def test_a_visit_that_runs_late_takes_longer(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    usual = visit_of(stage.protocol)
    longer = Visit(**{**usual.__dict__, "infusion": usual.infusion + 30})
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=stage.at("9:30"))

    rearrange(
        stage,
        Move(visit, stage.at("9:30"), chair_id=stage.chairs[0].pk, since=stage.at("10:00"), lasts=longer),
        now=stage.at("10:00"),
    )

    visit.refresh_from_db()
    assert visit.ends_at == stage.at("12:00")
    assert max(end for _, _, end in held(visit)) == stage.at("12:10")


def test_who_serves_may_change_whatever_has_become_of_the_plan(stage: Stage) -> None:
    """A consent withdrawn since is no reason to leave the visit with a nurse who is ill."""
    visit = stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])
    Consent.objects.filter(patient=stage.house.rosa).update(revoked_at=NOW)

    rearrange(stage, Move(visit, stage.at("9:30"), turns=((stage.at("9:30"), stage.nurses[1].pk),)))
    with pytest.raises(Conflict) as refusal:
        rearrange(stage, Move(visit, stage.at("13:00")))

    assert nurses(visit) == [("Nurse 2", stage.at("9:30"))]
    assert [blocker["code"] for blocker in refusal.value.data["visits"][0]["blockers"]] == ["consent_missing"]


def test_a_visit_that_is_over_is_not_rearranged(stage: Stage) -> None:
    visit = stage.cancel(stage.book(stage.plan(), "9:30"))

    with pytest.raises(Conflict) as refusal:
        rearrange(stage, Move(visit, stage.at("13:00")))

    assert refusal.value.code == "not_movable"


# --- What the chair has to offer ----------------------------------------------------------------------


def test_a_plan_that_asks_for_a_room_is_given_one(stage: Stage) -> None:
    Resource.objects.filter(pk=stage.chairs[1].pk).update(features=["private-room", "recliner"])
    plan = stage.plan()
    type(plan).objects.filter(pk=plan.pk).update(chair_features=["private-room"])

    visit = stage.book(plan, "9:30")
    refused = stage.check(plan, "9:30", WEDNESDAY, chair=stage.chairs[0])

    assert queries.booked_visit(queries.visits().get(pk=visit.pk)).chair == stage.chairs[1]
    assert [(blocker.code, blocker.detail) for blocker in refused.blockers] == [
        ("chair_unsuitable", "Chair 1 does not offer all that is asked for: private-room.")
    ]


def test_no_chair_that_offers_what_is_asked_for_is_a_reason_by_itself(stage: Stage) -> None:
    plan = stage.plan()
    type(plan).objects.filter(pk=plan.pk).update(chair_features=["private-room"])

    (blocker,) = stage.check(plan, "9:30").blockers

    assert blocker.detail == "No working chair offers all that is asked for: private-room."
