"""From when on a patient eats and drinks nothing: the protocol's hours as times of day, as in the e-mails.

A reader doesn't have to count back from the visit.
"""

from datetime import timedelta

from scheduler.models import Appointment
from web.views.links.frame import Opened


def fasting_lines(opened: Opened, visit: Appointment) -> list[str]:
    """The sentences; none where the protocol asks for no fasting."""
    hours = {
        "no_food": visit.protocol.fasting_light_meal_hours,
        "clear_liquids": visit.protocol.fasting_clear_hours,
    }
    until = {said: visit.starts_at - timedelta(hours=before) for said, before in hours.items() if before}
    return [
        opened.say[said].format(time=opened.time(moment), day=opened.day(moment))
        for said, moment in until.items()
    ]
