"""A clinic with a row of every noun that an address of the product names, and what its calls carry.

Who may make which call is in `tests.permissions`.
"""

from dataclasses import dataclass, field
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from rest_framework.test import APIClient

from clinic import work
from clinic.importing import uploads
from clinic.models import Allergy, Consent, Member, Role, Urgency, User
from notifications import tasks
from notifications.answering import check_ins, times
from notifications.escalating import on_call
from notifications.models import CheckIn, InboxItem, Message, QuietHours
from notifications.tokens import token_for
from scheduler.calendars import feeds
from scheduler.models import Series
from scheduler.prescribing import screening
from scheduler.repairing import repair
from scheduler.repairing.reading import Missing
from scheduler.visits import booking
from sessions_app import arrival
from sessions_app.outcomes import cohort_reports, responses
from sessions_app.outcomes.cohort import Query
from sessions_app.preparing import safety
from tests.cast import NOW, PASSWORD, TODAY, House, make_patient, make_user, new_id
from tests.clinic import staff
from tests.notifications import texts, visits
from tests.scheduler import referred, waits
from tests.scheduler.stage import Stage, declare_something, plan_row, set_stage
from tests.sessions_app import stories
from tests.sessions_app.monitors import beds as monitors


@dataclass
class World:
    """A row of every noun in Lakeside, by the name that the matrix gives it, and valid bodies."""

    house: House
    olga: User
    names: dict[str, str]
    bodies: dict[str, dict[str, Any]]
    clients: dict[tuple[bool, UUID], Any] = field(default_factory=dict)

    def client(self, *, api: bool, user: User | None) -> Any:
        """Signed in once, not for every cell: a sign-in is dearer than all the rest."""
        made = APIClient if api else Client
        if user is None:
            return made()  # a session of nobody's would be undone with the rest
        if (api, user.pk) not in self.clients:
            self.clients[api, user.pk] = made()
            self.clients[api, user.pk].force_login(user)
        return self.clients[api, user.pk]

    def send(self, method: str, path: str, user: User | None) -> HttpResponse:
        """One request; whatever it wrote is undone."""
        body = self.bodies.get(f"{method} {path}", {})
        client = self.client(api=path.startswith("/api/"), user=user)
        query = self.bodies.get(f"? {path}") if method == "GET" else None
        with transaction.atomic():
            address = path.format(**self.names)
            answer: HttpResponse = getattr(client, method.lower())(address, query or body)
            transaction.set_rollback(True)
        return answer


def make_world(house: House, other_house: House) -> World:
    """Lakeside with a life, and Olga, who does every job in Hillside."""
    olga = make_user(other_house.clinic, "Olga Moreau", *Role)
    stage = set_stage(house)
    names = {key: str(value) for key, value in _nouns(house, stage).items()}
    return World(house, olga, names, _bodies(names))


