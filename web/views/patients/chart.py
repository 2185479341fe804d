"""The chart of one patient, put together from each floor's own queries; a section is shown to those who may
read it. What happens in a section (booking, the session's record, messages) has its pages elsewhere.
"""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock, queries
from clinic.models import Consent, Patient
from notifications.access import VIEW_MESSAGES
from notifications.queries import message_log
from scheduler.access import VIEW_PLANS, VIEW_SCHEDULE, WRITE_PLAN
from scheduler.models import TreatmentPlan
from scheduler.visits.queries import visits_of
from sessions_app.access import READ_SESSIONS
from sessions_app.queries import patient_sessions
from web.doors import StaffRequest, staff_page
from web.views import readiness_answers
from web.views.patients.consent_forms import ConsentForm, RevokeForm
from web.views.patients.details import age_on

LATEST = 8


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
    now = clock.now()

    def may(permission: access.Permission) -> bool:
        return request.actor.may(permission, patient.clinic_id)

    everything = list(queries.consents_of(patient))
    refused = consent_form or revoke_form
    context = {
        "header": queries.chart_header(patient),
        "age": age_on(patient.birth_date, clock.local_date(now, patient.clinic.time_zone)),
        "consents": [
            (consent, _revoke_form(consent, revoke_form) if may(access.RECORD_CONSENT) else None)
            for consent in everything
        ],
        "consent_form": (consent_form or ConsentForm(initial={"given_at": now}))
        if may(access.RECORD_CONSENT)
        else None,
        "may_edit": may(access.WRITE_PATIENTS),
        "may_write_plan": may(WRITE_PLAN),
        "may_see_looks": may(access.VIEW_ACCESS_LOG),
        "tasks": list(queries.open_work_items().filter(patient=patient)) if may(access.VIEW_WORK) else None,
        "readiness": readiness_answers.of_patient(request.actor, patient, now),
        "plans": list(plans_of(patient)) if may(VIEW_PLANS) else None,
        "visits": visits_of(patient)[:LATEST] if may(VIEW_SCHEDULE) else None,
        "sessions": list(patient_sessions(patient)[:LATEST]) if may(READ_SESSIONS) else None,
        "sent": list(message_log().filter(patient=patient)[:LATEST]) if may(VIEW_MESSAGES) else None,
    }
    return render(request, "web/patients/chart.html", context, status=refused.status if refused else 200)


def _revoke_form(consent: Consent, refused: RevokeForm | None) -> RevokeForm | None:
    if consent.revoked_at:
        return None
    return refused if refused and refused.prefix == str(consent.pk) else RevokeForm(prefix=str(consent.pk))


def plans_of(patient: Patient) -> Any:
    plans = TreatmentPlan.objects.filter(patient=patient)
    return plans.select_related("protocol", "prescriber").order_by("-created_at", "-pk")
