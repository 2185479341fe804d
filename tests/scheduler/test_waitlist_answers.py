"""What becomes of an offer: accepted once, declined, run out, or its point lost; then the next is asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.models import Consent, ConsentScope, Patient
from clinic.problems import Conflict
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    CancellationReason,
    PlanStatus,
    TreatmentPlan,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduler.visits import attendance, booking, calling_off, moving
from scheduler.visits.placing import Move
from scheduler.waitlist import waiting, waitlist
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join, offer_freed

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


@pytest.fixture
def entry(stage: Stage) -> WaitlistEntry:
    return join(stage, stage.plan())


@pytest.fixture
def offer(stage: Stage, entry: WaitlistEntry) -> WaitlistOffer:
    """Rosa is offered today 13:00, until 11:00."""
    return hold_for(stage, entry, "13:00")


def fate(offer: WaitlistOffer) -> tuple[str, str, str]:
    """(offer, entry, appointment): their statuses."""
    row = WaitlistOffer.objects.get(pk=offer.pk)
    return row.status, row.entry.status, row.appointment.status


def live_visits(patient: Patient) -> int:
    return Appointment.objects.filter(patient=patient, status__in=LIVE_STATUSES).count()


# --- Yes ----------------------------------------------------------------------------------------------


def test_the_patients_yes_books_the_very_time_that_was_held(stage: Stage, offer: WaitlistOffer) -> None:
    claims = set(offer.appointment.claims.values_list("resource", "units", "during"))
    visit = waitlist.accept(actor=None, offer=offer, now=NOW + HOUR)
    assert (visit.pk, visit.starts_at, visit.held_until) == (offer.appointment_id, stage.at("13:00"), None)
    assert set(visit.claims.values_list("resource", "units", "during")) == claims
    assert fate(offer) == ("accepted", "booked", "booked")
    assert live_visits(stage.house.rosa) == 1


def test_the_desks_yes_names_who_gave_it(stage: Stage, offer: WaitlistOffer) -> None:
    ana = stage.house.actor(stage.house.ana)
    visit = waitlist.accept(actor=ana, offer=offer, now=NOW)
    assert visit.booked_by == stage.house.ana
    assert WaitlistEntry.objects.get().closed_by == stage.house.ana


@pytest.mark.parametrize("by_telephone", [False, True])
def test_who_takes_a_time_has_confirmed_it(stage: Stage, offer: WaitlistOffer, by_telephone: bool) -> None:
    ana = stage.house.actor(stage.house.ana)
    visit = waitlist.accept(actor=ana if by_telephone else None, offer=offer, now=NOW)
    assert Appointment.objects.get(pk=visit.pk).patient_status == "accepted"


def test_who_takes_an_earlier_time_has_confirmed_it_too(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 3 * DAY)
    offer = hold_for(stage, join(stage, plan, appointment=visit), "11:00", TODAY + DAY)
    assert waitlist.accept(actor=None, offer=offer, now=NOW) == visit
    visit.refresh_from_db()
    assert (visit.starts_at, visit.patient_status) == (stage.at("11:00", TODAY + DAY), "accepted")


def test_yes_to_another_time_than_is_held_is_no_yes(stage: Stage, offer: WaitlistOffer) -> None:
    with pytest.raises(Conflict, match="has changed since it was offered") as refused:
        waitlist.accept(actor=None, offer=offer, shown=stage.at("13:05"), now=NOW)
    assert refused.value.code == "offer_changed"
    assert fate(offer) == ("open", "waiting", "pending")
    waitlist.accept(actor=None, offer=offer, shown=stage.at("13:00"), now=NOW)
    assert fate(offer) == ("accepted", "booked", "booked")


def test_yes_twice_is_yes_once(stage: Stage, offer: WaitlistOffer) -> None:
    first = waitlist.accept(actor=None, offer=offer, now=NOW)
    again = waitlist.accept(actor=stage.house.actor(stage.house.ana), offer=offer, now=NOW + DAY)
    assert again == first
    assert live_visits(stage.house.rosa) == 1


def test_yes_counts_until_the_very_moment_at_which_the_offer_runs_out(
    stage: Stage, offer: WaitlistOffer
) -> None:
    with pytest.raises(Conflict, match="gone to somebody else") as late:
        waitlist.accept(actor=None, offer=offer, now=offer.expires_at)
    assert late.value.code == "offer_over"
    waitlist.accept(actor=None, offer=offer, now=offer.expires_at - timedelta(microseconds=1))
    assert fate(offer) == ("accepted", "booked", "booked")


def test_yes_does_not_book_what_has_come_to_stand_against_the_plan(
    stage: Stage, offer: WaitlistOffer
) -> None:
    Consent.objects.filter(patient=stage.house.rosa, scope=ConsentScope.TREATMENT).update(revoked_at=NOW)
    with pytest.raises(Conflict) as refused:
        waitlist.accept(actor=None, offer=offer, now=NOW)
    assert refused.value.code == "not_bookable"
    assert fate(offer) == ("open", "waiting", "pending")


@pytest.mark.parametrize("lost", ["cancelled", "missed"])
def test_who_lost_the_time_that_the_desk_booked_for_them_waits_on(
    stage: Stage, entry: WaitlistEntry, offer: WaitlistOffer, lost: str
) -> None:
    """Between two sweeps the held time is booked as such and given up again: nothing is booked."""
    ana = stage.house.actor(stage.house.ana)
    visit = booking.book_held(actor=ana, appointment=offer.appointment, now=NOW)
    if lost == "cancelled":
        stage.cancel(visit)
    else:
        attendance.mark_no_show(actor=ana, appointment=visit, now=stage.at("13:30"))
    waitlist.expire(clinic=stage.house.clinic, now=NOW + MINUTE)
    assert fate(offer)[:2] == ("withdrawn", "waiting")


# --- No, or nothing -----------------------------------------------------------------------------------


def test_no_frees_the_time_and_the_next_is_asked(stage: Stage, entry: WaitlistEntry) -> None:
    offer = hold_for(stage, entry, "14:00")
    waitlist.decline(actor=None, offer=offer, now=NOW)
    waitlist.decline(actor=None, offer=offer, now=NOW + HOUR)
    assert fate(offer) == ("declined", "waiting", "cancelled")
    next_one = join(stage, stage.plan(stage.house.omar), last_day=TODAY, notice_hours=5)
    offers = {other.entry: other.appointment.starts_at for other in offer_freed(stage)}
    assert offers[next_one] == stage.at("14:00")


def test_the_same_time_is_not_offered_to_the_same_patient_again(
    stage: Stage, entry: WaitlistEntry, offer: WaitlistOffer
) -> None:
    """Nor one that overlaps it: five minutes later is no other time."""
    waitlist.decline(actor=None, offer=offer, now=NOW)
    had = [offer.appointment.during]
    for _ in range(4):
        for other in offer_freed(stage):
            during = other.appointment.during
            assert all(during.upper <= past.lower or past.upper <= during.lower for past in had)
            had.append(during)
            waitlist.decline(actor=None, offer=other, now=NOW)
    assert len(had) == 5


@pytest.mark.parametrize(
    ("first", "second"), [(waitlist.accept, waitlist.decline), (waitlist.decline, waitlist.accept)]
)
def test_the_first_answer_stands(
    stage: Stage, offer: WaitlistOffer, first: Callable[..., object], second: Callable[..., object]
) -> None:
    first(actor=None, offer=offer, now=NOW)
    before = fate(offer)
    with pytest.raises(Conflict) as late:
        second(actor=None, offer=offer, now=NOW)
    assert late.value.code == "offer_over"
    assert fate(offer) == before


def test_what_runs_out_is_offered_to_the_next_in_the_same_look(stage: Stage, offer: WaitlistOffer) -> None:
    omar = join(stage, stage.plan(stage.house.omar), last_day=TODAY, notice_hours=2)
    assert waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at - MINUTE) == 0
    offers = offer_freed(stage, offer.expires_at)
    assert fate(offer) == ("expired", "waiting", "cancelled")
    assert [(other.entry, other.appointment.starts_at) for other in offers] == [(omar, stage.at("13:00"))]


def test_what_the_sweep_of_holds_has_released_counts_as_run_out(stage: Stage, offer: WaitlistOffer) -> None:
    calling_off.release_lapsed(now=offer.expires_at)
    assert waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at) == 1
    assert fate(offer) == ("expired", "waiting", "cancelled")


def test_who_lets_an_offer_run_out_is_asked_again_the_next_day(stage: Stage, offer: WaitlistOffer) -> None:
    assert offer_freed(stage, offer.expires_at) == []
    assert offer_freed(stage, stage.at("20:59")) == []
    assert len(offer_freed(stage, stage.at("8:00", TODAY + DAY))) == 1


# --- Others lay hands on it ---------------------------------------------------------------------------


def test_a_hold_that_the_desk_books_as_such_is_an_accepted_offer(stage: Stage, offer: WaitlistOffer) -> None:
    ana = stage.house.actor(stage.house.ana)
    booking.book_held(actor=ana, appointment=offer.appointment, now=NOW)
    assert offer_freed(stage, NOW + MINUTE) == []
    assert fate(offer) == ("accepted", "booked", "booked")


def test_a_time_that_a_patient_is_asked_about_stays_until_they_answer(
    stage: Stage, offer: WaitlistOffer
) -> None:
    """They would say yes to one time and be booked on another."""
    ana, held, later = stage.house.actor(stage.house.ana), offer.appointment, stage.at("14:00")
    doors: list[Callable[[], object]] = [
        lambda: moving.reschedule(actor=ana, appointment=held, start=later, now=NOW),
        lambda: booking.check(actor=ana, plan=held.plan, start=later, appointment=held, now=NOW),
        lambda: moving.rearrange(
            actor=ana, clinic=stage.house.clinic, moves=[Move(held, later)], reason="Repair", now=NOW
        ),
    ]
    for door in doors:
        with pytest.raises(Conflict, match="stays until they answer") as refused:
            door()
        assert refused.value.code == "offered"
    in_place = booking.check(actor=ana, plan=held.plan, start=held.starts_at, appointment=held, now=NOW)
    assert in_place.bookable
    waitlist.accept(actor=None, offer=offer, now=NOW)
    assert moving.reschedule(actor=ana, appointment=held, start=later, now=NOW).starts_at == later


def test_only_the_very_time_that_was_offered_can_be_taken(stage: Stage, offer: WaitlistOffer) -> None:
    """Whatever door the hold was moved by: nobody is booked on a time that they weren't asked about."""
    moved = offer.appointment
    moved.during = DateTimeTZRange(moved.starts_at - HOUR, moved.ends_at - HOUR)
    moved.save(update_fields=["during"])
    with pytest.raises(Conflict, match="no longer held"):
        waitlist.accept(actor=None, offer=offer, now=NOW)
    assert waitlist.expire(clinic=stage.house.clinic, now=NOW) == 1
    assert fate(offer) == ("withdrawn", "waiting", "cancelled")