def _nouns(house: House, stage: Stage) -> dict[str, Any]:
    nils = house.actor(house.nils)
    plan = stage.plan()
    visit = stage.book(plan, "10:00")
    friday = stage.at("14:00", TODAY + timedelta(days=4))
    hold = booking.hold(actor=None, id=new_id(), plan=plan, start=friday, now=NOW)
    arrived = stories.arrived_visit(house, house.omar)
    session = arrival.open_session(actor=nils, id=new_id(), appointment=arrived, now=NOW)
    stories.measure(house, session, stories.calm(NOW, systolic_mmhg=165))
    past = visits.book(house, house.omar, NOW - timedelta(days=3))
    visits.discharge(past, NOW - timedelta(days=1))
    tasks.plan()
    check_in = CheckIn.objects.get()
    check_ins.answer(id=new_id(), check_in=check_in, question="safety", value="no", now=NOW)
    task = work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause="matrix",
        title="Call the patient",
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=NOW,
    )
    signed = stories.signed(house, make_patient(house.clinic, "Signed", "Sam"), at=NOW - timedelta(days=2))
    hours = declare_something(stage)
    entry = waits.join(stage, plan_row(house, stage.protocol, house.omar))
    texts.give_number(house.clinic)
    arrived_message = InboxItem.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        key=str(check_in.message_id),
        body="",
        calendar="BEGIN:VCALENDAR",
    )
    offer = waits.hold_for(stage, entry, "9:00", TODAY + timedelta(days=4))
    answered = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="gad-7", how="interview", now=NOW
    )
    troubled = responses.begin(
        actor=nils, id=new_id(), patient=house.rosa, instrument="phq-9", how="interview", now=NOW
    )
    brought = uploads.bring(
        actor=house.actor(house.max),
        id=new_id(),
        clinic=house.clinic,
        name="ours.csv",
        content=b"mrn,family_name,given_names,birth_date\nN-1,Neu,Nora,1990-01-01",
        now=NOW,
    )
    cohort = cohort_reports.make(
        actor=house.actor(house.max),
        id=new_id(),
        clinic=house.clinic,
        query=Query(instrument="phq-9"),
        cut_off=NOW - timedelta(minutes=2),
        now=NOW,
    )
    return {
        "questionnaire": answered.pk,
        "concern": safety.raise_concern(
            answer=troubled.answers.create(item=9, value=1, answered_at=NOW), patient=house.rosa, now=NOW
        ).pk,
        "cohort": cohort.pk,
        "import": brought.pk,
        "step": "closures",
        "clinic": house.clinic.pk,
        "member": Member.objects.get(user=house.nils, clinic=house.clinic).pk,
        "invited": staff.invited(house).pk,
        "gone": staff.gone(house).pk,
        "patient": house.rosa.pk,
        "consent": Consent.objects.filter(patient=house.rosa, scope="sms").get().pk,
        "allergy": Allergy.objects.create(patient=house.rosa, substance="Penicillin").pk,
        "referral": referred.referral(house).pk,
        "evaluation": referred.evaluation(house).pk,
        "task": task.pk,
        "nils": house.nils.pk,
        "shift": on_call.add_shift(
            actor=house.actor(house.max),
            id=new_id(),
            clinic=house.clinic,
            user=house.priya,
            rung="second",
            starts_at=NOW,
            ends_at=NOW + timedelta(days=1),
            now=NOW,
        ).pk,
        "quiet": QuietHours.objects.create(
            clinic=house.clinic, state="IL", day_begins=time(9), day_ends=time(20)
        ).pk,
        "stage": "T-3d",
        "language": "es",
        "feed": feeds.make(actor=house.actor(house.max), id=new_id(), resource=stage.chairs[0]).pk,
        "arrived": arrived_message.pk,
        "text": texts.text("Hello", sender=texts.STRANGERS).pk,
        "time_request": times.ask(appointment=visit, now=NOW).pk,
        "report": "utilisation",
        "table": "stages",
        "repair": _proposed_repair(house, stage),
        "protocol": stage.protocol.pk,
        "draft": house.clinic.protocols.filter(status="draft").first().pk,  # type: ignore[union-attr]
        "plan": plan.pk,
        "resource": stage.chairs[0].pk,
        "pattern": hours.pattern.pk,
        "day_hours": hours.day.pk,
        "absence": hours.absence.pk,
        "closure": hours.closure.pk,
        "visit": visit.pk,
        "hold": hold.pk,
        "series": Series.objects.create(clinic=house.clinic, plan=plan).pk,
        "entry": entry.pk,
        "offer": offer.pk,
        "session": session.pk,
        "signed": signed.pk,
        "alert": session.alerts.get().pk,
        "monitor": monitors.monitor_at(house, None).pk,
        "unmatched": monitors.unmatched_message(house).pk,
        "message": Message.objects.filter(patient=house.rosa).first().pk,  # type: ignore[union-attr]
        "check_in": check_in.pk,
        "day": TODAY.isoformat(),
        "token": token_for(check_in.message.link.pk),
        "reset_key": "1-set-password",
    }


def _proposed_repair(house: House, stage: Stage) -> UUID:
    proposed = repair.propose(
        actor=house.actor(house.ana),
        id=new_id(),
        clinic=house.clinic,
        day=TODAY + timedelta(days=2),
        disruption=Missing(
            stage.at("9:00", TODAY + timedelta(days=2)),
            stage.at("10:00", TODAY + timedelta(days=2)),
            stage.chairs[0],
        ),
        now=NOW,
    )
    return proposed.pk


