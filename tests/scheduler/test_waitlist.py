"""Time frees up and is offered to whom it fits best, one at a time.

NOW is Monday, 9:00. The stage has one chair and one nurse until Friday; a visit of mood-40 takes two hours
and ten minutes to turn the chair over, its sessions are 2 to 5 days apart.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import clock
from clinic.models import Clinic, Patient
from clinic.problems import Conflict
from scheduler import tasks
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduler.visits import attendance
from scheduler.waitlist import joining, waitlist
from tests.cast import NOW, TODAY, ZONE, House, make_patient
from tests.scheduler.stage import Stage, make_resource, open_all, open_on, set_stage
from tests.scheduler.waits import join, offer_freed, terms

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THURSDAY = TODAY + 3 * DAY


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


def everything_taken(stage: Stage, days: int = 5) -> dict[date, list[Appointment]]:
    """Each day's visits, at 9:00, 11:10 and 13:20, of patients who are nobody in these stories."""
    booked: dict[date, list[Appointment]] = {}
    for ahead in range(days):
        day = TODAY + ahead * DAY
        booked[day] = [
            stage.book(stage.plan(somebody(stage, f"D{ahead}N{number}")), wall_time, day)
            for number, wall_time in enumerate(("9:00", "11:10", "13:20"))
        ]
    return booked


def free_on_thursday(stage: Stage) -> datetime:
    """One visit of a full week is cancelled: a single start is feasible."""
    stage.cancel(everything_taken(stage)[THURSDAY][1])
    return stage.at("11:10", THURSDAY)


def somebody(stage: Stage, name: str) -> Patient:
    return make_patient(stage.house.clinic, name, "Somebody")


def had_visit(plan: TreatmentPlan, day: date) -> None:
    """A session that took place: nothing can be booked in the past."""
    start = clock.at_local(day, time(9), ZONE)
    Appointment.objects.create(
        clinic=plan.clinic,
        patient=plan.patient,
        plan=plan,
        protocol=plan.protocol,
        during=DateTimeTZRange(start, start + plan.protocol.visit_length),
        status=AppointmentStatus.FULFILLED,
    )


def chair_of(offer: WaitlistOffer) -> Resource:
    return offer.appointment.claims.get(resource__kind="chair").resource


def nurses_of(offer: WaitlistOffer) -> set[Resource]:
    claims = offer.appointment.claims.filter(resource__kind="nurse").select_related("resource")
    return {claim.resource for claim in claims}


def starts(offers: Sequence[WaitlistOffer]) -> list[datetime]:
    return [offer.appointment.starts_at for offer in offers]


# --- What is offered ----------------------------------------------------------------------------------


def test_nothing_is_free_and_nothing_is_offered(stage: Stage) -> None:
    everything_taken(stage)
    join(stage, stage.plan())
    assert offer_freed(stage) == []


def test_a_cancelled_visits_time_is_held_for_who_waits(stage: Stage) -> None:
    start = free_on_thursday(stage)
    entry = join(stage, stage.plan())
    (offer,) = offer_freed(stage, NOW + MINUTE)
    held = offer.appointment
    assert (held.starts_at, held.status, held.patient) == (start, "pending", stage.house.rosa)
    assert (offer.entry, offer.offered_at) == (entry, NOW + MINUTE)
    assert offer.expires_at == held.held_until == NOW + MINUTE + 2 * HOUR
    assert not stage.check(stage.plan(stage.house.omar), "11:10", THURSDAY).bookable


def test_a_missed_visit_frees_what_is_left_of_its_time(stage: Stage) -> None:
    """The last of a full day: while it is awaited nothing is free before tomorrow."""
    Clinic.objects.update(offer_minutes=30)
    last = everything_taken(stage)[TODAY][-1]
    join(stage, stage.plan(), notice_hours=0, last_day=TODAY)
    at_its_start = stage.at("13:20")
    assert offer_freed(stage, at_its_start) == []
    attendance.mark_no_show(
        actor=stage.house.actor(stage.house.ana), appointment=last, now=at_its_start + 5 * MINUTE
    )
    [offer] = offer_freed(stage, at_its_start + 5 * MINUTE)
    assert offer.expires_at <= offer.starts_at < last.ends_at