def test_what_was_offered_is_told_wherever_the_visit_is_by_now(stage: Stage, offer: WaitlistOffer) -> None:
    visit = waitlist.accept(actor=None, offer=offer, now=NOW)
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("9:00", TODAY + DAY), now=NOW)
    offer = waiting.offers().get(pk=offer.pk)
    assert offer.appointment.starts_at == stage.at("9:00", TODAY + DAY)
    assert (offer.starts_at, offer.ends_at) == (stage.at("13:00"), stage.at("15:00"))


def test_a_hold_that_the_desk_gives_up_withdraws_the_offer(stage: Stage, offer: WaitlistOffer) -> None:
    ana = stage.house.actor(stage.house.ana)
    calling_off.release(actor=ana, appointment=offer.appointment, now=NOW)
    with pytest.raises(Conflict):
        waitlist.accept(actor=None, offer=offer, now=NOW)
    offer_freed(stage, NOW + MINUTE)
    assert fate(offer) == ("withdrawn", "waiting", "cancelled")


def test_who_lost_an_offer_to_the_desk_is_asked_again_the_same_day(
    stage: Stage, offer: WaitlistOffer
) -> None:
    """Nobody looks until the time to answer is over: they did not let it run out all the same."""
    ana = stage.house.actor(stage.house.ana)
    calling_off.release(actor=ana, appointment=offer.appointment, now=offer.expires_at - MINUTE)
    [another] = offer_freed(stage, offer.expires_at)
    assert another.entry == offer.entry
    assert fate(offer) == ("withdrawn", "waiting", "cancelled")


