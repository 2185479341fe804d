"""A tablet on bad Wi-Fi may send any create call again: it yields one row and the first answer.

The create calls are read from the API's own document: a new one without a story here fails.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.apps import apps
from drf_spectacular.generators import SchemaGenerator

from clinic import work
from clinic.models import AccessLog, Role, Urgency, User
from notifications import saying, tasks
from notifications.models import CheckIn, LinkPurpose, Message
from notifications.tokens import token_for
from scheduler.prescribing import screening
from sessions_app.models import SafetyConcern
from sessions_app.observing import side_effects
from tests.cast import NOW, PASSWORD, TODAY, House, client_of, new_id
from tests.notifications import texts, visits
from tests.scheduler import waits
from tests.scheduler.stage import plan_row, set_stage
from tests.sessions_app import stories

API = "/api/v1/"
# Who sends it, where to, and what: made for a house that was just built.
Call = tuple[User | None, str, dict[str, Any]]
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


def patients(house: House) -> Call:
    body = {
        "clinic": house.clinic.pk,
        "family_name": "Neu",
        "given_names": "Nora",
        "birth_date": "1990-01-01",
    }
    return house.ana, "patients/", body


def consents(house: House) -> Call:
    house.rosa.consents.all().delete()
    body = {"patient": house.rosa.pk, "scope": "sms", "form_version": "2026-1", "method": "paper form"}
    return house.ana, "consents/", {**body, "given_at": NOW.isoformat()}


def allergies(house: House) -> Call:
    return house.nils, "allergies/", {"patient": house.rosa.pk, "substance": "Latex"}


def replies(house: House) -> Call:
    return house.ana, f"threads/{house.rosa.pk}/reply/", {"text": "We call you today"}


def plans(house: House) -> Call:
    body = {
        "patient": house.rosa.pk,
        "protocol": set_stage(house).protocol.pk,
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": 6,
        "valid_from": TODAY.isoformat(),
        "valid_until": (TODAY + timedelta(days=30)).isoformat(),
        "findings": [{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
    }
    return house.priya, "plans/", body


def protocols(house: House) -> Call:
    return house.priya, "protocols/", {"after": set_stage(house).protocol.pk, "observation_minutes": 90}


def dose_orders(house: House) -> Call:
    plan = set_stage(house).plan()
    body = {"ordered_dose": "0.600", "was": "0.500", "reason": "Little effect at the last session"}
    return house.priya, f"plans/{plan.pk}/doses/", body


def plan_requests(house: House) -> Call:
    return house.ana, "plans/ask/", {"patient": house.rosa.pk, "words": "Asks whether to go on"}


def members(house: House) -> Call:
    body = {"email": "neu@lakeside.example", "full_name": "Nora Neu", "roles": ["front_desk"]}
    return house.max, "members/", {"clinic": house.clinic.pk, **body, "password": PASSWORD}


def patient_imports(house: House) -> Call:
    content = "mrn,family_name,given_names,birth_date\nN-2,Neuer,Nils,1991-01-01"
    body = {"clinic": house.clinic.pk, "file_name": "ours.csv", "content": content}
    return house.max, "patient-imports/", body


def times_offered(house: House) -> Call:
    stage = set_stage(house)
    texts.give_number(house.clinic)
    visit = stage.book(stage.plan(), "10:00", TODAY + timedelta(days=3))
    return house.ana, f"threads/{house.rosa.pk}/offer-times/", {"appointment": visit.pk}


def offers_by_hand(house: House) -> Call:
    stage = set_stage(house)
    entry = waits.join(stage, plan_row(house, stage.protocol, house.omar))
    start = stage.at("14:00", TODAY + timedelta(days=4))
    return house.ana, f"waitlist/{entry.pk}/offer/", {"start": start.isoformat()}


def resources(house: House) -> Call:
    return (
        house.max,
        "resources/",
        {"clinic": house.clinic.pk, "kind": "nurse", "name": "Nurse 9", "capacity": 6},
    )


def monitors(house: House) -> Call:
    body = {"clinic": house.clinic.pk, "identifier": "BED9", "name": "Monitor 9"}
    return house.max, "monitors/", {**body, "chair": set_stage(house).chairs[0].pk}


def calendar_feeds(house: House) -> Call:
    return house.max, "calendar-feeds/", {"resource": set_stage(house).nurses[0].pk}


def working_hours(house: House) -> Call:
    body = {"resource": set_stage(house).chairs[0].pk, "weekdays": [5, 6], "valid_from": TODAY}
    return house.max, "working-hours/", {**body, "hours": [["09:00", "12:00"], ["13:00", "17:00"]]}


def day_hours(house: House) -> Call:
    body = {"resource": set_stage(house).chairs[0].pk, "day": TODAY + timedelta(days=30)}
    return house.max, "day-hours/", {**body, "hours": [["09:00", "12:00"]]}


def absences(house: House) -> Call:
    start = NOW + timedelta(days=1)
    body = {"resource": set_stage(house).nurses[0].pk, "start": start, "end": start + timedelta(hours=4)}
    return house.ana, "absences/", {**body, "reason": "illness"}


def closures(house: House) -> Call:
    set_stage(house)
    day = TODAY + timedelta(days=1)
    body = {"clinic": house.clinic.pk, "name": "Spring cleaning", "first_day": day, "last_day": day}
    return house.max, "closures/", body


def appointments(house: House) -> Call:
    stage = set_stage(house)
    return house.ana, "appointments/", {"plan": stage.plan().pk, "start": stage.at("10:00")}


def holds(house: House) -> Call:
    user, _, body = appointments(house)
    return user, "holds/", body


def series(house: House) -> Call:
    stage = set_stage(house)
    sessions = [
        {"id": str(new_id()), "start": stage.at("10:00", TODAY + timedelta(days=ahead))} for ahead in (0, 2)
    ]
    return house.ana, "series/", {"plan": stage.plan().pk, "sessions": sessions}


def spacing(house: House) -> Call:
    body = {"min_days": 1, "max_days": 7, "reason": "Lives far away"}
    return house.priya, f"plans/{set_stage(house).plan().pk}/spacing/", body


def asked_spacing(house: House) -> Call:
    return house.ana, f"plans/{set_stage(house).plan().pk}/ask-spacing/", {"words": "Two days apart?"}


def waitlist(house: House) -> Call:
    body = {"first_day": TODAY.isoformat(), "last_day": (TODAY + timedelta(days=30)).isoformat()}
    return house.ana, "waitlist/", {"plan": set_stage(house).plan().pk, **body}


def repairs(house: House) -> Call:
    stage = set_stage(house)
    missing = {"resource": str(stage.chairs[0].pk), "start": stage.at("10:00"), "end": stage.at("12:00")}
    return house.ana, "repairs/", {"clinic": house.clinic.pk, "day": TODAY.isoformat(), "missing": missing}


def sessions(house: House) -> Call:
    return house.nils, "sessions/", {"appointment": stories.arrived_visit(house).pk}


def step(act: str, body: dict[str, Any] | None = None) -> Callable[[Any], Callable[[House], Call]]:
    """A call about a session that the story has brought to the right state."""
    return lambda come_to: lambda house: (house.nils, f"sessions/{come_to(house).pk}/{act}/", body or {})


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
    nausea = side_effects.Report(term="nausea", grade=2, onset_at=NOW)
    first = side_effects.record_side_effect(
        actor=house.actor(house.nils), id=new_id(), session=session, report=nausea, now=NOW
    )
    return house.nils, f"sessions/{session.pk}/side-effects/course/", {"effect": str(first.pk), "grade": 1}


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


def questionnaires(house: House) -> Call:
    return house.nils, "questionnaires/", {"patient": house.rosa.pk, "instrument": "phq-9"}


def safety_assessments(house: House) -> Call:
    user, address, body = questionnaire_answers(house)
    client_of(user).post(f"/api/v1/{address}", {"id": new_id(), **body})
    concern = SafetyConcern.objects.get()
    return house.priya, f"safety-concerns/{concern.pk}/assess/", {"words": "No intent, safe at home"}


def questionnaire_answers(house: House) -> Call:
    """The item about self-harm: sent again, it opens no second task."""
    user, address, body = questionnaires(house)
    row = client_of(user).post(API + address, {"id": new_id(), **body}).json()
    return user, f"questionnaires/{row['id']}/answers/", {"item": 9, "value": 2}


def diary_days(house: House) -> Call:
    body = {"patient": house.rosa.pk, "day": TODAY, "headache": True, "hours": "3.5", "peak": 6}
    return house.nils, "diary-days/", body


def days_without_headache(house: House) -> Call:
    return house.nils, "diary-days/without-headache/", {"patient": house.rosa.pk, "days": [TODAY]}


def on_call(house: House) -> Call:
    who = {"clinic": house.clinic.pk, "user": house.nils.pk, "rung": "first"}
    return house.max, "on-call/", {**who, "starts_at": NOW, "ends_at": NOW + timedelta(days=1)}


def task_notes(house: House) -> Call:
    item = work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause="story",
        title="Call the patient",
        urgency=Urgency.ROUTINE,
        role=Role.NURSE,
        due_at=NOW,
    )
    return house.nils, f"tasks/{item.pk}/notes/", {"words": "Called, no answer."}


def cohort_reports(house: House) -> Call:
    body = {
        "clinic": house.clinic.pk,
        "cut_off": NOW - timedelta(minutes=2),
        "query": {"instrument": "phq-9"},
    }
    return house.priya, "cohort-reports/", body


def checklist_answers(house: House) -> Call:
    body = {"answers": [{"item": "identity", "result": "pass"}]}
    return house.nils, f"sessions/{stories.arrived(house).pk}/checklist/", body


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


def answers(house: House) -> Call:
    past = visits.book(house, house.omar, NOW - timedelta(days=3))
    visits.discharge(past, NOW - timedelta(days=1))
    tasks.plan()
    token = token_for(CheckIn.objects.get().message.link.pk)
    year = house.omar.birth_date.year
    return None, "links/answer/", {"token": token, "birth_year": year, "question": "safety", "value": "yes"}


def _behind_link(house: House, kind: str, purpose: LinkPurpose) -> dict[str, Any]:
    """The proof of a link in a message of this kind about Omar's next visit."""
    visit = visits.book(house, house.omar, NOW + timedelta(days=3))
    message = saying.say(
        key=f"story:{kind}",
        clinic_id=house.clinic.pk,
        patient_id=house.omar.pk,
        kind=kind,
        stage=kind,
        due_at=NOW,
        stale_at=visit.starts_at,
        appointment=visit,
        visit_starts_at=visit.starts_at,
    )
    link = saying.give_link(message, purpose=purpose, expires_at=visit.ends_at)
    return {"token": token_for(link.pk), "birth_year": house.omar.birth_date.year}


