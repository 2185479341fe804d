"""Of the ground: patients, what they consent to, who works here, tasks for staff."""

from collections.abc import Callable

from clinic import work
from clinic.models import Role, Urgency
from tests.cast import NOW, PASSWORD, House
from tests.create_calls.call import Call


def patients(house: House) -> Call:
    body = {
        "clinic": house.clinic.pk,
        "family_name": "Neu",
        "given_names": "Nora",
        "birth_date": "1990-01-01",
    }
    return house.ana, "patients/", body


def consents(house: House) -> Call:
    house.rosa.consents.all().delete()
    body = {"patient": house.rosa.pk, "scope": "sms", "form_version": "2026-1", "method": "paper form"}
    return house.ana, "consents/", {**body, "given_at": NOW.isoformat()}


def allergies(house: House) -> Call:
    return house.nils, "allergies/", {"patient": house.rosa.pk, "substance": "Latex"}


def members(house: House) -> Call:
    body = {"email": "neu@lakeside.example", "full_name": "Nora Neu", "roles": ["front_desk"]}
    return house.max, "members/", {"clinic": house.clinic.pk, **body, "password": PASSWORD}


def patient_imports(house: House) -> Call:
    content = "mrn,family_name,given_names,birth_date\nN-2,Neuer,Nils,1991-01-01"
    body = {"clinic": house.clinic.pk, "file_name": "ours.csv", "content": content}
    return house.max, "patient-imports/", body


def task_notes(house: House) -> Call:
    item = work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause="story",
        title="Call the patient",
        urgency=Urgency.ROUTINE,
        role=Role.NURSE,
        due_at=NOW,
    )
    return house.nils, f"tasks/{item.pk}/notes/", {"words": "Called, no answer."}


CALLS: dict[str, Callable[[House], Call]] = {
    "patients/": patients,
    "consents/": consents,
    "allergies/": allergies,
    "tasks/{id}/notes/": task_notes,
    "members/": members,
    "patient-imports/": patient_imports,
}
