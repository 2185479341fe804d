"""Which infusions a period's report is about: those that were started on its days."""

from django.db.models import QuerySet

from clinic.models import Clinic
from scheduler.models import AppointmentStatus
from scheduler.reporting.reports import EVERYBODY, Among, Period
from scheduler.reporting.use import LONGEST_VISIT
from sessions_app.models import Session


def started_in(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> QuerySet[Session]:
    """Sessions whose infusion was started in the period; on `session_by_day`, for nobody waits in the chair
    longer than a day. Visits entered in error are left out."""
    return Session.objects.filter(
        among.of_visits("appointment__"),
        clinic=clinic,
        arrived_at__gte=period.low - LONGEST_VISIT,
        arrived_at__lt=period.high,
        started_at__gte=period.low,
        started_at__lt=period.high,
    ).exclude(appointment__status=AppointmentStatus.ENTERED_IN_ERROR)
