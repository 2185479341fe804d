"""Which monitor stands at which chair: added, moved, taken out of use and back.

What they send is in `feed`; what could not be placed is settled in `unmatched`. Where a monitor stood when is
in its history.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction, violated_constraint
from clinic.visible_text import ONE_LINE, hides_something, said
from scheduler.models import Resource, ResourceKind
from sessions_app.models import MonitorDevice

TAKEN: Final = "Another monitor stands at this chair. Move that one away first."
KNOWN: Final = "A monitor of this name is known already."
# A message bears no more than its sender's name, so two clinics can't share one; whose it is, is not told.
NOT_FREE: Final = (
    "This name can't be used. Let the monitor call itself otherwise, with the clinic's name first."
)


def add(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    identifier: str,
    name: str,
    chair: Resource | None = None,
    now: datetime,
) -> MonitorDevice:
    """Make a monitor known by what it calls itself in its messages (MSH-3 or OBX-18), exactly so.

    Raises `Invalid`, also for a name that another monitor has, and `Conflict` `chair_has_monitor`.
    """
    device = MonitorDevice(
        id=id,
        clinic=clinic,
        identifier=_line("identifier", identifier),
        name=_line("name", name),
        chair=chair,
        chair_since=now if chair else None,
    )
    _check_chair(device)
    return in_transaction(lambda: _saved(device))


def move(*, actor: Actor, device: MonitorDevice, chair: Resource | None, now: datetime) -> MonitorDevice:
    """Say at which chair it stands from now on; none when it stands in the store room.

    What it measured before is not of this chair, however late it comes (`feed`); where it stands already, it
    has stood since it came. Raises `Conflict` `chair_has_monitor` or `monitor_retired`.
    """

    def to_chair(current: MonitorDevice) -> None:
        if not current.active:
            raise Conflict("This monitor is out of use. Take it back into use first.", code="monitor_retired")
        if current.chair != chair:
            current.chair, current.chair_since = chair, now if chair else None
        _check_chair(current)

    return _changed(device, to_chair)


def retire(*, actor: Actor, device: MonitorDevice, now: datetime) -> MonitorDevice:
    """Take it out of use: from now on what it sends is kept for a person. Again changes nothing."""

    def out(current: MonitorDevice) -> None:
        current.active, current.chair, current.chair_since = False, None, None

    return _changed(device, out)


def reinstate(*, actor: Actor, device: MonitorDevice, now: datetime) -> MonitorDevice:
    """Take it back into use, at no chair yet. Again changes nothing."""

    def back(current: MonitorDevice) -> None:
        current.active = True

    return _changed(device, back)


def _changed(device: MonitorDevice, change: Callable[[MonitorDevice], None]) -> MonitorDevice:
    def write() -> MonitorDevice:
        current = MonitorDevice.objects.select_for_update().get(pk=device.pk)
        change(current)
        return _saved(current)

    return in_transaction(write)


def _check_chair(device: MonitorDevice) -> None:
    chair = device.chair
    if chair is None:
        return
    if chair.clinic_id != device.clinic_id or chair.kind != ResourceKind.CHAIR or not chair.active:
        raise Invalid({"chair": "Choose a chair of this clinic that is in use."})


def _line(field: str, text: str) -> str:
    if not said(text):
        raise Invalid({field: "This must not be empty."})
    if hides_something(text.strip()):
        raise Invalid({field: ONE_LINE})
    return said(text)


def _saved(device: MonitorDevice) -> MonitorDevice:
    try:
        with transaction.atomic():
            device.save()
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if constraint == "monitor_one_per_chair":
            raise Conflict(TAKEN, code="chair_has_monitor") from error
        if constraint.startswith("sessions_app_monitordevice_identifier"):
            own = MonitorDevice.objects.filter(clinic=device.clinic_id, identifier=device.identifier)
            raise Invalid({"identifier": KNOWN if own.exists() else NOT_FREE}) from error
        raise
    return device