def test_a_hold_that_is_given_up_after_its_time_had_run_out(stage: Stage, offer: WaitlistOffer) -> None:
    ana = stage.house.actor(stage.house.ana)
    calling_off.release(actor=ana, appointment=offer.appointment, now=offer.expires_at)
    assert offer_freed(stage, offer.expires_at) == []
    assert fate(offer) == ("expired", "waiting", "cancelled")


def brought_forward(stage: Stage) -> WaitlistOffer:
    """Rosa's visit of Friday could be on Thursday at 11:00."""
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 4 * DAY)
    return hold_for(stage, join(stage, plan, appointment=visit), "11:00", TODAY + 3 * DAY)


def test_a_visit_moved_to_before_the_offered_time_makes_the_offer_pointless(stage: Stage) -> None:
    offer = brought_forward(stage)
    visit = offer.entry.appointment
    assert visit is not None
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("13:30", TODAY + DAY), now=NOW)
    with pytest.raises(Conflict) as late:
        waitlist.accept(actor=None, offer=offer, now=NOW)
    assert late.value.code == "offer_over"
    offer_freed(stage, NOW + MINUTE)
    assert fate(offer)[0] == "withdrawn"
    assert Appointment.objects.get(status=AppointmentStatus.BOOKED) == visit


def test_a_time_before_a_visit_that_was_cancelled_meanwhile_is_held_no_more(stage: Stage) -> None:
    """Nobody has looked since: the patient is told what they would be told a minute later."""
    visit = stage.book(stage.plan(), "10:00", TODAY + 3 * DAY)
    offer = hold_for(stage, join(stage, visit.plan, appointment=visit), "13:00")
    stage.cancel(visit)
    for answer in (waitlist.accept, waitlist.decline):
        with pytest.raises(Conflict, match="no longer held") as refused:
            answer(actor=None, offer=offer, now=NOW)
        assert refused.value.code == "offer_over"
    waitlist.offer_freed(clinic=stage.house.clinic, now=NOW)
    assert fate(offer) == ("withdrawn", "withdrawn", "cancelled")


