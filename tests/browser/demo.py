"""The synthetic clinic on its running day, with a row behind every name in braces of `tests.browser.pages`.

What the story of `web.demo` tells nothing of (a repair, a monitor, texts) happens here, through the same
functions. Always the same Saturday noon, and the same ids.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, UUID, uuid5

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import transaction

from clinic import access, clock
from clinic.models import Allergy, Clinic, Member, PatientImport, Role, User, WorkItem
from clinic.signin import Proof
from notifications import saying
from notifications.answering import times
from notifications.escalating import on_call
from notifications.models import CheckIn, LinkPurpose, Message, PatientLink, TimeRequest
from notifications.tokens import token_for
from scheduler.calendars import feeds
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    EligibilityDecision,
    Protocol,
    ProtocolStatus,
    Referral,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WaitlistOffer,
    WorkingPattern,
)
from scheduler.prescribing import plans, screening, spacing_requests
from scheduler.protocols import protocols
from scheduler.repairing import repair
from scheduler.repairing.reading import Missing
from sessions_app.models import (
    Alert,
    DiaryDay,
    QuestionnaireResponse,
    ResponseStatus,
    SafetyConcern,
    Session,
    SessionState,
    UnmatchedMessage,
    VitalSigns,
)
from sessions_app.monitors import devices, feed
from sessions_app.outcomes import cohort_reports, responses
from sessions_app.outcomes.cohort import Query
from sessions_app.signing import amending, signing
from tests.cast import shown
from tests.notifications.texts import announce, text
from tests.sessions_app.monitors.messages import oru
from tests.sessions_app.stories import calm
from web.demo import story
from web.demo.house import TEXTS_NUMBER
from web.demo.people import PASSWORD

MIDDAY: Final = datetime(2027, 1, 16, 18, 2, tzinfo=UTC)
STRANGERS: Final = "+13125550199"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Who stands behind a letter of the list; the nurse with a second factor is another one.
EMAILS: Final = {
    "D": "desk@chairside.example",
    "N": "nurse@chairside.example",
    "P": "prescriber@chairside.example",
    "M": "manager@chairside.example",
    "S": "nurse2@chairside.example",
    "s": "nurse2@chairside.example",
}
SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@dataclass(frozen=True)
class Demo:
    """What stands for each name in an address, and the birth year that opens each link."""

    names: dict[str, str]
    birth_years: dict[str, int]


def make() -> Demo:
    """Write the clinic and its day into the database that this process is connected to."""
    return go_on(story.create(now=MIDDAY, say=lambda line: None))


def go_on(clinic: Clinic) -> Demo:
    """What happened besides, to a clinic whose story was told at MIDDAY."""
    names = {**_of_the_story(clinic), **_happened_besides(clinic)}
    _invite_the_desk()
    links, birth_years = _links(clinic)
    _date_tasks()
    return Demo({**{name: str(value) for name, value in names.items()}, **links}, birth_years)


def _date_tasks() -> None:
    """A task is as old as the database's clock says, which knows nothing of MIDDAY."""
    open_ones = WorkItem.objects.filter(closed_at=None).exclude(created_at__range=(MIDDAY - DAY, MIDDAY))
    open_ones.update(created_at=MIDDAY - timedelta(minutes=20))


def _invite_the_desk() -> None:
    """Another clinic would have them as well."""
    hillside = Clinic.objects.create(
        id=_id("hillside"),
        name="Hillside Infusion Clinic",
        sender_name="Hillside Clinic",
        time_zone="America/Chicago",
        phone="+13125550111",
        synthetic=True,
    )
    Member.objects.create(
        id=_id("asked"),
        clinic=hillside,
        user=_person("D"),
        invited_name="Dana",
        offered=[Role.FRONT_DESK, Role.NURSE],
        invited_by=_person("M"),
        invited_until=MIDDAY + 2 * DAY,
    )


def actor(letter: str) -> access.Actor:
    return access.actor_of(_person(letter))


def _person(letter: str) -> User:
    return User.objects.get(email=EMAILS[letter])


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"chairside:{name}")


