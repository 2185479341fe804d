"""What the patient confirmed before a visit (design 4.2): keeping it, and the checklist's lines it becomes.

Opening the session with these lines is `arrival`; confirming or changing them at the chair is `checklist`.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Final
from uuid import UUID

from clinic import visible_text, work
from clinic.models import CreatedId, Role, Urgency, WorkItem
from clinic.phones import e164
from clinic.problems import Conflict, Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction
from scheduler.locks import lock_visit
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import CheckResult, Readiness, Session, YesNoUnknown

# How long before the visit somebody has called back is our choice: a day, or an hour when less is left.
CALL_BEFORE: Final = timedelta(days=1)
CALL_WITHIN: Final = timedelta(hours=1)

# What a call before a visit ends with that is ahead no longer; of every other state the patient has come.
NOT_AHEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        AppointmentStatus.CANCELLED: "The visit is cancelled.",
        AppointmentStatus.NOSHOW: "The patient did not come.",
        AppointmentStatus.ENTERED_IN_ERROR: "The visit was entered in error.",
    }
)
HAS_COME: Final = "The patient has come: the checklist asks."

FASTING_UNDERSTOOD: Final = "The patient confirmed that they know how to fast. Ask whether they have."


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The five questions of `QUESTIONS`, and one of the check-ins'; each may be left unanswered. Whose name
    is given as the ride takes the patient home."""

    ride_home: str = YesNoUnknown.UNKNOWN
    ride_name: str = ""
    ride_phone: str = ""
    fasting_understood: str = YesNoUnknown.UNKNOWN
    new_medicines: str = YesNoUnknown.UNKNOWN
    possible_pregnancy: str = YesNoUnknown.UNKNOWN
    alcohol_drugs: str = YesNoUnknown.UNKNOWN
    urinary_symptoms: str = YesNoUnknown.UNKNOWN


@dataclass(frozen=True)
class Said:
    """An answer to one item of the checklist, as the patient's answer gives it."""

    item: str
    result: str
    note: str = ""


# What every patient is asked before every visit.
QUESTIONS: Final = (
    "ride_home",
    "fasting_understood",
    "new_medicines",
    "possible_pregnancy",
    "alcohol_drugs",
)
# The questions whose answers are answers to an item: the item, and what a "yes" is noted as.
_SAFE_WHEN_NO: Final = {
    "new_medicines": ("medicines", "The patient says that medicines have changed."),
    "possible_pregnancy": ("pregnancy", "The patient says that a pregnancy is possible."),
    "alcohol_drugs": ("alcohol_drugs", "The patient says that there was alcohol or a drug."),
}
# These open an item only when they are a "yes": it asks for more than they do.
_DOUBTFUL_WHEN_YES: Final = {
    "urinary_symptoms": (
        "new_symptoms",
        "The patient says that there is blood in the urine, or pain on passing it.",
    ),
}
_NO_RIDE: Final = "The patient says that nobody can take them home yet."
# The questions to which a "yes" holds the visit (domain.md 6.2).
DOUBTS: Final = (*_SAFE_WHEN_NO, *_DOUBTFUL_WHEN_YES)
# They ask what has been "since the last visit" (domain.md 1.3): said before another one, a "no" is none.
SINCE_LAST_VISIT: Final = tuple(_SAFE_WHEN_NO)
THE_PATIENT: Final = "the patient said so"


def confirm(
    *, id: UUID, appointment: Appointment, answers: Answers, seen: Seen | None = None, now: datetime
) -> Readiness:
    """Keep what the patient says about a coming visit; the newest counts, each is kept.

    What is not answered stands as it did (`standing`). Raises `ChangedMeanwhile` where an answer that this
    one would change is another by now than it was `seen` to be.
    What makes the infusion doubtful opens a task for a nurse before the visit, once for as long as the answer
    stays the same; a task that nobody has taken yet is about all the answers there are.
    Raises `Invalid` for a ride without its name or a phone number, or for one that there is none of;
    `Conflict` `visit_over` or `patient_here` when it comes too late.
    """
    ride = {"ride_name": answers.ride_name, "ride_phone": answers.ride_phone}
    answers = replace(answers, **{name: visible_text.said(text) for name, text in ride.items()})
    if bool(answers.ride_name) != bool(answers.ride_phone):
        missing = "ride_phone" if answers.ride_name else "ride_name"
        raise Invalid({missing: "Give the name and the phone number of the adult who takes you home."})
    if answers.ride_phone and not e164(answers.ride_phone):
        raise Invalid({"ride_phone": "Give a phone number that can be called, such as 312 555 0123."})
    if answers.ride_name and answers.ride_home == YesNoUnknown.NO:
        raise Invalid(
            {"ride_home": "Somebody is named who takes them home: answer yes, or take the name out."}
        )
    if answers.ride_name:
        answers = replace(answers, ride_home=YesNoUnknown.YES)

    def write() -> Readiness:
        visit = lock_visit(appointment)
        if visit.status in (AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN):
            raise Conflict("The patient is here: answer the checklist itself.", code="patient_here")
        if visit.status != AppointmentStatus.BOOKED:
            raise Conflict("This visit is not booked, or it is over.", code="visit_over")
        before = newest(visit)
        stands = standing(visit)
        kept = _joined(stands, answers)
        refuse_unseen(
            seen,
            visit,
            stands=asdict(stands),
            wanted=asdict(kept),
            who=lambda names: _who_said(visit, names),
        )
        given = Readiness.objects.create(id=id, appointment=visit, given_at=now, **asdict(kept))
        doubted_anew = set(doubts(given)) - set(doubts(before) if before else [])
        if doubted_anew and not _waits_already(visit):
            work.open_item(
                clinic_id=visit.clinic_id,
                patient_id=visit.patient_id,
                cause=_cause(given.pk),
                title="Call the patient before the visit: an answer needs a nurse",
                urgency=Urgency.AMBER,
                role=Role.NURSE,
                due_at=due_before(visit, now=now),
            )
        return given

    return in_transaction(write)


