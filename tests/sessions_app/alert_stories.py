"""What the stories of alerts have in common: sets past a limit, who is told, who answers."""

from datetime import datetime, timedelta
from typing import Any

from clinic.models import Membership, Role, User
from sessions_app.infusing import stopping
from sessions_app.models import Alert, AlertStep, Session
from sessions_app.observing import alerts
from tests.cast import House, make_user, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

CAUTION = {"systolic_mmhg": 165}
PAST_STOP = {"systolic_mmhg": 185}
EMERGENCY = {"oxygen_saturation_percent": 84, "confirmed": True}
SECOND = timedelta(seconds=1)


def minute(minutes: float) -> datetime:
    return STARTED_AT + timedelta(minutes=minutes)


def bad(house: House, session: Session, at: float, **changes: Any) -> Any:
    return stories.measure(house, session, stories.calm(minute(at), **changes))


def standing(session: Session) -> list[tuple[str, str]]:
    return [(alert.sign, alert.level) for alert in alerts.open_of(session)]


def rungs(alert: Alert) -> list[tuple[str, str | None, datetime]]:
    told = alert.steps.filter(kind="told").order_by("recorded_at", "rung")
    return [(step.rung, step.told.full_name if step.told else None, step.recorded_at) for step in told]


def charge_nurse(house: House, name: str = "Cleo Brandt") -> User:
    user = make_user(house.clinic, name, Role.NURSE)
    Membership.objects.filter(user=user).update(charge=True)
    return user


def not_given(house: House) -> Session:
    session = stories.prepared(house)
    nils, now = house.actor(house.nils), minute(-5)
    stopping.not_given(actor=nils, id=new_id(), session=session, reason="No ride home", now=now)
    return stories.fresh(session)


def resolve(house: House, session: Session, who: User | None = None, *, at: float = 13) -> AlertStep:
    return alerts.resolve(
        actor=house.actor(who or house.nils),
        id=new_id(),
        alert=alerts.open_of(session).get(),
        words="Oxygen by mask, 98 %.",
        now=minute(at),
    )


def acknowledge(house: House, session: Session, who: User | None = None, *, at: float = 11) -> AlertStep:
    return alerts.acknowledge(
        actor=house.actor(who or house.nils),
        id=new_id(),
        alert=alerts.open_of(session).get(),
        now=minute(at),
    )
