"""Of the session, of outcomes and of monitors."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sessions_app.models import SafetyConcern
from tests.cast import NOW, PASSWORD, TODAY, House, client_of, new_id
from tests.create_calls.call import API, Call
from tests.scheduler.stage import set_stage
from tests.sessions_app import stories
from tests.sessions_app.effect_stories import report

READING = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_per_min": 71,
    "respiratory_rate_per_min": 14,
    "oxygen_saturation_percent": 98,
    "temperature_cel": "36.6",
    "pain_nrs": 2,
}
DOSE = {
    "weight_kg": "70.0",
    "weighed_at": NOW,
    "stock_mg_per_ml": "50",
    "bag_volume_ml": "100",
    "confirmed": True,
}
SIDE_EFFECT = {"term": "nausea", "grade": 1}
HOME = stories.GOING_HOME
SIGNATURE = {"meaning": stories.MEANING, "password": PASSWORD}


def sessions(house: House) -> Call:
    return house.nils, "sessions/", {"appointment": stories.arrived_visit(house).pk}


def step(act: str, body: dict[str, Any] | None = None) -> Callable[[Any], Callable[[House], Call]]:
    """A call about a session that the story has brought to the right state."""
    return lambda come_to: lambda house: (house.nils, f"sessions/{come_to(house).pk}/{act}/", body or {})


def paused(house: House) -> Any:
    session = stories.infusing(house)
    answer = client_of(house.nils).post(f"{API}sessions/{session.pk}/pause/", {"id": new_id()})
    assert answer.status_code == 201
    return session


def stopped_early(house: House) -> Any:
    session = stories.infusing(house)
    answer = client_of(house.nils).post(f"{API}sessions/{session.pk}/stop/", {"id": new_id()})
    assert answer.status_code == 201
    return session


def checklist_answers(house: House) -> Call:
    body = {"answers": [{"item": "identity", "result": "pass"}]}
    return house.nils, f"sessions/{stories.arrived(house).pk}/checklist/", body


def dose_checks(house: House) -> Call:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    return house.priya, f"sessions/{session.pk}/dose-checks/", {"worksheet": worksheet.pk, **stories.FOUND}


def overrides(house: House) -> Call:
    session = stories.arrived(house)
    line = stories.fail(house, session, "fasting", at=NOW)
    body = {"subject": "checklist:fasting", "about": line.pk, "reason": "Water only, two hours ago"}
    return house.priya, f"sessions/{session.pk}/overrides/", body


def readiness(house: House) -> Call:
    stage = set_stage(house)
    visit = stage.book(stage.plan(), "10:00")
    return house.nils, f"appointments/{visit.pk}/readiness/", {"new_medicines": "no"}


def alert(how: str, words: str) -> Callable[[House], Call]:
    def call(house: House) -> Call:
        session = stories.arrived(house)
        stories.measure(house, session, stories.calm(NOW, systolic_mmhg=165))
        return (
            house.priya if how == "resolve" else house.nils,
            f"alerts/{session.alerts.get().pk}/{how}/",
            {"words": words},
        )

    return call


def course(house: House) -> Call:
    session = stories.arrived(house)
    first = report(house, session, grade=2, onset_at=NOW, now=NOW)
    return house.nils, f"sessions/{session.pk}/side-effects/course/", {"effect": str(first.pk), "grade": 1}


def medicine(house: House) -> Call:
    body = {"medicine": "Otherol", "amount": "2.5", "unit": "mg", "route": "oral", "reason": "Headache"}
    ordered = {"ordered_by": house.priya.pk, "given_at": NOW}
    return house.nils, f"sessions/{stories.arrived(house).pk}/medicines/", {**body, **ordered}


def witness(house: House) -> Call:
    session = stories.recovering(house)
    vial = {"vial": "LOT 7", "drawn_mg": "50.0", "wasted_mg": "15.0"}
    kept = client_of(house.nils).post(f"{API}sessions/{session.pk}/waste/", {"id": new_id(), **vial})
    assert kept.status_code == 201
    return house.priya, f"sessions/{session.pk}/witness/", {"waste": kept.json()["id"]}


def amendments(house: House) -> Call:
    session = stories.signed(house)
    first = session.vital_signs.earliest("measured_at")
    reading = {"measured_at": first.measured_at, **READING, "systolic_mmhg": 132}
    line = {"id": new_id(), "corrects": first.pk, "vital_signs": reading}
    body = {"reason": "The cuff had slipped.", "corrections": [line], "password": PASSWORD}
    return house.nils, f"sessions/{session.pk}/amendments/", body


def questionnaires(house: House) -> Call:
    return house.nils, "questionnaires/", {"patient": house.rosa.pk, "instrument": "phq-9"}


def questionnaire_answers(house: House) -> Call:
    """The item about self-harm: sent again, it opens no second task."""
    user, address, body = questionnaires(house)
    row = client_of(user).post(API + address, {"id": new_id(), **body}).json()
    return user, f"questionnaires/{row['id']}/answers/", {"item": 9, "value": 2}


def safety_assessments(house: House) -> Call:
    user, address, body = questionnaire_answers(house)
    client_of(user).post(f"/api/v1/{address}", {"id": new_id(), **body})
    concern = SafetyConcern.objects.get()
    return house.priya, f"safety-concerns/{concern.pk}/assess/", {"words": "No intent, safe at home"}


def diary_days(house: House) -> Call:
    body = {"patient": house.rosa.pk, "day": TODAY, "headache": True, "hours": "3.5", "peak": 6}
    return house.nils, "diary-days/", body


def days_without_headache(house: House) -> Call:
    return house.nils, "diary-days/without-headache/", {"patient": house.rosa.pk, "days": [TODAY]}


def cohort_reports(house: House) -> Call:
    body = {
        "clinic": house.clinic.pk,
        "cut_off": NOW - timedelta(minutes=2),
        "query": {"instrument": "phq-9"},
    }
    return house.priya, "cohort-reports/", body


def monitors(house: House) -> Call:
    body = {"clinic": house.clinic.pk, "identifier": "BED9", "name": "Monitor 9"}
    return house.max, "monitors/", {**body, "chair": set_stage(house).chairs[0].pk}


CALLS: dict[str, Callable[[House], Call]] = {
    "monitors/": monitors,
    "sessions/": sessions,
    "sessions/{id}/dose/": step("dose", DOSE)(stories.arrived),
    "sessions/{id}/dose-checks/": dose_checks,
    "sessions/{id}/overrides/": overrides,
    "appointments/{id}/readiness/": readiness,
    "sessions/{id}/vitals/": step("vitals", {"measured_at": NOW, **READING})(stories.arrived),
    "alerts/{id}/acknowledge/": alert("acknowledge", ""),
    "alerts/{id}/act/": alert("act", "Pump slowed."),
    "alerts/{id}/resolve/": alert("resolve", "140 after five minutes."),
    "sessions/{id}/side-effects/": step("side-effects", {"onset_at": NOW, **SIDE_EFFECT})(stories.arrived),
    "sessions/{id}/side-effects/course/": course,
    "sessions/{id}/start/": step("start")(stories.prepared),
    "sessions/{id}/pause/": step("pause")(stories.infusing),
    "sessions/{id}/resume/": step("resume")(paused),
    "sessions/{id}/rate/": step("rate", {"rate_ml_per_h": "75.0"})(stories.infusing),
    "sessions/{id}/bolus/": step("bolus", {"volume_ml": "2.0", "confirmed": True, "reason": "Dr. Nair"})(
        stories.infusing
    ),
    "sessions/{id}/stop/": step("stop")(stories.infusing),
    "sessions/{id}/explain-stop/": step("explain-stop", {"reason": "Nausea", "unreadable": True})(
        stopped_early
    ),
    "sessions/{id}/checklist/": checklist_answers,
    "sessions/{id}/medicines/": medicine,
    "sessions/{id}/waste/": step("waste", {"vial": "LOT 7", "drawn_mg": "50.0", "wasted_mg": "15.0"})(
        stories.recovering
    ),
    "sessions/{id}/witness/": witness,
    "sessions/{id}/notes/": step("notes", {"text": "Blinds down."})(stories.arrived),
    "sessions/{id}/not-given/": step("not-given", {"reason": "No ride home"})(stories.prepared),
    "sessions/{id}/discharge/": step("discharge", HOME)(stories.observed),
    "sessions/{id}/sign/": step("sign", SIGNATURE)(stories.discharged),
    "sessions/{id}/amendments/": amendments,
    "questionnaires/": questionnaires,
    "questionnaires/{id}/answers/": questionnaire_answers,
    "safety-concerns/{id}/assess/": safety_assessments,
    "diary-days/": diary_days,
    "diary-days/without-headache/": days_without_headache,
    "cohort-reports/": cohort_reports,
}
LATER = NOW + timedelta(minutes=30)
# When it is sent, where that is not the moment at which a story begins.
MOMENTS = {
    "sessions/{id}/stop/": NOW + timedelta(minutes=60),
    "sessions/{id}/explain-stop/": LATER,
    "sessions/{id}/pause/": LATER,
    "sessions/{id}/rate/": LATER,
    "sessions/{id}/bolus/": LATER,
    "sessions/{id}/waste/": NOW + timedelta(minutes=60),
    "sessions/{id}/witness/": NOW + timedelta(minutes=60),
    "sessions/{id}/resume/": LATER,
    "sessions/{id}/start/": NOW + timedelta(minutes=20),
    "sessions/{id}/discharge/": NOW + timedelta(minutes=125),
    "sessions/{id}/sign/": NOW + timedelta(minutes=130),
    "sessions/{id}/amendments/": NOW + timedelta(minutes=140),
}