def _waits_already(visit: Appointment) -> bool:
    """Whether a nurse's task about this visit's answers is open, and nobody has called yet."""
    causes = [_cause(pk) for pk in visit.readiness.values_list("pk", flat=True)]
    return WorkItem.objects.filter(
        clinic=visit.clinic_id, cause__in=causes, closed_at=None, acknowledged_at=None
    ).exists()


def settle_over(*, now: datetime) -> None:
    """Nobody is called any more to call before a visit that isn't ahead: end the tasks of those that were
    cancelled or missed, or whose patient has come. Level-triggered; any number may run at once."""
    waiting = WorkItem.objects.filter(cause__startswith=_cause(""), closed_at=None)
    of_answer = {
        UUID(cause.removeprefix(_cause(""))): (clinic, cause)
        for clinic, cause in waiting.values_list("clinic", "cause")
    }
    if not of_answer:
        return
    over = Readiness.objects.filter(pk__in=of_answer).exclude(appointment__status=AppointmentStatus.BOOKED)
    for pk, status in over.order_by("pk").values_list("pk", "appointment__status"):
        clinic, cause = of_answer[pk]
        outcome = NOT_AHEAD.get(status, HAS_COME)
        in_transaction(
            partial(work.settle, actor=None, clinic_id=clinic, causes=[cause], outcome=outcome, now=now)
        )


def _cause(answers: UUID | str) -> str:
    return f"readiness:{answers}"


def raise_doubts(
    *, id: UUID, appointment: Appointment, questions: Collection[str], now: datetime
) -> Readiness | None:
    """Let what the patient said elsewhere, such as in a check-in, stand on this visit: a "yes" to each of
    these of `DOUBTS`, once by its id. Opens no task: whoever heard the answer did. None where the visit isn't
    ahead."""

    def write() -> Readiness | None:
        visit = lock_visit(appointment)
        if visit.status != AppointmentStatus.BOOKED:
            return None
        heard = Readiness.objects.filter(pk=id).first()
        if heard is not None:
            return heard
        answers = replace(standing(visit), **dict.fromkeys(questions, YesNoUnknown.YES))
        return Readiness.objects.create(id=id, appointment=visit, given_at=now, **asdict(answers))

    return in_transaction(write)


def due_before(visit: Appointment, *, now: datetime) -> datetime:
    """By when somebody must have called about this visit: never after its start."""
    return max(now, min(visit.starts_at, max(visit.starts_at - CALL_BEFORE, now + CALL_WITHIN)))


def newest(appointment: Appointment) -> Readiness | None:
    """What the patient said last about this visit. One query."""
    return appointment.readiness.order_by("-given_at", "-id").first()


def standing(appointment: Appointment) -> Answers:
    """What stands of all that was said about this visit: what is said next joins it. Two queries."""
    return standing_of([appointment]).get(appointment.pk, Answers())