def link_readiness(house: House) -> Call:
    """An unsafe answer: sent again, it opens no second task."""
    proof = _behind_link(house, "confirmation", LinkPurpose.VISIT)
    return None, "links/readiness/", {**proof, "question": "new_medicines", "value": "yes"}


def link_scores(house: House) -> Call:
    proof = _behind_link(house, "check_in", LinkPurpose.CHECK_IN)
    message = Message.objects.get(key="story:check_in")
    CheckIn.objects.create(clinic=house.clinic, patient=house.omar, kind="monthly", message=message)
    return None, "links/score/", {**proof, "instrument": "phq-9", "item": 9, "value": 1}


def link_diary(house: House) -> Call:
    proof = _behind_link(house, "diary", LinkPurpose.DIARY)
    return None, "links/diary/", {**proof, "day": TODAY, "headache": True}


def messages_again(house: House) -> Call:
    visits.book(house, house.rosa)
    tasks.plan()
    body = {"text": "Please call us about your visit."}
    return house.ana, f"messages/{Message.objects.first().pk}/again/", body  # type: ignore[union-attr]


def referrals(house: House) -> Call:
    body = {"authored_on": TODAY, "requester_kind": "self", "reason": "Nothing has helped so far"}
    return house.ana, "referrals/", {"patient": house.rosa.pk, **body}