def _of_the_story(clinic: Clinic) -> dict[str, Any]:
    """Rows that the story itself has made."""
    booked = Appointment.objects.filter(status=AppointmentStatus.BOOKED).latest("during")
    today = clock.day_bounds(clock.local_date(MIDDAY, clinic.time_zone), clinic.time_zone)
    in_state = {
        state: Session.objects.filter(arrived_at__range=today, state=state).latest("arrived_at")
        for state in SessionState
    }
    running = in_state[SessionState.INFUSING]
    diarist = DiaryDay.objects.order_by("patient__mrn")[0]
    chair = Resource.objects.filter(kind=ResourceKind.CHAIR).order_by("name")[0]
    offer = WaitlistOffer.objects.get()
    without_visits = TreatmentPlan.objects.filter(clinic=clinic, appointments=None).order_by("patient__mrn")
    return {
        "day": clock.local_date(MIDDAY + DAY, clinic.time_zone),
        "visit": booked.pk,
        "plan": booked.plan_id,
        "free": quote((booked.starts_at - 2 * DAY).isoformat()),
        "taken": quote(booked.starts_at.isoformat()),
        "over": in_state[SessionState.SIGNED].appointment_id,
        "new_plan": without_visits[0].pk,
        "entry": offer.entry_id,
        "hold": offer.appointment_id,
        "patient": running.patient_id,
        "referral": Referral.objects.earliest("authored_on", "created_at").pk,
        "referred": EligibilityDecision.objects.earliest("signed_at").patient_id,
        "allergic": Allergy.objects.order_by("patient__mrn")[0].patient_id,
        "treated": diarist.patient_id,
        "asked": SafetyConcern.objects.latest("raised_at").patient_id,
        "answered": QuestionnaireResponse.objects.filter(status=ResponseStatus.COMPLETED)
        .latest("completed_at")
        .pk,
        "session": running.pk,
        "arrived": in_state[SessionState.ARRIVED].pk,
        "ready": in_state[SessionState.PREPARING].pk,
        "paused": in_state[SessionState.PAUSED].pk,
        "recovering": in_state[SessionState.RECOVERING].pk,
        "to_sign": in_state[SessionState.DISCHARGED].pk,
        "not_given": in_state[SessionState.NOT_GIVEN].pk,
        "signed": in_state[SessionState.SIGNED].pk,
        "alert": Alert.objects.latest("raised_at").pk,
        "task": WorkItem.objects.filter(closed_at=None, urgency="red").earliest("due_at").pk,
        "check_in": CheckIn.objects.exclude(level="").latest("completed_at").pk,
        "message": Message.objects.filter(status="sent", kind="confirmation").latest("sent_at").pk,
        "stage": "T-3d",
        "language": "es",
        "resource": chair.pk,
        "member": Member.objects.get(user__email=EMAILS["N"], clinic=clinic).pk,
        "invited": Member.objects.exclude(offered=[]).get(clinic=clinic).pk,
        "gone": Member.objects.get(clinic=clinic, left_at__isnull=False).pk,
        "pattern": WorkingPattern.objects.filter(resource=chair).earliest("weekday").pk,
        "protocol": Protocol.objects.get(status=ProtocolStatus.ACTIVE).pk,
    }


def _newer(manager: access.Actor) -> Protocol:
    """The next version of the protocol that the story's visits follow, which says something else."""
    mood = Protocol.objects.get(code="mood-40", status=ProtocolStatus.ACTIVE)
    saturation = {**mood.limits["oxygen_saturation_percent"], "emergency": {"below": 80}}
    changes = {
        "most_per_week": 3,
        "vitals_schedule": {**mood.vitals_schedule, "infusion": [{"every": 20}]},
        "limits": {**mood.limits, "oxygen_saturation_percent": saturation},
    }
    return protocols.draft_version(actor=manager, id=_id("newer"), after=mood, changes=changes)


