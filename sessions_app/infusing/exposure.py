"""How much a patient was given in all, over every session: a reading of what stands now. And whether that
asks for liver tests, by the protocol version of the last session (`preparing.liver_tests`)."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Prefetch

from sessions_app import queries
from sessions_app.infusing import progress
from sessions_app.models import InfusionEvent, Session
from sessions_app.preparing import liver_tests


def look(*, now: datetime) -> None:
    """Ask for the liver tests that became due with the sessions of late: after as many mg as the version says
    since they were last due, and never while they still are. Five queries, and one for each that is asked."""
    late = (
        queries.over_of_late(now)
        .filter(protocol__liver_test_after_mg__isnull=False)
        .select_related("clinic", "protocol")
        .order_by("patient", "-discharged_at")
        .distinct("patient")
    )
    last = {session.patient_id: session for session in late}
    if not last:
        return
    asked = liver_tests.asked_of(list(last))
    waiting = {item.patient_id for item in asked if item.closed_at is None}
    before: dict[UUID | None, int] = {}
    for item in asked:
        before[item.patient_id] = max(before.get(item.patient_id, 0), liver_tests.mg_of(item))
    given = given_mg(last, now=now)
    for patient, session in last.items():
        most = session.protocol.liver_test_after_mg or 0
        mg = int(given[patient])
        if patient not in waiting and mg - before.get(patient, 0) >= most:
            liver_tests.ask(clinic=session.clinic, patient_id=patient, given_mg=mg, now=now)


def given_mg(patients: Collection[UUID], *, now: datetime) -> Mapping[UUID, Decimal]:
    """What each of these patients was given by now, in all of their sessions: three queries."""
    sessions = Session.objects.filter(patient__in=patients, started_at__isnull=False).select_related(
        "protocol"
    )
    found: dict[UUID, Decimal] = defaultdict(Decimal)
    for session in sessions.prefetch_related(
        "dose_worksheets", Prefetch("infusion_events", InfusionEvent.objects.order_by("recorded_at", "id"))
    ):
        stands = progress.progress(session, now)
        found[session.patient_id] += stands.mg if stands else Decimal(0)
    return found
