"""Infusions as rows, for the stories of reports: when what began and ended, and what was felt."""

from datetime import date, datetime, timedelta
from typing import Any

from clinic.models import Patient
from scheduler.models import Protocol
from sessions_app.models import Session, SideEffect
from tests.cast import TODAY, House, local, make_patient
from tests.notifications.visits import book


def infused(
    house: House,
    day: date = TODAY,
    *,
    who: Patient | None = None,
    protocol: str = "",
    arrived: int = 0,
    began: int = 20,
    stopped: int | None = 60,
    home: int | None = 120,
    **fields: Any,
) -> Session:
    """A visit at ten o'clock, its steps in minutes after it; each of another patient unless said."""
    number = Session.objects.count()
    patient = who or make_patient(house.clinic, f"I{number}", "Family", consents=False)
    visit = book(house, patient, local(day, "10:00"), status="fulfilled")
    if protocol:
        visit.protocol = Protocol.objects.get(clinic=house.clinic, code=protocol)
        visit.save(update_fields=["protocol"])

    def minute(minutes: int | None) -> datetime | None:
        return None if minutes is None else visit.starts_at + timedelta(minutes=minutes)

    return Session.objects.create(
        **{
            "clinic": house.clinic,
            "patient": patient,
            "appointment": visit,
            "protocol": visit.protocol,
            "state": "signed",
            "arrived_at": minute(arrived),
            "started_at": minute(began),
            "stopped_at": minute(stopped),
            "discharged_at": minute(home),
            **fields,
        }
    )


def effect(
    house: House, session: Session, term: str = "nausea", grade: int = 1, **details: Any
) -> SideEffect:
    at = session.started_at + timedelta(minutes=10)  # type: ignore[operator]
    return SideEffect.objects.create(
        session=session,
        recorded_by=house.nils,
        term=term,
        grade=grade,
        **{"recorded_at": at, "onset_at": at, **details},
    )