def _happened_besides(clinic: Clinic) -> dict[str, Any]:
    """What pages are about that the story doesn't tell of."""
    desk, nurse, prescriber, manager = map(actor, "DNPM")
    chair, other_chair = Resource.objects.filter(kind=ResourceKind.CHAIR).order_by("name")[:2]
    tomorrow = clock.local_date(MIDDAY + DAY, clinic.time_zone)
    booked = list(
        Appointment.objects.filter(status=AppointmentStatus.BOOKED, during__startswith__gt=MIDDAY + 2 * DAY)
        .select_related("plan", "patient", "clinic")
        .order_by("during", "pk")
    )
    second, draft = Protocol.objects.filter(status=ProtocolStatus.DRAFT).order_by("code")[:2]

    second = protocols.activate(actor=prescriber, protocol=second, proof=shown(prescriber), now=MIDDAY)
    plans.write_plan(
        actor=prescriber,
        id=_id("second plan"),
        patient=booked[0].patient,
        protocol=second,
        indication=second.indications[0],
        ordered_dose=second.dose_start or Decimal("0.5"),
        sessions_ordered=2,
        valid_from=tomorrow,
        valid_until=tomorrow + 60 * DAY,
        findings={item.code: screening.Answer("absent") for item in screening.ITEMS},
        now=MIDDAY,
    )
    spacing_requests.ask(
        actor=desk,
        id=_id("spacing"),
        plan=booked[2].plan,
        words="Could the next two be a day apart? The patient travels after that.",
        now=MIDDAY,
    )
    repaired = repair.propose(
        actor=desk,
        id=_id("repair"),
        clinic=clinic,
        day=tomorrow,
        disruption=Missing(MIDDAY + DAY, MIDDAY + DAY + 2 * HOUR, chair),
        now=MIDDAY,
    )
    monitor = devices.add(
        actor=manager,
        id=_id("monitor"),
        clinic=clinic,
        identifier="BED1",
        name="Monitor 1",
        chair=other_chair,
        now=MIDDAY - HOUR,
    )
    feed.take(messages=[oru(MIDDAY, sender="BED9")], home=clinic, now=MIDDAY)
    feeds.make(actor=manager, id=_id("feed"), resource=chair)
    on_call.add_shift(
        actor=manager,
        id=_id("shift"),
        clinic=clinic,
        user=_person("P"),
        rung="second",
        starts_at=MIDDAY,
        ends_at=MIDDAY + DAY,
        now=MIDDAY,
    )
    cohort = cohort_reports.make(
        actor=manager,
        id=_id("cohort"),
        clinic=clinic,
        query=Query(instrument="phq-9"),
        cut_off=MIDDAY - timedelta(minutes=2),
        now=MIDDAY,
    )
    questionnaire = responses.begin(
        actor=nurse,
        id=_id("questionnaire"),
        patient=booked[3].patient,
        instrument="gad-7",
        how="interview",
        now=MIDDAY,
    )
    to_clinic = {"recipient": TEXTS_NUMBER}
    stranger = text("Is this the clinic?", sender=STRANGERS, now=MIDDAY - HOUR, **to_clinic)
    announce(booked[4], at=MIDDAY - 2 * HOUR)
    writer = booked[4].patient
    for minutes, words in ((50, "Can my sister wait inside?"), (40, "She would drive me home.")):
        at = MIDDAY - timedelta(minutes=minutes)
        text(words, sender=str(writer.phone), now=at, **to_clinic)
    with transaction.atomic():
        time_request = times.ask(appointment=booked[5], now=MIDDAY - HOUR)
    person = _person("S")
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    forgetful = _person("M")
    return {
        "two_plans": booked[0].patient_id,
        "repair": repaired.pk,
        "monitor": monitor.pk,
        "unmatched": UnmatchedMessage.objects.get(clinic=clinic).pk,
        "cohort": cohort.pk,
        "import": PatientImport.objects.get().pk,
        "step": "messages",
        "questionnaire": questionnaire.pk,
        "text": stranger.pk,
        "writer": writer.pk,
        "time_request": time_request.pk,
        "amended": _amended(nurse),
        "draft": draft.pk,
        "newer": _newer(manager).pk,
        "reset_key": f"{user_pk_to_url_str(forgetful)}-{default_token_generator.make_token(forgetful)}",
    }


def _amended(nurse: access.Actor) -> UUID:
    """A signed record of this nurse's with a reading that was read again."""
    session = Session.objects.filter(state=SessionState.SIGNED).earliest("arrived_at")
    line = VitalSigns.objects.filter(session=session).earliest("recorded_at")
    signing.amend(
        actor=nurse,
        id=_id("amendment"),
        session=session,
        reason="The cuff had slipped: the pressure was read again.",
        corrections=[
            amending.Correction(
                id=_id("reading"), content=calm(line.measured_at, systolic_mmhg=118), corrects=line.pk
            )
        ],
        proof=Proof(PASSWORD),
        now=MIDDAY,
    )
    return session.pk


def _links(clinic: Clinic) -> tuple[dict[str, str], dict[str, int]]:
    """A patient's link of each kind, which works now, and whose birth year opens it."""
    visit = Appointment.objects.filter(status=AppointmentStatus.BOOKED).latest("during")
    request = TimeRequest.objects.get()
    asked = _link(visit, "check_in", LinkPurpose.CHECK_IN, stage="next_morning")
    check_in = CheckIn.objects.create(
        clinic=clinic, patient=visit.patient, plan=visit.plan, kind="next_morning", message=asked.message
    )
    links = {
        "visit_link": _link(visit, "confirmation", LinkPurpose.VISIT),
        "check_in_link": asked,
        "diary_link": _link(visit, "diary", LinkPurpose.DIARY),
        "times_link": _link(request.appointment, "missed", LinkPurpose.TIMES),
        "offer_link": PatientLink.objects.filter(purpose=LinkPurpose.OFFER).latest("expires_at"),
    }
    tokens = {name: token_for(link.pk) for name, link in links.items()}
    years = {tokens[name]: link.patient.birth_date.year for name, link in links.items()}
    return {**tokens, "check_in_asked": str(check_in.pk)}, years


def _link(visit: Appointment, kind: str, purpose: LinkPurpose, *, stage: str = "") -> PatientLink:
    message = saying.say(
        key=f"browser:{purpose}",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind=kind,
        stage=stage or kind,
        due_at=MIDDAY,
        stale_at=MIDDAY + DAY,
        appointment=visit,
        visit_starts_at=visit.starts_at,
    )
    return saying.give_link(message, purpose=purpose, expires_at=MIDDAY + DAY)
