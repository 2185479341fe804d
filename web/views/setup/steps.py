"""Which steps a new clinic has, and how far each is. Nothing is written here.

Both are read from the clinic itself, so that a step is done wherever it was done.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.urls import reverse

from clinic import setting_up
from clinic.models import Clinic, Membership, Patient, Role
from clinic.work import staff
from notifications.channels import opening
from notifications.models import ClinicMessaging, Form
from scheduler.finding.first_free import first_free
from scheduler.models import Closure, Protocol, ProtocolStatus, Resource, ResourceKind
from scheduler.working_hours import resources
from scheduler.working_hours.first_hours import without_hours
from web.templatetags.chairside import local_moment


class State(StrEnum):
    DONE = "done"
    OPEN = "open"
    WAITING = "waiting"  # for somebody else
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One step as its card shows it: what stands, what is missing, where it is done."""

    key: str
    title: str
    why: str
    state: State
    lines: tuple[str, ...]
    route: str
    action: str
    reason: str = ""  # why it was left out

    @property
    def address(self) -> str:
        return reverse(self.route)

    @property
    def button(self) -> str:
        """What is done is changed; the day is looked at again."""
        return "Change" if self.state == State.DONE and self.key != "day" else self.action

    @property
    def may_skip(self) -> bool:
        return self.key in SKIPPABLE

    @property
    def is_settled(self) -> bool:
        return self.state in (State.DONE, State.SKIPPED)


# Where each gap of a bookable day is mended.
STEP_OF_GAP: Final = {"protocols": "protocols", "chairs": "chairs", "people": "people", "hours": "hours"}


def steps_of(clinic: Clinic, *, now: datetime) -> list[Step]:
    """All of them, in the order in which they are best done. A fixed number of queries."""
    left_out = setting_up.skipped(clinic)
    steps = [*steps_before_the_day(clinic), _bookable_day(clinic, now)]
    return [
        replace(step, state=State.SKIPPED, reason=left_out[step.key].reason)
        if step.key in left_out and step.state != State.DONE
        else step
        for step in steps
    ]


def steps_before_the_day(clinic: Clinic) -> list[Step]:
    """What must stand before a day can be booked, as it stands, left out or not."""
    return [read(clinic) for read in READERS]


def _clinic(clinic: Clinic) -> Step:
    lines = [
        f"{clinic.name}; patients read {clinic.sender_name}.",
        f"{clinic.phone.as_international}, clocks of {clinic.time_zone}.",
        clinic.address or "The address is missing.",
    ]
    return Step(
        "clinic",
        "The clinic",
        "What patients are told, and by which clock.",
        State.DONE if clinic.address else State.OPEN,
        tuple(lines),
        "setup_clinic",
        "Describe the clinic",
    )


def _staff(clinic: Clinic) -> Step:
    held = list(Membership.objects.filter(clinic=clinic, user__is_active=True).values_list("role", "user_id"))
    counts = {role: sum(each == role for each, _ in held) for role in Role}
    missing = [role.label.lower() for role in (Role.PRESCRIBER, Role.NURSE) if not counts[role]]
    people = len({user for _, user in held})
    lines = [f"{people} {'person works' if people == 1 else 'people work'} here."]
    lines += [f"Nobody is a {word} yet." for word in missing]
    return Step(
        "staff",
        "Staff",
        "Who works here and as what. A prescriber signs protocols and plans, a nurse gives infusions.",
        State.OPEN if missing else State.DONE,
        tuple(lines),
        "staff",
        "Invite staff",
    )


def _chairs(clinic: Clinic) -> Step:
    names = _names(clinic, ResourceKind.CHAIR)
    return Step(
        "chairs",
        "Chairs",
        "Each visit has one, through turnover.",
        State.DONE if names else State.OPEN,
        (_listed(names) or "No chair yet.",),
        "setup_chairs",
        "Add chairs",
    )


def _people(clinic: Clinic) -> Step:
    nurses, clinicians = _names(clinic, ResourceKind.NURSE), _names(clinic, ResourceKind.CLINICIAN)
    lines = [
        f"Nurses: {_listed(nurses)}" if nurses else "No nurse can be booked yet.",
        f"Supervising: {_listed(clinicians)}" if clinicians else "Nobody supervises yet.",
    ]
    lapsed = list(resources.without_the_role(clinic, ResourceKind.CLINICIAN))
    lines += [f"Supervises without being a prescriber: {row.name}." for row in lapsed]
    return Step(
        "people",
        "Nurses and supervision",
        "Whom visits are booked with: a nurse carries several chairs, a clinician supervises.",
        State.DONE if nurses and clinicians and not lapsed else State.OPEN,
        tuple(lines),
        "setup_people",
        "Choose who is booked",
    )