def standing_of(visits: Collection[Appointment]) -> dict[UUID, Answers]:
    """By visit what stands of all that was said about it, and nothing of one about which nothing was. Two
    queries.

    That nothing has been since the last visit stands no longer once another visit has come; a doubt does.
    """
    said_last = Readiness.objects.filter(appointment__in=visits).order_by("given_at", "id")
    newest_of = {given.appointment_id: given for given in said_last}
    if not newest_of:
        return {}
    came = Session.objects.filter(
        patient__in={visit.patient_id for visit in visits},
        arrived_at__gte=min(given.given_at for given in newest_of.values()),
    ).values_list("patient_id", "appointment_id", "arrived_at")
    by_patient = defaultdict(list)
    for patient_id, visit_id, arrived_at in came:
        by_patient[patient_id].append((visit_id, arrived_at))
    found = {}
    for visit in visits:
        if given := newest_of.get(visit.pk):
            others = (at for other, at in by_patient[visit.patient_id] if other != visit.pk)
            found[visit.pk] = _as_it_stands(given, another_came=any(at >= given.given_at for at in others))
    return found


def _as_it_stands(given: Readiness, *, another_came: bool) -> Answers:
    answers = Answers(**{name: getattr(given, name) for name in Answers.__dataclass_fields__})
    if not another_came:
        return answers
    outdated = [name for name in SINCE_LAST_VISIT if getattr(answers, name) == YesNoUnknown.NO]
    return replace(answers, **dict.fromkeys(outdated, YesNoUnknown.UNKNOWN))


def _joined(stands: Answers, given: Answers) -> Answers:
    """No answer is not an answer: it takes none away. Whom nobody takes home names nobody."""
    said_now = {
        name: value for name, value in asdict(given).items() if value not in ("", YesNoUnknown.UNKNOWN)
    }
    if given.ride_home == YesNoUnknown.NO:
        said_now |= {"ride_name": "", "ride_phone": ""}
    return replace(stands, **said_now)


def _who_said(visit: Appointment, names: Collection[str]) -> Mapping[str, str]:
    """Who kept each of these answers as it stands: whoever of the clinic entered it, or the patient. Two
    queries."""
    rows = list(visit.readiness.order_by("-given_at", "-id"))
    kept_by = {}
    for name in names:
        row = rows[0]
        for earlier in rows[1:]:
            if getattr(earlier, name) != getattr(row, name):
                break
            row = earlier
        kept_by[name] = row.pk
    entered = CreatedId.objects.filter(pk__in=kept_by.values(), user__isnull=False)
    people = dict(entered.values_list("pk", "user__full_name"))
    return {name: people.get(pk, THE_PATIENT) for name, pk in kept_by.items()}


def unanswered(given: Readiness | Answers | None) -> list[str]:
    """The questions of `QUESTIONS` that have no answer yet, or none that stands."""
    return [name for name in QUESTIONS if given is None or getattr(given, name) == YesNoUnknown.UNKNOWN]


def doubts(given: Readiness) -> list[str]:
    """The questions whose answers a nurse must hear about before the visit."""
    unsafe = [name for name in DOUBTS if getattr(given, name) == YesNoUnknown.YES]
    wanted = ("fasting_understood", "ride_home")
    return [*unsafe, *(name for name in wanted if getattr(given, name) == YesNoUnknown.NO)]


def in_doubt(visits: Iterable[UUID]) -> set[UUID]:
    """Those of these visits about which the patient's last answers hold something that a nurse must hear
    about first. One query. That there is something everybody may know; what it is, not (`access`)."""
    newest_first = Readiness.objects.filter(appointment__in=list(visits)).order_by(
        "appointment", "-given_at", "-id"
    )
    return {given.appointment_id for given in newest_first.distinct("appointment") if doubts(given)}


def said(given: Readiness | Answers) -> list[Said]:
    """The items that these answers answer. What was left open stays open.

    That fasting is understood isn't that the patient has fasted: no line comes of it (see `remarks`).
    """
    found = []
    if given.ride_name and given.ride_phone:
        found.append(Said("ride_home", CheckResult.PASS, f"{given.ride_name}, {given.ride_phone}"))
    elif given.ride_home == YesNoUnknown.NO:
        found.append(Said("ride_home", CheckResult.FAIL, _NO_RIDE))
    for question, (item, concern) in _SAFE_WHEN_NO.items():
        answered = getattr(given, question)
        if answered == YesNoUnknown.NO:
            found.append(Said(item, CheckResult.PASS))
        elif answered == YesNoUnknown.YES:
            found.append(Said(item, CheckResult.FAIL, concern))
    for question, (item, concern) in _DOUBTFUL_WHEN_YES.items():
        if getattr(given, question) == YesNoUnknown.YES:
            found.append(Said(item, CheckResult.FAIL, concern))
    return found


def remarks(given: Readiness) -> dict[str, str]:
    """What the nurse should read beside an item that stays open, by the item's code."""
    if given.fasting_understood == YesNoUnknown.YES:
        return {"fasting": FASTING_UNDERSTOOD}
    if given.fasting_understood == YesNoUnknown.NO:
        return {"fasting": "The patient did not know how to fast when asked beforehand."}
    return {}
