"""What a set of vital signs would meet, said beside its boxes while it is typed. Nothing is recorded here.

The rings are `sessions_app.observing.ring_checks`; the form is the one that records.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import access, clock
from sessions_app.access import MAY
from sessions_app.models import Session
from sessions_app.observing import ring_checks, vital_limits
from sessions_app.observing.ring_checks import Met
from web.doors import StaffRequest, staff_page
from web.views.sessions.vital_signs import VitalsForm

# Each ring's icon, and what it does with the value.
LOOKS: Final[Mapping[str, tuple[str, str]]] = {
    "refused": ("cross", "Is refused."),
    "confirm": ("question", "Asks back."),
    "hold": ("pause", "Holds the start."),
    "alert": ("alert", "Raises an alert."),
    "none": ("check", ""),
}


@dataclass(frozen=True)
class Shown:
    """One answer beside its box; what is seen rather than measured stands at the symptoms."""

    met: Met

    @property
    def place(self) -> str:
        return self.met.sign if self.met.sign in vital_limits.RINGS else "symptoms"

    @property
    def icon(self) -> str:
        return LOOKS[self.met.ring][0]

    @property
    def does(self) -> str:
        if self.met.ring == "alert":
            return f"Raises an alert: {self.met.level}."
        return LOOKS[self.met.ring][1]


@staff_page(MAY["vitals"], methods=["POST"])
def check_vitals(request: StaffRequest, pk: UUID) -> HttpResponse:
    """For each value that was typed so far what it would meet: a fragment of a line for each."""
    mine = Session.objects.filter(clinic=request.clinic).select_related("clinic", "protocol")
    session = access.fetch(request.actor, mine, MAY["vitals"], pk=pk)
    form = VitalsForm(session, request.POST)
    form.full_clean()
    unreadable = [
        Met(sign, "refused", " ".join(map(str, errors)))
        for sign, errors in form.errors.items()
        if sign in vital_limits.RINGS
    ]
    met = ring_checks.of(session, form.readable(clock.now()), corrects=form.cleaned_data.get("corrects"))
    return render(
        request, "web/nurse/parts/checked.html", {"checks": [Shown(each) for each in [*unreadable, *met]]}
    )