def _bodies(names: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Bodies (and `?` queries) that would be carried out, so that a refusal is about the person."""
    window = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=3)).isoformat()}
    start = (NOW + timedelta(days=3)).isoformat()
    at_ten = (NOW + timedelta(hours=1)).isoformat()  # where the visit is
    today = TODAY.isoformat()
    in_a_month = (TODAY + timedelta(days=30)).isoformat()
    return {
        "POST /api/v1/patients/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "family_name": "Neu",
            "given_names": "Nora",
            "birth_date": "1990-01-01",
        },
        "POST /api/v1/patient-imports/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "file_name": "ours.csv",
            "content": "mrn,family_name,given_names,birth_date\nN-2,Neuer,Nils,1991-01-01",
        },
        "POST /api/v1/allergies/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "substance": "Latex",
        },
        "POST /api/v1/allergies/{allergy}/judge/": {
            "clinical_status": "resolved",
            "verification_status": "confirmed",
            "reason": "Tested",
        },
        "? /api/v1/members/": {"clinic": names["clinic"]},
        "POST /api/v1/members/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "email": "neu@lakeside.example",
            "full_name": "Nora Neu",
            "roles": ["front_desk"],
            "password": PASSWORD,
        },
        "PATCH /api/v1/members/{member}/": {"mobile": "+13125550177"},
        "POST /api/v1/members/{member}/roles/": {"give": ["front_desk"], "password": PASSWORD},
        "POST /api/v1/members/{member}/end-access/": {"password": PASSWORD},
        "POST /api/v1/members/{gone}/bring-back/": {"give": ["front_desk"], "password": PASSWORD},
        "POST /api/v1/members/{member}/revoke-token/": {"key": "none"},
        "POST /api/v1/members/{member}/take-second-factor/": {"password": PASSWORD},
        "POST /api/v1/members/{invited}/link/": {"password": PASSWORD},
        "? /api/v1/consents/": {"patient": names["patient"]},
        "POST /api/v1/consents/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "scope": "sms",
            "form_version": "2026-1",
            "method": "paper form",
            "given_at": NOW.isoformat(),
        },
        "POST /api/v1/patients/find/": {"text": "rosa"},
        "POST /api/v1/consents/{consent}/revoke/": {"how": "in person"},
        "POST /api/v1/tasks/{task}/close/": {"outcome": "Done"},
        "POST /api/v1/tasks/{task}/notes/": {"id": str(new_id()), "words": "Called, no answer"},
        "POST /api/v1/tasks/{task}/hand-over/": {"to": names["nils"]},
        "POST /api/v1/messages/{message}/again/": {"id": str(new_id()), "text": "Please call us."},
        "PATCH /api/v1/clinics/{clinic}/message-rules/": {"stage": "T-3d", "days": 2},
        "POST /api/v1/clinics/{clinic}/booking-settings/check/": {"hold_minutes": 12},
        "POST /api/v1/clinics/{clinic}/message-rules/check/": {"stage": "T-3d", "days": 2},
        "POST /api/v1/clinics/{clinic}/message-rules/reset/": {"stage": "T-3d"},
        "PATCH /api/v1/clinics/{clinic}/message-texts/": {
            "stage": "T-2h",
            "language": "en",
            "subject": "Soon",
            "email": "See {link}",
            "sms": "{sender}: soon. {link}",
        },
        "POST /api/v1/clinics/{clinic}/message-texts/reset/": {"stage": "T-2h", "language": "en"},
        "PATCH /api/v1/clinics/{clinic}/quiet-hours/": {
            "state": "OK",
            "day_begins": "09:00",
            "day_ends": "20:00",
        },
        "POST /api/v1/clinics/{clinic}/quiet-hours/drop/": {"quiet_hours": names["quiet"]},
        "PATCH /api/v1/clinics/{clinic}/messaging/": {"most_a_week": 4},
        "POST /api/v1/clinics/{clinic}/message-preview/": {"appointment": names["visit"]},
        "POST /api/v1/on-call/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "user": names["nils"],
            "rung": "first",
            "starts_at": start,
            "ends_at": (NOW + timedelta(days=4)).isoformat(),
        },
        "POST /api/v1/protocols/adopt-defaults/": {"clinic": names["clinic"]},
        "POST /api/v1/protocols/": {
            "id": str(new_id()),
            "after": names["protocol"],
            "observation_minutes": 90,
        },
        "? /api/v1/protocols/{protocol}/compare/": {"than": names["protocol"]},
        "POST /api/v1/protocols/check/": {"after": names["protocol"], "observation_minutes": 90},
        "POST /api/v1/protocols/{draft}/activate/": {"password": PASSWORD},
        "POST /api/v1/protocols/{draft}/retire/": {"reason": "A slip"},
        "? /api/v1/plans/": {"patient": names["patient"]},
        "POST /api/v1/plans/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "protocol": names["protocol"],
            "indication": "F33.2",
            "ordered_dose": "0.5",
            "sessions_ordered": 6,
            "valid_from": TODAY.isoformat(),
            "valid_until": (TODAY + timedelta(days=30)).isoformat(),
            "findings": [{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
        },
        "POST /api/v1/resources/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "kind": "chair",
            "name": "Chair 9",
            "capacity": 1,
        },
        "PATCH /api/v1/resources/{resource}/": {"name": "Chair by the window"},
        "POST /api/v1/monitors/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "identifier": "BED9",
            "name": "Monitor 9",
        },
        "POST /api/v1/monitors/{monitor}/move/": {"chair": names["resource"]},
        "POST /api/v1/monitors/{monitor}/take-over/": {"since": NOW.isoformat()},
        "POST /api/v1/monitor-messages/{unmatched}/settle/": {"outcome": "A loan, sent back"},
        "POST /api/v1/messages/{message}/settle/": {"arrived": True},
        "POST /api/v1/sending/pause/": {"clinic": names["clinic"], "why": "A story"},
        "POST /api/v1/sending/resume/": {"clinic": names["clinic"]},
        "? /api/v1/openings/": {"clinic": names["clinic"], "day": TODAY.isoformat()},
        "? /api/v1/working-hours/": {"clinic": names["clinic"]},
        "POST /api/v1/working-hours/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "weekdays": [4],
            "hours": [["09:00", "17:00"]],
            "valid_from": in_a_month,
        },
        "POST /api/v1/working-hours/check/": {
            "resource": names["resource"],
            "weekdays": [4],
            "hours": [["09:00", "17:00"]],
            "valid_from": in_a_month,
        },
        "POST /api/v1/working-hours/{pattern}/end/": {"last_day": in_a_month},
        "? /api/v1/day-hours/": {"clinic": names["clinic"]},
        "POST /api/v1/day-hours/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "day": in_a_month,
            "hours": [],
        },
        "POST /api/v1/day-hours/check/": {"resource": names["resource"], "day": in_a_month, "hours": []},
        "POST /api/v1/absences/check/": {
            "resource": names["resource"],
            "start": (NOW + timedelta(days=30)).isoformat(),
            "end": (NOW + timedelta(days=30, hours=4)).isoformat(),
        },
        "POST /api/v1/closures/check/": {
            "clinic": names["clinic"],
            "first_day": in_a_month,
            "last_day": in_a_month,
        },
        "? /api/v1/absences/": {"clinic": names["clinic"]},
        "POST /api/v1/absences/": {
            "id": str(new_id()),
            "resource": names["resource"],
            "start": (NOW + timedelta(days=30)).isoformat(),
            "end": (NOW + timedelta(days=30, hours=4)).isoformat(),
            "reason": "leave",
        },
        "? /api/v1/closures/": {"clinic": names["clinic"]},
        "POST /api/v1/closures/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "name": "Spring cleaning",
            "first_day": in_a_month,
            "last_day": in_a_month,
        },
        "? /api/v1/closures/public-holidays/": {"clinic": names["clinic"], "year": "2027"},
        "? /api/v1/availability/": {"plan": names["plan"], **window},
        "? /api/v1/appointments/": {"clinic": names["clinic"], "day": TODAY.isoformat()},
        "POST /api/v1/appointments/": {"id": str(new_id()), "plan": names["plan"], "start": start},
        "POST /api/v1/appointments/check/": {"plan": names["plan"], "start": start},
        "POST /api/v1/appointments/{visit}/cancel/": {"reason": "pat"},
        "POST /api/v1/appointments/{visit}/reschedule/": {"start": start},
        "POST /api/v1/holds/": {"id": str(new_id()), "plan": names["plan"], "start": start},
        "POST /api/v1/series/": {
            "id": str(new_id()),
            "plan": names["plan"],
            "sessions": [{"id": str(new_id()), "start": start}],
        },
        "POST /api/v1/series/propose/": {"plan": names["plan"]},
        "? /api/v1/series/review/": {"plan": names["plan"]},
        "POST /api/v1/series/respace/": {"plan": names["plan"]},
        "POST /api/v1/series/respace/accept/": {
            "plan": names["plan"],
            "moves": [{"appointment": names["visit"], "before": at_ten, "start": at_ten}],
        },
        "POST /api/v1/plans/{plan}/doses/": {
            "id": str(new_id()),
            "ordered_dose": "0.6",
            "was": "0.5",
            "reason": "Half an effect, well borne",
        },
        "POST /api/v1/plans/{plan}/spacing/": {
            "id": str(new_id()),
            "min_days": 1,
            "max_days": 7,
            "reason": "Lives far away",
        },
        "POST /api/v1/plans/{plan}/take-over/": {"protocol": names["protocol"]},
        "POST /api/v1/plans/ask/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "words": "Asks whether to go on",
        },
        "POST /api/v1/plans/{plan}/ask-spacing/": {
            "id": str(new_id()),
            "words": "Two days apart this once?",
        },
        "POST /api/v1/plans/{plan}/refuse-spacing/": {"task": str(new_id()), "reason": "Too close"},
        "POST /api/v1/plans/{plan}/safety-review/": {"task": str(new_id()), "reason": "Well again"},
        "? /api/v1/plans/safety-reviews/": {"clinic": names["clinic"]},
        "POST /api/v1/plans/{plan}/assessments/": {
            "id": str(new_id()),
            "step": "maintain",
            "words": "PHQ-9 16, then 6",
        },
        **{
            f"? /api/v1/{name}/": {"patient": names["patient"]}
            for name in ("referrals", "evaluations", "eligibility-decisions")
        },
        "POST /api/v1/referrals/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "authored_on": today,
            "requester_kind": "self",
            "reason": "Nothing has helped so far",
        },
        "PATCH /api/v1/referrals/{referral}/": {"records_received_on": today},
        "POST /api/v1/evaluations/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "evaluated_on": today,
            "indications": ["F33.2"],
            "severity": "PHQ-9 21",
            "asa_class": "2",
        },
        "POST /api/v1/eligibility-decisions/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "decision": "eligible",
            "reason": "Two adequate trials without response",
            "supersedes": None,
        },
        "PATCH /api/v1/clinics/{clinic}/prescribing-settings/": {"plans_need_eligibility": True},
        "POST /api/v1/plans/{plan}/go-on/": {"task": str(new_id()), "reason": "Sleeps better"},
        "? /api/v1/plans/waiting-courses/": {"clinic": names["clinic"]},
        "? /api/v1/plans/spacing-requests/": {"clinic": names["clinic"]},
        "? /api/v1/appointments/under-older-versions/": {"plan": names["plan"]},
        "POST /api/v1/plans/{plan}/put-on-hold/": {"reason": "Ill"},
        "POST /api/v1/plans/{plan}/take-up/": {"reason": "Well again"},
        "POST /api/v1/plans/{plan}/end/": {"end_reason": "transferred", "reason": "Moved away"},
        "POST /api/v1/repairs/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "day": TODAY.isoformat(),
            "late": {"minutes": 40},
        },
        "POST /api/v1/calendar-feeds/": {"id": str(new_id()), "resource": names["resource"]},
        "POST /api/v1/calendar-feeds/names/": {"clinic": names["clinic"], "show_names": False},
        **{
            f"? /api/v1/reports/{name}/": {"clinic": names["clinic"], "first": today, "last": today}
            for name in (
                "utilisation",
                "use-by-hour",
                "daily-load",
                "lead-time",
                "attendance",
                "spacing",
                "reminders",
                "stages",
                "side-effects",
                "durations",
            )
        },
        "? /api/v1/reports/level/": {"clinic": names["clinic"], "day": in_a_month},
        "? /api/v1/members/{member}/charts-opened/": {"first": today, "last": today},
        "? /reports/level/": {"day": in_a_month},
        "? /reports/level.csv": {"day": in_a_month},
        "? /reports/{report}.csv": {"first": today, "last": today},
        "? /messages/figures/{table}.csv": {"first": today, "last": today},
        "? /api/v1/waitlist/": {"clinic": names["clinic"]},
        "POST /api/v1/waitlist/": {
            "id": str(new_id()),
            "plan": names["plan"],
            "first_day": TODAY.isoformat(),
            "last_day": in_a_month,
        },
        "PATCH /api/v1/waitlist/{entry}/": {"notice_hours": 48},
        "POST /api/v1/waitlist/offer-freed/": {"clinic": names["clinic"]},
        "POST /api/v1/waitlist/{entry}/offer/": {"id": str(new_id()), "start": f"{TODAY}T20:00:00Z"},
        "? /api/v1/waitlist/fitting/": {"clinic": names["clinic"], "day": TODAY.isoformat()},
        "POST /api/v1/sessions/": {"id": str(new_id()), "appointment": names["visit"]},
        **{
            f"? /api/v1/{name}/": {"patient": names["patient"]}
            for name in (
                "questionnaires",
                "diary-days",
                "diary-nudges",
                "outcomes",
                "looking-back",
                "safety-concerns",
            )
        },
        "POST /api/v1/safety-concerns/{concern}/assess/": {
            "id": str(new_id()),
            "words": "No intent, safe at home",
        },
        "POST /api/v1/questionnaires/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "instrument": "phq-9",
        },
        "POST /api/v1/diary-days/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "day": TODAY.isoformat(),
            "headache": False,
        },
        "POST /api/v1/diary-days/without-headache/": {
            "id": str(new_id()),
            "patient": names["patient"],
            "days": [TODAY.isoformat()],
        },
        "POST /api/v1/diary-nudges/ask-daily/": {"patient": names["patient"], "at": "20:00"},
        "POST /api/v1/diary-nudges/stop/": {"patient": names["patient"]},
        "POST /api/v1/cohort-reports/": {
            "id": str(new_id()),
            "clinic": names["clinic"],
            "cut_off": (NOW - timedelta(minutes=2)).isoformat(),
            "query": {"instrument": "phq-9"},
        },
        "POST /api/v1/threads/{patient}/reply/": {"id": str(new_id()), "text": "We call you today"},
        "POST /api/v1/threads/{patient}/offer-times/": {"id": str(new_id()), "appointment": names["visit"]},
        "POST /api/v1/threads/{patient}/deal-with/": {"outcome": "Called"},
        "POST /api/v1/threads/{patient}/correct-number/": {"phone": "+13125550155", "how": "They called"},
        "? /api/v1/texts/": {"clinic": names["clinic"]},
        "POST /api/v1/texts/{text}/deal-with/": {"outcome": "Called"},
        "? /api/v1/time-requests/": {"clinic": names["clinic"]},
        "POST /clinic/switch/": {"clinic": names["clinic"]},
        "? /plans/{plan}/book/confirm/": {"start": start},
        "POST /plans/{plan}/book/confirm/": {"id": str(new_id()), "start": start},
        "POST /plans/{plan}/book/hold/": {"id": str(new_id()), "start": start},
        "? /visits/{visit}/move/": {"start": start},
        "POST /visits/{visit}/move/": {"start": start},
    }
