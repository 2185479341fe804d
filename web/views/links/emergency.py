"""What a page behind a link shows at once beside alarming answers and words."""

from typing import Any

from notifications.answering import grading
from notifications.escalating import on_call
from web.views.links.frame import Opened


def emergency_lines(opened: Opened) -> dict[str, Any]:
    """Whom to call now, and when somebody calls, for `web/patient/alarm.html`."""
    clinic_id = opened.link.patient.clinic_id
    closed = not on_call.staffed(clinic_id=clinic_id, now=opened.now)
    again = on_call.staffed_again_at(clinic_id=clinic_id, now=opened.now) if closed else None
    names = (opened.say["emergency"], opened.say["crisis_line"])
    return {
        "lines": [(number, name) for (number, _), name in zip(grading.EMERGENCY_LINES, names, strict=True)],
        "closed": closed,
        "there_again": opened.say["there_again"].format(moment=opened.moment(again)) if again else "",
    }
