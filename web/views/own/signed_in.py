"""Where somebody is signed in: allauth's list of their sessions, by the clock of the open clinic."""

from allauth.usersessions.views import list_usersessions
from django.http import HttpResponse
from django.utils import timezone

from web.doors import NoClinic, NotChosen, StaffRequest, enter, own_page


@own_page()
def signed_in(request: StaffRequest) -> HttpResponse:
    """Each browser and since when; all but this one can be signed out."""
    with timezone.override(_zone(request)):
        answer: HttpResponse = list_usersessions(request)
        # A lazy response must be written while the zone still holds.
        render_now = getattr(answer, "render", None)
        return render_now() if render_now else answer


def _zone(request: StaffRequest) -> str:
    """The open clinic's; of several where none is open, the first by name; UTC for whoever has none yet."""
    try:
        enter(request)
    except NotChosen:
        return request.clinics[0].time_zone
    except NoClinic:
        return "UTC"
    return request.clinic.time_zone
