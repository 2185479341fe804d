"""Side effects of a period: each once at its worst, observed apart from told, of how many infusions."""

from datetime import date, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler.models import Appointment
from scheduler.reporting.reports import EVERYBODY, Among, Period
from sessions_app.reporting.rates import Rate
from sessions_app.reporting.side_effects import SideEffects, side_effects
from tests.cast import TODAY, ZONE, House, client_of
from tests.sessions_app.reporting.infused import effect, infused

JANUARY = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)


def found(house: House, among: Among = EVERYBODY) -> SideEffects:
    return side_effects(house.clinic, JANUARY, among)


def test_terms_are_told_by_grade_per_hundred_infusions_the_commonest_first(house: House) -> None:
    sessions = [infused(house, state="discharged") for _ in range(4)]
    for session in sessions[:3]:
        effect(house, session)
    effect(house, sessions[0], "headache", 2)
    report = found(house)
    assert (report.infusions, report.patients, report.effects) == (4, 4, 4)
    assert [(each.words, each.by_grade, each.per_100) for each in report.observed] == [
        ("Nausea", (3, 0, 0, 0, 0), 75),
        ("Headache", (0, 1, 0, 0, 0), 25),
    ]
    assert (report.with_any, report.with_moderate, report.with_severe) == (Rate(3, 4), Rate(1, 4), Rate(0, 4))


def test_what_a_patient_told_stands_apart_from_what_staff_observed(house: House) -> None:
    session = infused(house, state="discharged")
    effect(house, session)
    effect(house, session, source="patient", grade=2)
    report = found(house)
    assert [each.by_grade for each in report.observed] == [(1, 0, 0, 0, 0)]
    assert [each.by_grade for each in report.reported] == [(0, 1, 0, 0, 0)]
    assert (report.all_observed.count, report.all_reported.count) == (1, 1)


def test_a_side_effect_counts_once_with_the_worst_of_its_states(house: House) -> None:
    first = effect(house, infused(house, state="discharged"), "anxiety", 1)
    for minutes, grade in ((5, 3), (15, 1)):
        at = first.onset_at + timedelta(minutes=minutes)
        effect(
            house,
            first.session,
            "anxiety",
            grade,
            course_of=first,
            as_of=at,
            recorded_at=at,
            onset_at=first.onset_at,
        )
    report = found(house)
    assert [each.by_grade for each in report.observed] == [(0, 0, 1, 0, 0)]
    assert (report.with_severe, report.serious) == (Rate(1, 1), 1)


def test_a_corrected_line_counts_no_more(house: House) -> None:
    wrong = effect(house, infused(house, state="discharged"), "nausea", 3)
    effect(house, wrong.session, "dizziness", 1, corrects=wrong, correction_reason="Another row")
    assert [(each.words, each.by_grade) for each in found(house).observed] == [("Dizziness", (1, 0, 0, 0, 0))]


def test_only_infusions_that_were_started_are_counted_on_their_own_day(house: House) -> None:
    infused(house, began=20, state="discharged")
    infused(house, started_at=None, stopped_at=None, state="not_given")
    february = infused(house, date(2027, 2, 1), state="discharged")
    effect(house, february)
    report = found(house)
    assert (report.infusions, report.effects) == (1, 0)


def test_an_entry_in_error_and_another_clinic_are_left_out(house: House, other_house: House) -> None:
    wrong = infused(house, state="discharged")
    effect(house, wrong)
    Appointment.objects.filter(pk=wrong.appointment_id).update(status="entered-in-error")
    effect(other_house, infused(other_house, state="discharged"))
    assert found(house).infusions == found(house).effects == 0


def test_early_stops_and_unsigned_records_are_told_beside(house: House) -> None:
    infused(house, state="discharged", stopped_early=True)
    infused(house, state="recovering", home=None)
    report = found(house)
    assert (report.stopped_early, report.unsigned) == (Rate(1, 2), 2)


def test_each_protocol_is_told_by_its_own_infusions(house: House) -> None:
    effect(house, infused(house, state="discharged"), grade=3)
    infused(house, state="discharged", protocol="cluster-60")
    by_protocol = {each.protocol: each for each in found(house).by_protocol}
    assert sorted((each.infusions, each.effects, each.with_severe) for each in by_protocol.values()) == [
        (1, 0, Rate(0, 1)),
        (1, 1, Rate(1, 1)),
    ]
    assert found(house, Among(protocol="cluster-60")).effects == 0


def test_a_patient_with_many_infusions_is_one_patient(house: House) -> None:
    for ahead in range(3):
        infused(house, TODAY + timedelta(days=ahead), who=house.rosa, state="discharged")
    report = found(house)
    assert (report.infusions, report.patients) == (3, 1)


def test_it_asks_three_questions_however_many_there_are(house: House) -> None:
    for many in (1, 6):
        for _ in range(many):
            effect(house, infused(house, state="discharged"))
        with CaptureQueriesContext(connection) as asked:
            found(house)
        assert len(asked) == 3


def test_the_api_tells_every_count_with_what_it_is_of(house: House) -> None:
    effect(house, infused(house, state="discharged"), grade=2)
    asked = {"clinic": str(house.clinic.pk), "first": "2027-01-01", "last": "2027-01-31"}
    answer = client_of(house.max).get("/api/v1/reports/side-effects/", asked).json()
    assert answer["observed"] == [
        {"words": "Nausea", "by_grade": [0, 1, 0, 0, 0], "count": 1, "per_100": 100.0}
    ]
    assert answer["with_moderate"]["of"] == 1
    assert 0.2 < answer["with_moderate"]["low"] < 0.21  # Wilson's for one of one
    refused = client_of(house.max).get("/api/v1/reports/side-effects/", {**asked, "protocol": "no-such"})
    assert refused.status_code == 400
    assert "no protocol with this code" in refused.content.decode()
