"""Every form of the session's page by its act, in the order of a visit."""

from collections.abc import Mapping
from typing import Final

from web.views.sessions.amending import AmendForm
from web.views.sessions.form import SessionForm
from web.views.sessions.infusing import (
    BolusForm,
    ExplainStopForm,
    NotGivenForm,
    PauseForm,
    RateForm,
    ResumeForm,
    StartForm,
    StopForm,
)
from web.views.sessions.leaving import DischargeForm
from web.views.sessions.medicines import MedicineForm
from web.views.sessions.notes import NoteForm
from web.views.sessions.preparing import ChecklistForm, DoseForm
from web.views.sessions.side_effects import CourseForm, SideEffectForm
from web.views.sessions.signing import SignForm
from web.views.sessions.vital_signs import VitalsForm
from web.views.sessions.wasting import WasteForm, WitnessForm

FORMS: Final[Mapping[str, type[SessionForm]]] = {
    form.act: form
    for form in (
        ChecklistForm,
        DoseForm,
        VitalsForm,
        SideEffectForm,
        CourseForm,
        StartForm,
        PauseForm,
        ResumeForm,
        RateForm,
        BolusForm,
        StopForm,
        ExplainStopForm,
        NotGivenForm,
        MedicineForm,
        WasteForm,
        WitnessForm,
        NoteForm,
        DischargeForm,
        SignForm,
        AmendForm,
    )
}
