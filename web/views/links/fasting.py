"""From when on a patient eats and drinks nothing: the protocol's hours as times of day, as in the e-mails.

A reader doesn't have to count back from the visit.
"""

from datetime import timedelta

from scheduler.finding.free_times import fasting_of
from scheduler.models import Appointment, WaitlistOffer
from web.views.links.frame import Opened


def fasting_lines(opened: Opened, visit: Appointment) -> list[str]:
    """The sentences; none where the protocol asks for no fasting."""
    hours = {
        "no_food": visit.protocol.fasting_light_meal_hours,
        "clear_liquids": visit.protocol.fasting_clear_hours,
    }
    until = {said: visit.starts_at - timedelta(hours=before) for said, before in hours.items() if before}
    return [opened.said_at(said, moment) for said, moment in until.items()]


def over_already(opened: Opened, offer: WaitlistOffer) -> list[str]:
    """What must be so by now for a patient who takes this time, where it is too soon to begin to fast."""
    booked = offer.entry.appointment
    to_ask = fasting_of(offer.appointment.protocol).to_ask(
        offer.starts_at,
        now=opened.now,
        zone=opened.link.message.clinic.time_zone,
        heeded=booked.starts_at if booked and booked.live else None,
    )
    if to_ask is None:
        return []
    since = {"eaten_nothing": to_ask.eaten, "drunk_nothing": to_ask.drunk}
    return [opened.said_at(said, moment) for said, moment in since.items() if moment]
