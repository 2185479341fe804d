"""Courses whose ordered sessions have all been given: a prescriber assesses them (domain.md 1.1, row 14).

What they find is `scheduler.prescribing.course_assessments`'s; a course without a response is noticed
earlier, in `course_responses`.
"""

from datetime import datetime

from django.db.models import Count, F, Q

from scheduler.models import STANDING_STATUSES, TreatmentPlan
from scheduler.prescribing import course_assessments
from sessions_app import queries


def look(*, now: datetime) -> None:
    """Open what prescribers have to assess since the sessions of late. Two queries, and two for each that is
    opened."""
    late = queries.over_of_late(now)
    given = Count("appointments", filter=Q(appointments__session__started_at__isnull=False))
    done = (
        TreatmentPlan.objects.filter(
            pk__in=late.values("appointment__plan"), status__in=STANDING_STATUSES, assessments=None
        )
        .select_related("clinic")
        .annotate(given=given)
        .filter(given__gte=F("sessions_ordered"))
    )
    plans = list(done)
    asked = course_assessments.asked_of({plan.patient_id for plan in plans})
    for plan in plans:
        if plan.pk not in asked:
            course_assessments.open_task(plan=plan, infusions=plan.given, now=now)
