"""What the patient of a coming visit would be told, as the pages of the message rules show it: which visit it
is, and the lines. Writes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from clinic import access, clock
from clinic.models import Clinic, Patient
from clinic.queries import find_patients
from notifications.planning.rules import Rule
from notifications.reporting import preview
from notifications.wording.writing import OwnText
from scheduler.models import Appointment, AppointmentStatus
from web.doors import StaffRequest
from web.forms import ChangeForm, SearchField

# How many of the coming visits are offered at a time; the search finds any other.
MOST_VISITS: Final = 30
NOBODY_COMES: Final = "Nobody like this has a coming visit. Try fewer letters, or the birth date."
WHICH: Final = "Several visits fit: choose one."
GONE: Final = "This visit isn't coming any more. Choose another one."


class VisitField(forms.ModelChoiceField):
    def label_from_instance(self, visit: Appointment) -> str:
        return f"{timezone.localtime(visit.starts_at):%a %b %-d, %H:%M} {visit.patient.full_name}"


class VisitForm(ChangeForm):
    """Which coming visit the preview is of: any of the clinic's, found by whose it is. The next few are
    offered without a search."""

    whose = SearchField(label="Whose visit", required=False, hint="Name, birthday, phone or MRN")
    visit = VisitField(
        Appointment.objects.none(),
        label="Preview on",
        required=False,
        empty_label="Choose a coming visit",
        error_messages={"invalid_choice": GONE},
    )

    def __init__(self, clinic: Clinic, data: Any = None) -> None:
        super().__init__(data)
        self.coming = _coming(clinic)
        self.patients = Patient.objects.filter(clinic=clinic)
        self.fields["visit"].queryset = self.coming  # type: ignore[attr-defined]
        self._offer(list(self.coming[:MOST_VISITS]))

    @property
    def chosen(self) -> Appointment | None:
        """The visit that was chosen, or the only one of whoever was searched for; or none."""
        return self.cleaned_data.get("visit") if self.is_valid() else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        visit = given.get("visit")
        if given.get("whose"):
            found = list(find_patients(self.patients, given["whose"]))
            visits = list(self.coming.filter(patient__in=found)[:MOST_VISITS])
            if visit not in visits:
                visit = visits[0] if len(visits) == 1 else None
            if not visits:
                self.add_error("whose", NOBODY_COMES)
            elif visit is None:
                self.add_error("visit", WHICH)
            self._offer(visits)
        elif visit is not None:
            self._offer([visit, *(each for each in self.coming[:MOST_VISITS] if each != visit)])
        sent: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        sent["visit"] = str(visit.pk) if visit else ""
        self.data = sent
        return {**given, "visit": visit}

    def _offer(self, visits: Sequence[Appointment]) -> None:
        field: Any = self.fields["visit"]
        few = [(str(visit.pk), field.label_from_instance(visit)) for visit in visits]
        field.widget.choices = [("", field.empty_label), *few]


def preview_of(
    request: StaffRequest,
    visit: Appointment | None,
    stage: str = "",
    *,
    clinic_rules: tuple[Rule, ...] | None = None,
    tried_texts: Mapping[tuple[str, str], OwnText] | None = None,
    renews_itself: bool = False,
) -> dict[str, Any]:
    """What the page shows of it: nothing without a visit. `stage` is the one that is being changed. One that
    is drawn anew while somebody types is one look at the patient, not one for each word."""
    if visit is None:
        return {"previewed": None, "asked_for_preview": "preview" in request.POST}
    log = access.log_long_look if renews_itself else access.log_look
    log(request.actor, visit.patient, what="message preview")
    lines = preview.foreseen(visit, clock.now(), clinic_rules=clinic_rules, tried_texts=tried_texts)
    tells_of_it = not stage or any(line.stage == stage for line in lines)
    return {"previewed": visit, "lines": lines, "tried_stage": stage, "tells_of_it": tells_of_it}


def _coming(clinic: Clinic) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(
            clinic=clinic, status=AppointmentStatus.BOOKED, during__startswith__gt=clock.now()
        )
        .select_related("patient__clinic", "clinic", "protocol", "plan")
        .order_by("during__startswith", "pk")
    )