def test_an_added_shift_frees_time_as_well(stage: Stage) -> None:
    everything_taken(stage)
    join(stage, stage.plan())
    saturday = TODAY + 5 * DAY
    everybody: list[Resource] = [*stage.chairs, *stage.nurses, stage.clinician]
    open_all(everybody, stage.at("9:00", saturday), stage.at("12:00", saturday))
    assert starts(offer_freed(stage)) == [stage.at("9:00", saturday)]


def test_looking_again_offers_nothing_twice(stage: Stage) -> None:
    join(stage, stage.plan())
    assert len(offer_freed(stage)) == 1
    assert offer_freed(stage, NOW + MINUTE) == []
    assert WaitlistOffer.objects.count() == 1


def test_the_worker_looks_at_every_clinic_and_trouble_in_one_stops_no_other(
    stage: Stage, other_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []

    def look(*, clinic: Clinic, now: datetime) -> list[WaitlistOffer]:
        looked.append(clinic)
        raise RuntimeError(clinic.name)

    monkeypatch.setattr(waitlist, "offer_freed", look)
    with pytest.raises(ExceptionGroup) as trouble:
        tasks.offer_freed()
    assert len(looked) == len(trouble.value.exceptions) == 2


def test_another_clinics_waiting_are_left_alone(stage: Stage, other_house: House) -> None:
    join(stage, stage.plan())
    assert waitlist.offer_freed(clinic=other_house.clinic, now=NOW) == []


def test_nobody_is_offered_a_time_outside_their_wish(stage: Stage) -> None:
    join(stage, stage.plan(), weekdays=(2,), earliest=time(10), latest=time(14))
    tuesday = TODAY + DAY
    join(
        stage,
        stage.plan(stage.house.omar),
        first_day=tuesday,
        last_day=tuesday,
        earliest=time(13),
        latest=time(15),
    )
    offers = {offer.entry.patient: offer.appointment for offer in offer_freed(stage)}
    assert offers[stage.house.rosa].starts_at == stage.at("10:00", TODAY + 2 * DAY)
    assert offers[stage.house.omar].starts_at == stage.at("13:00", tuesday)


def test_who_needs_notice_is_told_in_time(stage: Stage) -> None:
    join(stage, stage.plan(), notice_hours=24)
    assert starts(offer_freed(stage)) == [stage.at("9:00", TODAY + DAY)]


def test_the_whole_time_to_answer_lies_before_the_visit(stage: Stage) -> None:
    join(stage, stage.plan(), notice_hours=0)
    (offer,) = offer_freed(stage)
    assert offer.appointment.starts_at == offer.expires_at == NOW + 2 * HOUR


def test_nobody_is_asked_at_night_where_they_are(stage: Stage) -> None:
    Patient.objects.filter(pk=stage.house.rosa.pk).update(time_zone="Pacific/Honolulu")
    join(stage, stage.plan())
    assert offer_freed(stage) == []  # it is 5:00 in Honolulu
    assert offer_freed(stage, NOW + 3 * HOUR - MINUTE) == []
    assert len(offer_freed(stage, NOW + 3 * HOUR)) == 1


def test_an_offer_made_in_the_evening_can_be_answered_in_the_morning(stage: Stage) -> None:
    join(stage, stage.plan())
    (offer,) = offer_freed(stage, stage.at("20:00"))
    assert offer.appointment.starts_at == offer.expires_at == stage.at("9:00", TODAY + DAY)


def test_a_nurse_asked_for_comes_first_but_is_no_condition(house: House) -> None:
    stage = set_stage(house, nurses=2)
    wanted = stage.nurses[1]
    for number, wall_time in enumerate(("9:00", "11:10", "13:20")):
        stage.book(stage.plan(somebody(stage, f"N{number}")), wall_time, nurse=wanted)
    tuesday = TODAY + DAY
    entry = join(stage, stage.plan(), nurse=wanted, last_day=tuesday)
    (offer,) = offer_freed(stage)
    assert offer.appointment.starts_at == stage.at("9:00", tuesday)
    served = offer.appointment.claims.filter(resource__kind="nurse").values_list("resource", flat=True)
    assert set(served) == {wanted.pk}
    waitlist.decline(actor=None, offer=offer, now=NOW)
    asked = terms(nurse=wanted, last_day=TODAY)
    joining.change(actor=house.actor(house.ana), entry=entry, terms=asked, now=NOW)
    assert starts(offer_freed(stage)) == [stage.at("11:00")]


def test_a_chair_asked_for_comes_first_but_is_no_condition(house: House) -> None:
    """Chair 2 is taken until 13:20 on both days: today it is free once more, tomorrow chair 1 has to do."""
    stage = set_stage(house, nurses=2)
    wanted = stage.chairs[1]
    for number, wall_time in enumerate(("9:00", "11:10")):
        stage.book(stage.plan(somebody(stage, f"C{number}")), wall_time, chair=wanted)
    entry = join(stage, stage.plan(), chair=wanted, last_day=TODAY)
    (offer,) = offer_freed(stage)
    assert offer.starts_at == stage.at("13:20")
    assert chair_of(offer) == wanted
    waitlist.decline(actor=None, offer=offer, now=NOW)
    (other,) = offer_freed(stage)
    assert (other.entry, other.starts_at) == (entry, stage.at("11:00"))
    assert chair_of(other) == stage.chairs[0]


def test_the_nurse_comes_before_the_chair_and_both_before_either(house: House) -> None:
    """Today each is free without the other, and from 13:20 on both."""
    stage = set_stage(house, nurses=2)
    nurse, chair = stage.nurses[1], stage.chairs[1]
    stage.book(stage.plan(somebody(stage, "C")), "11:10", chair=chair, nurse=stage.nurses[0])
    asked: dict[str, Any] = {"nurse": nurse, "chair": chair, "last_day": TODAY, "latest": time(13, 10)}
    entry = join(stage, stage.plan(), **asked)
    (offer,) = offer_freed(stage)
    assert (offer.starts_at, chair_of(offer)) == (stage.at("11:00"), stage.chairs[0])
    assert nurses_of(offer) == {nurse}
    waitlist.decline(actor=None, offer=offer, now=NOW)
    later = terms(**{**asked, "latest": None})
    joining.change(actor=house.actor(house.ana), entry=entry, terms=later, now=NOW)
    (both,) = offer_freed(stage)
    assert (both.starts_at, chair_of(both), nurses_of(both)) == (stage.at("13:20"), chair, {nurse})


def test_who_wants_nothing_else_is_offered_nothing_else(house: House) -> None:
    stage = set_stage(house, nurses=2)
    wanted = stage.chairs[1]
    stage.book(stage.plan(somebody(stage, "C")), "11:10", chair=wanted)
    stage.book(stage.plan(somebody(stage, "D")), "13:20", chair=wanted)
    tuesday = TODAY + DAY
    entry = join(stage, stage.plan(), chair=wanted, only=True, last_day=TODAY)
    assert offer_freed(stage) == []
    both = terms(chair=wanted, nurse=stage.nurses[0], only=True, last_day=tuesday)
    joining.change(actor=house.actor(house.ana), entry=entry, terms=both, now=NOW)
    (offer,) = offer_freed(stage)
    assert (offer.starts_at, chair_of(offer)) == (stage.at("9:00", tuesday), wanted)
    assert nurses_of(offer) == {stage.nurses[0]}


def test_an_earlier_time_is_taken_in_the_chair_that_was_asked_for(house: House) -> None:
    stage = set_stage(house, nurses=2)
    plan = stage.plan()
    visit = stage.book(plan, "13:00", THURSDAY, chair=stage.chairs[0])
    join(stage, plan, appointment=visit, chair=stage.chairs[1])
    (offer,) = offer_freed(stage)
    moved = waitlist.accept(actor=None, offer=offer, now=NOW)
    assert moved.claims.get(resource__kind="chair").resource == stage.chairs[1]


def test_what_stands_against_the_plan_itself_holds_no_time(house: House) -> None:
    stage = set_stage(house)
    nora = make_patient(house.clinic, "Nora", "Neu", consents=False)
    join(stage, stage.plan(nora))
    used_up = stage.plan(sessions_ordered=1)
    stage.book(used_up, "10:00")
    join(stage, used_up)
    assert offer_freed(stage) == []
    assert not Appointment.objects.filter(status=AppointmentStatus.PENDING).exists()


# --- Who comes first ----------------------------------------------------------------------------------


def wait_for_thursday(stage: Stage, name: str, *, last_visit: date, hours_waited: int) -> WaitlistEntry:
    plan = stage.plan(somebody(stage, name))
    had_visit(plan, last_visit)
    return join(stage, plan, first_day=THURSDAY, last_day=THURSDAY, now=NOW - hours_waited * HOUR)


def test_a_time_goes_first_to_whose_spacing_it_keeps(stage: Stage) -> None:
    """To one the week would be too long a gap, to the other four days are just right."""
    free_on_thursday(stage)
    wait_for_thursday(stage, "Late", last_visit=THURSDAY - 7 * DAY, hours_waited=9)
    fitting = wait_for_thursday(stage, "Fitting", last_visit=THURSDAY - 4 * DAY, hours_waited=1)
    assert [offer.entry for offer in offer_freed(stage)] == [fitting]


def test_at_equal_spacing_it_goes_to_whose_nurse_it_is(stage: Stage) -> None:
    free_on_thursday(stage)
    absent = Resource.objects.create(clinic=stage.house.clinic, kind="nurse", name="Nurse 9", capacity=6)
    rather = wait_for_thursday(stage, "Rather", last_visit=THURSDAY - 4 * DAY, hours_waited=9)
    WaitlistEntry.objects.filter(pk=rather.pk).update(nurse=absent)
    anybody = wait_for_thursday(stage, "Anybody", last_visit=THURSDAY - 4 * DAY, hours_waited=1)
    assert [offer.entry for offer in offer_freed(stage)] == [anybody]


def test_at_equal_fit_it_goes_to_who_has_waited_longest_then_to_the_next(stage: Stage) -> None:
    start = free_on_thursday(stage)
    second = wait_for_thursday(stage, "Second", last_visit=THURSDAY - 4 * DAY, hours_waited=3)
    third = wait_for_thursday(stage, "Third", last_visit=THURSDAY - 4 * DAY, hours_waited=1)
    first = wait_for_thursday(stage, "First", last_visit=THURSDAY - 4 * DAY, hours_waited=9)
    order = []
    for minutes in range(4):
        for offer in offer_freed(stage, NOW + minutes * MINUTE):
            assert offer.appointment.starts_at == start
            order.append(offer.entry)
            waitlist.decline(actor=None, offer=offer, now=NOW + minutes * MINUTE)
    assert order == [first, second, third]


def test_a_time_taken_by_the_first_makes_the_next_best_the_seconds(stage: Stage) -> None:
    """Both would best have Thursday at 11:10; the one who may come on Friday too is given that."""
    booked = everything_taken(stage)
    stage.cancel(booked[THURSDAY][1])
    stage.cancel(booked[TODAY + 4 * DAY][2])
    wait_for_thursday(stage, "First", last_visit=THURSDAY - 4 * DAY, hours_waited=9)
    plan = stage.plan()
    join(stage, plan, first_day=THURSDAY, now=NOW - HOUR)
    assert starts(offer_freed(stage)) == [stage.at("11:10", THURSDAY), stage.at("13:20", TODAY + 4 * DAY)]


# --- A visit brought forward --------------------------------------------------------------------------


def wants_earlier(stage: Stage, day: date = THURSDAY, wall_time: str = "13:30") -> WaitlistEntry:
    plan = stage.plan(sessions_ordered=1)
    return join(stage, plan, appointment=stage.book(plan, wall_time, day))


def test_the_visit_stays_booked_until_the_earlier_time_is_accepted_and_then_moves_there(stage: Stage) -> None:
    entry = wants_earlier(stage)
    (offer,) = offer_freed(stage)
    visit = entry.appointment
    assert visit is not None
    assert visit.status == AppointmentStatus.BOOKED
    moved = waitlist.accept(actor=None, offer=offer, now=NOW + HOUR)
    assert (moved.pk, moved.starts_at, moved.status) == (visit.pk, stage.at("11:00"), "booked")
    (only,) = Appointment.objects.filter(patient=stage.house.rosa, status__in=LIVE_STATUSES)
    assert only == moved
    assert only.claims.exists()
    entry.refresh_from_db()
    assert (entry.status, entry.closed_at) == ("booked", NOW + HOUR)
    assert stage.check(stage.plan(stage.house.omar), "13:30", THURSDAY).bookable


def test_only_a_time_that_is_over_before_the_visit_counts_as_earlier(stage: Stage) -> None:
    wants_earlier(stage, TODAY, "13:30")
    assert starts(offer_freed(stage)) == [stage.at("11:00")]  # until 13:10, the chair turned over
    other = stage.plan(stage.house.omar)
    join(stage, other, appointment=stage.book(other, "13:05", TODAY + DAY), first_day=TODAY + DAY)
    (offer,) = offer_freed(stage, NOW + MINUTE)
    assert offer.appointment.starts_at == stage.at("9:00", TODAY + DAY)


def test_nothing_earlier_that_does_not_overlap_is_nothing(stage: Stage) -> None:
    wants_earlier(stage, TODAY, "13:05")
    assert offer_freed(stage) == []


def test_the_nurse_asked_for_is_no_reason_to_overlap_the_visit_that_moves(stage: Stage) -> None:
    """She comes at 9:30, and a visit from then on would still be under way when the booked one begins."""
    tuesday = TODAY + DAY
    late = make_resource(stage.house, ResourceKind.NURSE, "Nurse 2", 6)
    open_on(late, stage.at("9:30", tuesday), stage.at("17:00", tuesday))
    plan = stage.plan()
    visit = stage.book(plan, "11:10", tuesday)
    join(stage, plan, appointment=visit, first_day=tuesday, nurse=late)
    assert starts(offer_freed(stage)) == [stage.at("9:00", tuesday)]


def test_spacing_is_kept_to_the_other_visits_and_not_to_the_one_that_moves(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "9:00", TODAY)
    visit = stage.book(plan, "13:30", THURSDAY)
    join(stage, plan, appointment=visit)
    # Wednesday is a day before the visit that moves and two after Monday's.
    assert starts(offer_freed(stage)) == [stage.at("9:00", TODAY + 2 * DAY)]


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_ever_offered_a_time_that_breaks_their_spacing_or_their_wish(
    house: House, seed: int
) -> None:
    """Two days of a random life: people join, answer or don't, others cancel; every hold is looked at."""
    chance = Random(seed)
    stage = set_stage(house, chairs=2, nurses=2)
    booked: list[Appointment] = []
    for number in range(8):
        plan = stage.plan(somebody(stage, f"S{number}"))
        had_visit(plan, TODAY - chance.randint(1, 6) * DAY)
        for _ in range(chance.randint(0, 2)):
            try:
                wall_time = chance.choice(["9:00", "11:10", "13:20"])
                booked.append(stage.book(plan, wall_time, TODAY + chance.randint(1, 4) * DAY))
            except Conflict:
                continue
        join(
            stage,
            plan,
            appointment=next((v for v in booked if v.plan_id == plan.pk and chance.random() < 0.5), None),
            weekdays=tuple(chance.sample(range(5), 3)),
            earliest=chance.choice([None, time(10)]),
            latest=chance.choice([None, time(15)]),
            notice_hours=chance.choice([0, 24]),
        )
    seen = 0
    for tick in range(12):
        now = NOW + tick * 4 * HOUR
        for offer in offer_freed(stage, now):
            seen += 1
            held_as_promised(stage, offer, now)
            if chance.random() < 0.6:
                answered: dict[str, Any] = {"actor": None, "offer": offer, "now": now + MINUTE}
                if chance.random() < 0.5:
                    waitlist.accept(**answered)
                else:
                    waitlist.decline(**answered)
        if booked and chance.random() < 0.5:
            visit = booked.pop()
            visit.refresh_from_db()
            if visit.status == AppointmentStatus.BOOKED:
                stage.cancel(visit, now=now)
    assert seen > 3


def held_as_promised(stage: Stage, offer: WaitlistOffer, now: datetime) -> None:
    entry, held = offer.entry, offer.appointment
    zone = stage.house.clinic.time_zone
    day = clock.local_date(held.starts_at, zone)
    others = Appointment.objects.filter(patient=entry.patient, status__in=LIVE_STATUSES).exclude(
        pk__in=[held.pk, entry.appointment_id or held.pk]
    )
    for other in others:
        assert abs(clock.days_between(held.starts_at, other.starts_at, zone)) >= 2, other
    assert held.starts_at - now >= entry.notice_hours * HOUR
    assert held.starts_at >= offer.expires_at > now
    assert day.weekday() in entry.weekdays
    assert entry.earliest is None or held.starts_at >= clock.at_local(day, entry.earliest, zone)
    assert entry.latest is None or held.ends_at <= clock.at_local(day, entry.latest, zone)
    if entry.appointment is not None:
        assert held.ends_at <= entry.appointment.starts_at
