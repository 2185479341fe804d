"""A clinic with a row of every noun that an address of the product names.

Who may make which call is in `tests.permissions`, what a call carries in `tests.bodies`.
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
from scheduler.repairing import repair
from scheduler.repairing.reading import Missing
from scheduler.visits import booking
from sessions_app import arrival
from sessions_app.outcomes import cohort_reports, responses
from sessions_app.outcomes.cohort import Query
from sessions_app.preparing import safety
from tests.bodies import bodies_for
from tests.cast import NOW, TODAY, House, make_patient, make_user, new_id
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
    return World(house, olga, names, bodies_for(names))


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