def evaluations(house: House) -> Call:
    body = {"evaluated_on": TODAY, "indications": ["F33.2"], "severity": "PHQ-9 21", "asa_class": "2"}
    return house.priya, "evaluations/", {"patient": house.rosa.pk, **body}


def eligibility_decisions(house: House) -> Call:
    body = {"decision": "eligible", "reason": "Two adequate trials without response", "supersedes": None}
    return house.priya, "eligibility-decisions/", {"patient": house.rosa.pk, **body}


def course_assessments(house: House) -> Call:
    plan = set_stage(house).plan()
    return house.priya, f"plans/{plan.pk}/assessments/", {"step": "maintain", "words": "PHQ-9 16, then 6"}


CALLS: dict[str, Callable[[House], Call]] = {
    "patients/": patients,
    "consents/": consents,
    "allergies/": allergies,
    "plans/": plans,
    "plans/{id}/assessments/": course_assessments,
    "referrals/": referrals,
    "evaluations/": evaluations,
    "eligibility-decisions/": eligibility_decisions,
    "protocols/": protocols,
    "resources/": resources,
    "calendar-feeds/": calendar_feeds,
    "monitors/": monitors,
    "working-hours/": working_hours,
    "day-hours/": day_hours,
    "absences/": absences,
    "closures/": closures,
    "plans/{id}/spacing/": spacing,
    "plans/{id}/ask-spacing/": asked_spacing,
    "appointments/": appointments,
    "holds/": holds,
    "series/": series,
    "waitlist/": waitlist,
    "repairs/": repairs,
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
    "on-call/": on_call,
    "messages/{id}/again/": messages_again,
    "tasks/{id}/notes/": task_notes,
    "links/answer/": answers,
    "links/readiness/": link_readiness,
    "links/score/": link_scores,
    "links/diary/": link_diary,
    "threads/{id}/reply/": replies,
    "threads/{id}/offer-times/": times_offered,
    "waitlist/{id}/offer/": offers_by_hand,
    "plans/ask/": plan_requests,
    "plans/{id}/doses/": dose_orders,
    "members/": members,
    "patient-imports/": patient_imports,
}
LATER = NOW + timedelta(minutes=30)
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


