"""A patient in a chair with a monitor at it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

from clinic.models import Patient
from scheduler.models import Claim, Opening, Phase, Resource, ResourceKind
from sessions_app.models import MonitorDevice, Session, UnmatchedMessage
from sessions_app.monitors import devices, feed
from tests.cast import NOW, House, new_id
from tests.kept import kept
from tests.scheduler.stage import make_resource
from tests.sessions_app import stories
from tests.sessions_app.monitors.messages import DURING, MONITOR, oru


@dataclass
class Bed:
    session: Session
    chair: Resource
    device: MonitorDevice


def chair_of(house: House, name: str = "Chair 1", at: datetime = NOW) -> Resource:
    """A chair that is open from an hour before to eight hours after."""
    chair = make_resource(house, ResourceKind.CHAIR, name, 1)
    hours = DateTimeTZRange(at - timedelta(hours=1), at + timedelta(hours=8))
    Opening.objects.create(resource=chair, during=hours)
    return chair


def seat(session: Session, chair: Resource) -> None:
    """The claim that says in which chair the visit is."""
    during = session.appointment.during
    Claim.objects.create(
        appointment=session.appointment,
        resource=chair,
        phase=Phase.WHOLE,
        units=NumericRange(0, 1),
        during=DateTimeTZRange(during.lower, during.upper),
        capacity=1,
    )


@kept
def bed(
    house: House, patient: Patient | None = None, *, come_to: Any = stories.infusing, **visit: Any
) -> Bed:
    """A patient in Chair 1, by default with the infusion running, and the monitor there."""
    session = come_to(house, patient, **visit)
    chair = chair_of(house, at=session.appointment.starts_at)
    Claim.objects.filter(appointment=session.appointment).delete()
    seat(session, chair)
    return Bed(session, chair, monitor_at(house, chair, since=session.arrived_at))


def monitor_at(
    house: House,
    chair: Resource | None,
    identifier: str = MONITOR,
    *,
    since: datetime = stories.ARRIVED_AT,
) -> MonitorDevice:
    return devices.add(
        actor=house.actor(house.max),
        id=new_id(),
        clinic=house.clinic,
        identifier=identifier,
        name=f"Monitor {identifier}",
        chair=chair,
        now=since,
    )


def unmatched_message(house: House, sender: str = "NEW") -> UnmatchedMessage:
    """What a monitor sent that nobody knows."""
    feed.take(messages=[oru(DURING, sender=sender)], home=house.clinic, now=DURING)
    return UnmatchedMessage.objects.get(clinic=house.clinic, identifier=sender)
