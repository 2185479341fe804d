"""The chart of one patient: what stands before the next infusion, how the last ones went, how they fare.

Put together from each floor's own queries, with a module for each section that has to find words. A section
is shown to those who may read it, and isn't asked for otherwise. What happens in a section (booking, the
session's record, messages) has its pages elsewhere.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock, queries
from clinic.models import AccessLog, ConsentScope, Patient
from notifications.access import VIEW_MESSAGES
from notifications.models import Message, MessageKind
from notifications.queries import message_log
from notifications.reporting.reach import reach_of
from notifications.talking.threads import texts_of
from scheduler.access import BOOK, VIEW_PLANS, VIEW_SCHEDULE, WRITE_PLAN
from scheduler.evaluating import eligibility, referrals
from scheduler.models import TreatmentPlan
from scheduler.prescribing import consented
from scheduler.visits.queries import visits_of
from sessions_app.access import READ_SESSIONS
from sessions_app.looking_back import LookedBack, look_back
from web.doors import StaffRequest, staff_page
from web.views import readiness_answers
from web.views.patients import consent_list, curves, looks, notices, progress, who
from web.views.patients.consent_forms import ConsentForm, RevokeForm

# As many as tell how it goes; the rest is asked for by its link.
LATEST_VISITS: Final = 8
LATEST_MESSAGES: Final = 6
LATEST_LOOKS: Final = 30
ALL: Final = "all"
NOBODY_SEES: Final = LookedBack((), ())


@staff_page(access.VIEW_PATIENTS, methods=["GET"])
def patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    return show(request, access.open_chart(request.actor, access.VIEW_PATIENTS, pk, what="chart"))


def show(
    request: StaffRequest,
    patient: Patient,
    *,
    consent_form: ConsentForm | None = None,
    revoke_form: RevokeForm | None = None,
) -> HttpResponse:
    """The chart with a section for each floor; a refused form comes back as it was filled."""
    now, actor = clock.now(), request.actor

    def may(permission: access.Permission) -> bool:
        return actor.may(permission, patient.clinic_id)

    reads_sessions, sees_messages = may(READ_SESSIONS), may(VIEW_MESSAGES)
    everything = list(queries.consents_of(patient))
    given = {ConsentScope(each.scope): each.given_at for each in everything if each.revoked_at is None}
    visits = visits_of(patient) if may(VIEW_SCHEDULE) else []
    back = look_back(patient, now=now) if reads_sessions else NOBODY_SEES
    went = back.by_visit
    plans = list(progress.plans_of(patient)) if may(VIEW_PLANS) else []
    standing = progress.progress_of(plans, visits, went, now)
    tasks = list(queries.open_work_items().filter(patient=patient)) if may(access.VIEW_WORK) else []
    readiness = readiness_answers.of_patient(actor, patient, now)
    reach = reach_of(patient, set(given)) if sees_messages else None
    waiting_texts = texts_of(patient).filter(read_at=None).count() if sees_messages else 0
    coming = [visit for visit in reversed(visits) if visit.is_to_come(now)]
    past = [visit for visit in visits if not visit.is_to_come(now)]
    shown = past if request.GET.get("visits") == ALL else past[:LATEST_VISITS]
    refused = consent_form or revoke_form
    context: dict[str, Any] = {
        "patient": patient,
        "who": who.who_is(patient, list(queries.allergies_that_hold(patient)), now),
        "notices": notices.notices(
            actor,
            notices.Known(
                patient=patient,
                plans=standing,
                coming=coming,
                consented_at=given.get(ConsentScope.TREATMENT),
                sessions=back.sessions,
                tasks=tasks,
                readiness=readiness,
                reach=reach,
                waiting_texts=waiting_texts,
            ),
            now,
        ),
        "plans": [each for each in standing if each.standing],
        "former_plans": [each for each in standing if not each.standing],
        "coming": [(visit, went.get(visit.appointment.pk)) for visit in coming],
        "past": [(visit, went.get(visit.appointment.pk)) for visit in shown],
        "visits_left_out": len(past) - len(shown),
        "reads_sessions": reads_sessions,
        "back": back,
        "with_effects": [each for each in back.sessions if each.episodes],
        "without_effects": [each for each in back.given if not each.episodes],
        "outcomes": curves.outcomes_of(patient, now) if reads_sessions else None,
        "tasks": tasks,
        "readiness": readiness,
        "sees_messages": sees_messages,
        "reach": reach,
        "waiting_texts": waiting_texts,
        "sent": _messages(patient) if sees_messages else [],
        "consents": consent_list.consents(
            everything,
            revoke_form,
            may_record=may(access.RECORD_CONSENT),
            treatment_until=_until(given.get(ConsentScope.TREATMENT), plans, patient.clinic.time_zone),
            today=clock.local_date(now, patient.clinic.time_zone),
        ),
        "consent_form": _consent_form(consent_form, now) if may(access.RECORD_CONSENT) else None,
        "referral": referrals.standing(patient),
        "decision": eligibility.newest(patient),
        "looks": _looks(patient) if may(access.VIEW_ACCESS_LOG) else None,
        "may_edit": may(access.WRITE_PATIENTS),
        "may_book": may(BOOK),
        "may_write_plan": may(WRITE_PLAN),
    }
    return render(request, "web/patients/chart.html", context, status=refused.status if refused else 200)


def _consent_form(refused: ConsentForm | None, now: datetime) -> ConsentForm:
    return refused or ConsentForm(initial={"given_at": now})


def _until(given_at: datetime | None, plans: Sequence[TreatmentPlan], zone: str) -> date | None:
    """The last day on which the consent to treatment counts under the plan that stands."""
    standing = next((plan for plan in plans if plan.stands), None)
    if given_at is None or standing is None:
        return None
    return consented.last_day(given_at, standing.protocol.reconsent_after_days, zone)


def _messages(patient: Patient) -> list[Message]:
    """The newest that were said to the patient, or will be next; pages to staff are none of these."""
    log = message_log().filter(patient=patient).exclude(kind=MessageKind.PAGE)
    return list(log[:LATEST_MESSAGES])


def _looks(patient: Patient) -> list[list[AccessLog]]:
    return looks.grouped(queries.looks_at(patient)[:LATEST_LOOKS])[:LATEST_MESSAGES]
