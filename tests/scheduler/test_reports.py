"""Figures over a period: what counts and what doesn't, of how many, and at which cost."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from clinic.problems import Invalid
from scheduler.models import Appointment, Protocol, SpacingOverride, TreatmentPlan
from scheduler.prescribing.spacing import spacing_of
from scheduler.reporting import daily_load, reports, spacing_report, use
from scheduler.reporting.reports import Among, Counted, Lead, Period, Share
from tests.cast import NOW, TODAY, ZONE, House, local, make_patient
from tests.notifications.visits import book, stretch

JANUARY = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)
LATER = NOW + timedelta(days=40)


def visit(
    house: House, day: date, status: str = "fulfilled", *, who: Patient | None = None, **fields: Any
) -> Any:
    """A row of its own, as reports read it: each of another patient unless said."""
    patient = who or make_patient(house.clinic, f"P{Appointment.objects.count()}", "Family", consents=False)
    return book(house, patient, local(day, "10:00"), status=status, **fields)


def booked_at(appointment: Appointment, moment: datetime) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(created_at=moment)


# --- Periods -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "last", "mend"),
    [
        (date(2027, 1, 2), date(2027, 1, 1), "not be before the first"),
        (date(2027, 1, 1), date(2028, 1, 2), "at most 366 days"),
    ],
)
def test_a_period_that_is_none_is_refused_with_its_mend(
    house: House, first: date, last: date, mend: str
) -> None:
    with pytest.raises(Invalid, match=mend):
        Period.of(house.clinic, first, last)


def test_a_periods_days_are_the_clinics(house: House) -> None:
    """Half past midnight in Chicago is another day in UTC."""
    book(house, house.rosa, local(date(2027, 1, 31), "23:30"), status="noshow")
    book(house, house.omar, local(date(2027, 2, 1), "0:30"), status="noshow")
    assert reports.attendance(house.clinic, JANUARY, now=LATER).missed == 1


def test_another_clinics_visits_are_not_counted(house: House, other_house: House) -> None:
    book(other_house, other_house.rosa, local(TODAY, "10:00"), status="noshow")
    assert reports.attendance(house.clinic, JANUARY, now=LATER).planned == 0


# --- Some visits only -------------------------------------------------------------------------------------


def test_a_report_may_be_asked_of_one_protocol_or_one_indication(house: House) -> None:
    visit(house, TODAY, "noshow")
    other = visit(house, TODAY)
    TreatmentPlan.objects.filter(pk=other.plan_id).update(indication="F43.10")
    Appointment.objects.filter(pk=other.pk).update(
        protocol=Protocol.objects.get(clinic=house.clinic, code="cluster-60")
    )
    for among, planned in (
        (Among(protocol="mood-40"), 1),
        (Among(protocol="cluster-60"), 1),
        (Among(indication="F43.10"), 1),
        (Among(protocol="mood-40", indication="F43.10"), 0),
        (Among(), 2),
    ):
        assert reports.attendance(house.clinic, JANUARY, among, now=LATER).planned == planned


def test_what_this_clinic_has_not_is_refused_by_name_and_not_told_as_nothing(
    house: House, other_house: House
) -> None:
    visit(other_house, TODAY)
    for asked in ({"protocol": "mood-40"}, {"indication": "F33.2"}):
        with pytest.raises(Invalid, match="Leave it out to count all"):
            Among.of(house.clinic, **asked)
        Among.of(other_house.clinic, **asked)


# --- Lead time -----------------------------------------------------------------------------------------


def test_lead_time_is_told_by_quartiles_of_local_days(house: House) -> None:
    day = date(2027, 1, 20)
    for days in (0, 2, 4, 10, 40):
        row = visit(house, day)
        booked_at(row, local(day - timedelta(days=days), "9:00"))
    title = row.protocol.title
    found = reports.lead_time(house.clinic, JANUARY)
    assert found.all == Lead("All visits", 5, 2.0, 4.0, 10.0)
    assert found.by_protocol == [Lead(title, 5, 2.0, 4.0, 10.0)]
    assert [counted.count for counted in found.spread] == [1, 1, 1, 1, 0, 1]


def test_booked_late_in_the_evening_for_the_next_morning_is_a_day_ahead(house: House) -> None:
    booked_at(visit(house, TODAY), local(TODAY - timedelta(days=1), "23:50"))
    assert reports.lead_time(house.clinic, JANUARY).all.median == 1.0


def test_cancelled_visits_and_those_entered_afterwards_say_nothing_of_waiting(house: House) -> None:
    booked_at(visit(house, TODAY, "cancelled", cancelled_at=NOW), NOW - timedelta(days=9))
    booked_at(visit(house, TODAY), NOW + timedelta(days=9))
    found = reports.lead_time(house.clinic, JANUARY)
    assert (found.all, found.entered_afterwards) == (Lead("All visits", 0, None, None, None), 1)


# --- Attendance ----------------------------------------------------------------------------------------


def test_every_visit_is_counted_once_under_what_became_of_it(house: House) -> None:
    visit(house, TODAY)
    visit(house, TODAY, "arrived")
    visit(house, TODAY, "noshow")
    visit(house, TODAY, "booked")
    visit(house, date(2027, 1, 30), "booked")
    visit(house, TODAY, "cancelled", cancelation_reason="pat", cancelled_late=True)
    visit(house, TODAY, "cancelled", cancelation_reason="pat", cancelled_late=False)
    visit(house, TODAY, "cancelled", cancelation_reason="oth-weath")
    found = reports.attendance(house.clinic, JANUARY, now=local(date(2027, 1, 12), "9:00"))
    assert (found.planned, found.came, found.missed, found.open, found.to_come) == (8, 2, 1, 1, 1)
    assert (found.cancelled, found.late, found.no_shows) == (Share(3, 8), Share(1, 8), Share(1, 3))
    assert found.reasons == [Counted("Patient", 2), Counted("Other: weather", 1)]


def test_a_hold_that_lapsed_is_no_cancellation_and_no_visit(house: House) -> None:
    visit(house, TODAY, "cancelled", held_until=NOW)
    visit(house, TODAY, "pending", held_until=NOW)
    visit(house, TODAY, "entered-in-error")
    assert reports.attendance(house.clinic, JANUARY, now=LATER).planned == 0


def test_a_moved_visit_counts_once_where_it_was_moved_to(house: House) -> None:
    moved = visit(house, TODAY, "noshow")
    Appointment.objects.filter(pk=moved.pk).update(during=stretch(local(date(2027, 2, 3), "10:00")))
    february = Period(date(2027, 2, 1), date(2027, 2, 28), ZONE)
    assert reports.attendance(house.clinic, JANUARY, now=LATER).planned == 0
    assert reports.attendance(house.clinic, february, now=LATER).missed == 1


def test_a_share_of_nothing_is_no_number() -> None:
    assert Share(0, 0).share is None


# --- Spacing -------------------------------------------------------------------------------------------


def course(house: House, who: Patient, *days: int, status: str = "fulfilled") -> TreatmentPlan:
    """Visits of one plan so many days after the 4th of January."""
    for ahead in days:
        row = visit(house, date(2027, 1, 4) + timedelta(days=ahead), status, who=who)
    return TreatmentPlan.objects.get(pk=row.plan_id)


def test_gaps_are_held_against_the_protocols_spacing(house: House) -> None:
    """mood-40 asks for 2 to 5 days."""
    course(house, house.rosa, 0, 2, 7, 8, 14)
    (of_protocol,) = spacing_report.spacing(house.clinic, JANUARY).by_protocol
    assert (of_protocol.within, of_protocol.below, of_protocol.above) == (2, 1, 1)
    assert (of_protocol.met, of_protocol.plans) == (Share(2, 4), Share(0, 1))


def test_a_plan_met_its_spacing_when_no_gap_is_outside(house: House) -> None:
    course(house, house.rosa, 0, 2, 4)
    course(house, house.omar, 0, 9)
    found = spacing_report.spacing(house.clinic, JANUARY)
    assert found.by_protocol[0].plans == Share(1, 2)
    assert [plan.patient for plan in found.outside] == ["Omar Haddad"]


def test_a_prescribers_override_counts_as_for_booking(house: House) -> None:
    plan = course(house, house.rosa, 0, 9)
    for days, given in (((1, 2), NOW), ((7, 10), NOW + timedelta(hours=1))):
        SpacingOverride.objects.create(
            plan=plan,
            min_days=days[0],
            max_days=days[1],
            reason="Slow",
            prescriber=house.priya,
            given_at=given,
        )
    assert (spacing_of(plan).min_days, spacing_of(plan).max_days) == (7, 10)
    assert spacing_report.spacing(house.clinic, JANUARY).by_protocol[0].within == 1


def test_a_gap_belongs_to_the_period_in_which_it_ends(house: House) -> None:
    course(house, house.rosa, -6, -3)
    assert [gaps.within for gaps in spacing_report.spacing(house.clinic, JANUARY).by_protocol] == [1]


@pytest.mark.parametrize("status", ["noshow", "cancelled", "pending"])
def test_what_did_not_take_place_makes_no_gap(house: House, status: str) -> None:
    course(house, house.rosa, 0, 4)
    visit(house, date(2027, 1, 6), status, who=house.rosa, held_until=NOW if status == "pending" else None)
    (of_protocol,) = spacing_report.spacing(house.clinic, JANUARY).by_protocol
    assert (of_protocol.within, of_protocol.below) == (1, 0)


def test_days_are_counted_on_the_clinics_calendar(house: House) -> None:
    """From late on Monday to early on Wednesday are two days, though not 48 hours."""
    book(house, house.rosa, local(date(2027, 1, 4), "20:00"), status="fulfilled")
    book(house, house.rosa, local(date(2027, 1, 6), "8:00"), status="fulfilled")
    assert spacing_report.spacing(house.clinic, JANUARY).by_protocol[0].within == 1


# --- What they cost ------------------------------------------------------------------------------------

REPORTS: dict[str, tuple[int, Callable[[House], Any]]] = {
    "utilisation": (2, lambda house: use.utilisation(house.clinic, JANUARY)),
    "use by hour": (1, lambda house: use.by_hour(house.clinic, JANUARY)),
    "daily load": (1, lambda house: daily_load.daily_load(house.clinic, JANUARY)),
    "lead time": (3, lambda house: reports.lead_time(house.clinic, JANUARY)),
    "attendance": (2, lambda house: reports.attendance(house.clinic, JANUARY, now=LATER)),
    "spacing": (1, lambda house: spacing_report.spacing(house.clinic, JANUARY)),
}


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_asks_the_same_few_questions_however_much_there_is(house: House, name: str) -> None:
    queries, report = REPORTS[name]
    for many in (0, 5):
        for number in range(many):
            course(house, make_patient(house.clinic, f"Q{number}", "Family", consents=False), 0, 3, 400)
        with CaptureQueriesContext(connection) as asked:
            report(house)
        assert len(asked) == queries
