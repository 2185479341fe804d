"""The kinds of lines that a session's record is made of, by the name of their part of the record."""

from collections.abc import Mapping
from typing import Final

from sessions_app import models
from sessions_app.models import Line

PARTS: Final[Mapping[str, type[Line]]] = {
    "checklist": models.ChecklistAnswer,
    "dose": models.DoseWorksheet,
    "dose_checks": models.DoseCheck,
    "overrides": models.PrescriberOverride,
    "infusion": models.InfusionEvent,
    "medicines": models.MedicineGiven,
    "wastes": models.Waste,
    "waste_witnesses": models.WasteWitness,
    "vital_signs": models.VitalSigns,
    "alerts": models.Alert,
    "alert_steps": models.AlertStep,
    "side_effects": models.SideEffect,
    "discharge": models.Discharge,
    "notes": models.SessionNote,
}