def _hours(clinic: Clinic) -> Step:
    missing = [resource.name for resource in without_hours(clinic)]
    anything = Resource.objects.filter(clinic=clinic, active=True).exists()
    if not anything:
        lines, state = "There is nothing to open yet: chairs and nurses come first.", State.OPEN
    elif missing:
        lines, state = f"Without hours: {_listed(missing)}.", State.OPEN
    else:
        lines, state = "Everything in use has weekly hours.", State.DONE
    return Step(
        "hours",
        "Opening hours",
        "When chairs, nurses and clinicians are there, week by week.",
        state,
        (lines,),
        "setup_hours",
        "Set the hours",
    )


def _closures(clinic: Clinic) -> Step:
    count = Closure.objects.filter(clinic=clinic).count()
    calendar = clinic.holiday_calendar
    lines = [f"Public holidays of {calendar}." if calendar else "No calendar of public holidays is chosen."]
    lines.append(f"{count} closure{'' if count == 1 else 's'} entered.")
    return Step(
        "closures",
        "Closures and holidays",
        "No holiday closes the clinic by itself.",
        State.DONE if count else State.OPEN,
        tuple(lines),
        "closures" if calendar else "booking_settings",
        "Enter closures" if calendar else "Choose whose holidays",
    )


def _protocols(clinic: Clinic) -> Step:
    states = list(Protocol.objects.filter(clinic=clinic).values_list("status", flat=True))
    active = states.count(ProtocolStatus.ACTIVE)
    drafts = states.count(ProtocolStatus.DRAFT)
    signers = [person.full_name for person in staff(clinic.pk, frozenset({Role.PRESCRIBER}))]
    which = "One draft waits" if drafts == 1 else f"{drafts} drafts wait"
    if active:
        state, lines = State.DONE, [f"{active} in force, {drafts} waiting to be read."]
    elif drafts and signers:
        state, lines = State.WAITING, [f"{which} for the signature of {_listed(signers)}."]
    elif drafts:
        state, lines = State.OPEN, [f"{which}, and nobody may sign one: invite a prescriber."]
    else:
        state, lines = State.OPEN, ["No protocol yet: the clinic begins with the defaults, as drafts."]
    return Step(
        "protocols",
        "Protocols",
        "How infusions are given. Nothing can be ordered before a prescriber has read one and signed it.",
        state,
        tuple(lines),
        "setup_protocols",
        "Take protocols over",
    )


def _messages(clinic: Clinic) -> Step:
    settled = ClinicMessaging.objects.filter(clinic=clinic).first()
    carried = [form.label for form in Form if opening.is_set_up(form, clinic) and _leaves(form, settled)]
    how = "to the Inbox page, nothing leaves" if opening.inbox_stands_in() else "set up"
    lines = [f"{_listed(carried)}: {how}." if carried else "Nothing carries messages out of the house yet."]
    return Step(
        "messages",
        "Messages",
        "How patients hear of their visits. Send one to yourself first.",
        State.DONE if settled else State.OPEN,
        tuple(lines),
        "setup_messages",
        "Try messages out",
    )


def _leaves(form: Form, settled: ClinicMessaging | None) -> bool:
    needs_number = form == Form.SMS and opening.texts_need_a_number()
    return not needs_number or bool(settled and settled.sms_number)


def _patients(clinic: Clinic) -> Step:
    count = Patient.objects.filter(clinic=clinic).count()
    return Step(
        "patients",
        "Patients",
        "Out of your records' files, or one by one as they come.",
        State.DONE if count else State.OPEN,
        (f"{count} on record." if count else "Nobody is on record yet.",),
        "import_patients",
        "Import patients",
    )


def _bookable_day(clinic: Clinic, now: datetime) -> Step:
    found = first_free(clinic, now=now)
    lines: tuple[str, ...]
    if found.start and found.protocol:
        lines = (f"The first free time for {found.protocol.title}: {local_moment(found.start)}.",)
    else:
        lines = tuple(gap.detail for gap in found.gaps)
    return Step(
        "day",
        "A bookable day",
        "The clinic is asked for a free time, as the desk will ask it.",
        State.DONE if found.start else State.OPEN,
        lines,
        "setup_day",
        "Look",
    )


READERS: Final[tuple[Callable[[Clinic], Step], ...]] = (
    _clinic,
    _staff,
    _chairs,
    _people,
    _hours,
    _closures,
    _protocols,
    _messages,
    _patients,
)


# Those that may be left out, with how each stands.
SKIPPABLE: Final[Mapping[str, Callable[[Clinic], Step]]] = {
    "closures": _closures,
    "messages": _messages,
    "patients": _patients,
}


def _names(clinic: Clinic, kind: ResourceKind) -> list[str]:
    rows = Resource.objects.filter(clinic=clinic, kind=kind, active=True).order_by("name")
    return list(rows.values_list("name", flat=True))


def _listed(words: list[str]) -> str:
    """The first few, and how many more."""
    shown = ", ".join(words[:6])
    return f"{shown} and {len(words) - 6} more" if len(words) > 6 else shown