def test_every_create_call_of_the_api_has_its_story() -> None:
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]

    def asks_for_an_id(operation: dict[str, Any]) -> bool:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        body = schemas.get(content.get("schema", {}).get("$ref", "").rpartition("/")[2], {})
        kinds = [schemas[kind["$ref"].rpartition("/")[2]] for kind in body.get("oneOf", [])] or [body]
        return any("id" in kind.get("required", []) for kind in kinds)

    creates = {
        path.removeprefix(API)
        for path, methods in document["paths"].items()
        if "post" in methods and asks_for_an_id(methods["post"])
    }
    assert creates == set(CALLS)


@pytest.mark.parametrize("path", CALLS)
def test_the_same_call_sent_again_yields_one_row(path: str, house: House) -> None:
    with time_machine.travel(MOMENTS.get(path, NOW), tick=False):
        user, address, body = CALLS[path](house)
        client = client_of(user)
        sent = {"id": str(new_id()), **body}
        first = client.post(API + address, sent)
        assert first.status_code == 201, first.content
        before = rows()
        again = client.post(API + address, sent)
        assert (again.status_code, again.json()) == (200, first.json())
        assert rows() == before


def rows() -> dict[str, int]:
    """How many rows each table holds; the log of looks may grow with every call."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model is not AccessLog and model._meta.app_label not in ("sessions", "pghistory")
    }