def test_no_to_an_earlier_time_leaves_the_visit_where_it_is(stage: Stage) -> None:
    offer = brought_forward(stage)
    waitlist.decline(actor=None, offer=offer, now=NOW)
    (visit,) = Appointment.objects.filter(patient=stage.house.rosa, status__in=LIVE_STATUSES)
    assert visit.starts_at == stage.at("13:00", TODAY + 4 * DAY)
    assert WaitlistEntry.objects.get().status == "waiting"


# --- Waiting loses its point --------------------------------------------------------------------------


def test_who_waits_for_days_that_are_past_leaves_the_list_by_itself(stage: Stage) -> None:
    entry = join(stage, stage.plan(), last_day=TODAY)
    offer_freed(stage, stage.at("23:59"))
    entry.refresh_from_db()
    assert entry.status == "waiting"
    midnight = stage.at("0:00", TODAY + DAY)
    offer_freed(stage, midnight)
    entry.refresh_from_db()
    assert (entry.status, entry.closed_at, entry.closed_by) == ("withdrawn", midnight, None)


def test_a_plan_that_is_over_or_a_patient_who_died_leaves_the_list_and_lets_go_of_the_time(
    stage: Stage, offer: WaitlistOffer
) -> None:
    TreatmentPlan.objects.filter(pk=offer.entry.plan_id).update(status=PlanStatus.REVOKED)
    omars = hold_for(stage, join(stage, stage.plan(stage.house.omar)), "9:00", TODAY + DAY)
    Patient.objects.filter(pk=stage.house.omar.pk).update(deceased=True)
    assert offer_freed(stage, NOW + MINUTE) == []
    assert fate(offer) == fate(omars) == ("withdrawn", "withdrawn", "cancelled")


def test_a_cancelled_visit_is_not_brought_forward_any_more(stage: Stage) -> None:
    offer = brought_forward(stage)
    visit = offer.entry.appointment
    assert visit is not None
    stage.cancel(visit, CancellationReason.PATIENT)
    offer_freed(stage, NOW + MINUTE)
    assert fate(offer) == ("withdrawn", "withdrawn", "cancelled")
    assert not Appointment.objects.filter(status=AppointmentStatus.PENDING).exists()
