"""Questionnaires answered item by item: each answer is kept the moment it is given, also of a form that is
never finished. What is asked and what it comes to is in `instruments`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from clinic import clock
from clinic import work as staff_work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient, Role, Urgency
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import STANDING_STATUSES, TreatmentPlan
from sessions_app.models import (
    AnsweredHow,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    ResponseStatus,
    Session,
)
from sessions_app.outcomes.instruments import INSTRUMENTS, Instrument, choices_of
from sessions_app.outcomes.scoring import score
from sessions_app.preparing import safety

# The item about self-harm: any value but 0 (domain.md 5). A red answer is called back within 15 minutes
# (6.2 [D]); of values 2 and 3 the call is immediate: the task is due as it is opened.
SAFETY_DUE: Final = timedelta(minutes=15)
IMMEDIATE_FROM: Final = 2
# Read over shoulders: what to do, nothing about health.
SAFETY_TITLES: Final = {
    False: "Speak with the patient within 15 minutes: an urgent answer",
    True: "Speak with the patient now: an answer that can't wait",
}


def instrument_of(code: str) -> Instrument:
    """Raises `Invalid` for an instrument that there isn't."""
    if code not in INSTRUMENTS:
        raise Invalid({"instrument": f"Choose one of: {', '.join(INSTRUMENTS)}."})
    return INSTRUMENTS[code]


def begin(
    *,
    actor: Actor | None,
    id: UUID,
    patient: Patient,
    instrument: str,
    how: str,
    occasion: str = Occasion.OTHER,
    plan: TreatmentPlan | None = None,
    session: Session | None = None,
    now: datetime,
) -> QuestionnaireResponse:
    """Open a questionnaire for this patient. `actor` is None for the patient's own door.

    Raises `Invalid` for an unknown instrument, a plan or session of somebody else's, or a baseline after the
    first infusion (`occasions_of`); `Conflict` `too_soon` when the last one of its kind was completed within
    the time that it looks back on: unless it is asked at a baseline, at the end of an induction or monthly,
    two of them would tell of the same days.
    """
    asked = instrument_of(instrument)
    for name, row in (("plan", plan), ("session", session)):
        if row is not None and row.patient_id != patient.pk:
            raise Invalid({name: f"This {name} is another patient's."})

    def work() -> QuestionnaireResponse:
        # One questionnaire of a patient at a time: two at once would each find the other missing.
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if occasion == Occasion.OTHER:
            _require_time_between(patient, asked, now)
        elif occasion == Occasion.BASELINE and occasion not in occasions_of(patient):
            raise Invalid({"occasion": "The first infusion has been: this can't be a baseline any more."})
        with acting(actor.user_id if actor else None):
            return QuestionnaireResponse.objects.create(
                id=id,
                clinic_id=patient.clinic_id,
                patient=patient,
                plan=plan,
                session=session,
                instrument=asked.code,
                instrument_version=asked.version,
                how=how,
                occasion=occasion,
                recorded_by_id=actor.user_id if actor else None,
                started_at=now,
            )

    return in_transaction(work)


def answer(
    *,
    actor: Actor | None,
    id: UUID,
    response: QuestionnaireResponse,
    item: int,
    value: int,
    now: datetime,
) -> QuestionnaireAnswer:
    """Keep one answer. Answered again, a new row is kept and the newest counts.

    The item about self-harm opens a nurse's task at once with any value but 0: red, due in 15 minutes, from
    value 2 on due now. It holds the next start until a prescriber has assessed the patient
    (`preparing.safety`). Each once for as long as the answer stays the same.
    Raises `Invalid` for an item or value that there isn't, `Conflict` `response_closed` when the
    questionnaire is no longer open. What is asked beside the items counts in no score: it may follow the last
    of them where that has closed it.
    """
    asked = INSTRUMENTS[response.instrument]
    errors = {}
    last, choices = asked.beside_item or len(asked.items), choices_of(asked, item)
    lowest = choices[0].value if choices else asked.low
    highest = choices[-1].value if choices else asked.high
    if not 1 <= item <= last:
        errors["item"] = f"{asked.title} has the items 1 to {last}."
    if not lowest <= value <= highest:
        errors["value"] = f"Answer with {lowest} to {highest}."
    if errors:
        raise Invalid(errors)

    def work() -> QuestionnaireAnswer:
        row = _lock(response)
        answers = newest_answers(row)
        if not _follows_the_last(row, asked, item, answers):
            _require_open(row)
        before = answers.get(item)
        given = QuestionnaireAnswer.objects.create(
            id=id, response=row, item=item, value=value, answered_at=now
        )
        if item == asked.safety_item and value > 0 and value != before:
            with acting(actor.user_id if actor else None):
                _alarm(row, given, now)
                safety.raise_concern(answer=given, patient=row.patient, now=now)
        return given

    return in_transaction(work)


def complete(
    *, actor: Actor | None, response: QuestionnaireResponse, prorate: bool = False, now: datetime
) -> QuestionnaireResponse:
    """Close a questionnaire and score it. Completing again changes nothing.

    Without every item there is no score; with `prorate` one or two missing ones are made up for, where the
    instrument allows it, and the response says so. Raises `Invalid` where prorating isn't possible,
    `Conflict` `nothing_answered`, `response_closed` when it was entered in error.
    """
    asked = INSTRUMENTS[response.instrument]

    def work() -> QuestionnaireResponse:
        row = _lock(response)
        if row.status == ResponseStatus.COMPLETED:
            return row
        _require_open(row)
        answers = newest_answers(row)
        if not answers:
            raise Conflict("Nothing has been answered yet.", code="nothing_answered")
        found = score(asked, answers, prorate=prorate)
        if prorate and found.total is None:
            raise Invalid({"prorate": _why_not_prorated(asked, found.missing)})
        row.status = ResponseStatus.COMPLETED
        row.completed_at = now
        row.score, row.prorated = found.total, found.prorated
        with acting(actor.user_id if actor else None):
            row.save(update_fields=["status", "completed_at", "score", "prorated"])
        return row

    return in_transaction(work)


def enter_in_error(
    *, actor: Actor, response: QuestionnaireResponse, reason: str, now: datetime
) -> QuestionnaireResponse:
    """Say that a questionnaire doesn't count (another patient's, a test). It stays readable; nothing is
    deleted. Raises `Invalid` without a reason, `Conflict` `response_closed` when it was said before."""
    reason = said(reason)
    if not reason:
        raise Invalid({"reason": "Say why this questionnaire doesn't count."})

    def work() -> QuestionnaireResponse:
        row = _lock(response)
        if row.status == ResponseStatus.ENTERED_IN_ERROR:
            if row.error_reason == reason:
                return row
            raise Conflict("This was marked as entered in error before.", code="response_closed")
        row.status, row.error_reason, row.error_at = ResponseStatus.ENTERED_IN_ERROR, reason, now
        with acting(actor.user_id, reason=reason):
            row.save(update_fields=["status", "error_reason", "error_at"])
        return row

    return in_transaction(work)


def occasions_of(patient: Patient) -> tuple[Occasion, ...]:
    """What a questionnaire can be asked for at this moment, the likeliest first. Two queries.

    A baseline is one before the first infusion of a plan: of the first plan, or of a new one that waits for
    its first. The end of the induction and a month come after an infusion.
    """
    started = Session.objects.filter(patient=patient, started_at__isnull=False)
    begun = set(started.values_list("appointment__plan", flat=True))
    if not begun:
        return (Occasion.BASELINE, Occasion.OTHER)
    standing = TreatmentPlan.objects.filter(patient=patient, status__in=STANDING_STATUSES)
    after = (Occasion.OTHER, Occasion.END_OF_INDUCTION, Occasion.MONTHLY)
    return (Occasion.BASELINE, *after) if standing.exclude(pk__in=begun).exists() else after


def newest_answers(response: QuestionnaireResponse) -> dict[int, int]:
    """The value that counts for each item answered so far."""
    given = QuestionnaireAnswer.objects.filter(response=response).order_by("answered_at", "created_at", "id")
    return dict(given.values_list("item", "value"))


@dataclass(frozen=True)
class AboutSelfHarm:
    """What a patient answered last where a questionnaire asks about self-harm. One that was entered in error
    doesn't count, and is told all the same."""

    title: str
    asked: str
    said: str
    at: datetime
    counts: bool


def last_about_self_harm(patient: Patient) -> list[AboutSelfHarm]:
    """The last answer to each questionnaire's item about self-harm, the newest first. One query."""
    asking = {code: each.safety_item for code, each in INSTRUMENTS.items() if each.safety_item}
    item = Q(pk__in=[])
    for code, place in asking.items():
        item |= Q(response__instrument=code, item=place)
    rows = (
        QuestionnaireAnswer.objects.filter(item, response__patient=patient)
        .select_related("response")
        .order_by("response__instrument", "-answered_at", "-created_at", "-id")
        .distinct("response__instrument")
    )
    return sorted(map(_about_self_harm, rows), key=lambda each: each.at, reverse=True)


def _about_self_harm(given: QuestionnaireAnswer) -> AboutSelfHarm:
    asked = INSTRUMENTS[given.response.instrument]
    return AboutSelfHarm(
        title=asked.title,
        asked=asked.items[given.item - 1].text,
        said=next(choice.label for choice in asked.choices if choice.value == given.value),
        at=given.answered_at,
        counts=given.response.status != ResponseStatus.ENTERED_IN_ERROR,
    )


def cause_of(given: QuestionnaireAnswer) -> str:
    """What the nurse's task for this answer was opened by."""
    return f"questionnaire_answer:{given.pk}"


def _lock(response: QuestionnaireResponse) -> QuestionnaireResponse:
    return QuestionnaireResponse.objects.select_for_update(no_key=True).get(pk=response.pk)


def _follows_the_last(
    row: QuestionnaireResponse, asked: Instrument, item: int, answers: Mapping[int, int]
) -> bool:
    """Whether it is the question beside the items, not answered yet, of a questionnaire that is complete."""
    return row.status == ResponseStatus.COMPLETED and item == asked.beside_item and item not in answers


def _require_open(row: QuestionnaireResponse) -> None:
    if row.status != ResponseStatus.IN_PROGRESS:
        raise Conflict(
            "This questionnaire is closed. Begin a new one; if this one is wrong, mark it so.",
            code="response_closed",
        )


def _require_time_between(patient: Patient, asked: Instrument, now: datetime) -> None:
    if not asked.lookback_days:
        return
    last = (
        QuestionnaireResponse.objects.filter(
            patient=patient, instrument=asked.code, status=ResponseStatus.COMPLETED
        )
        .order_by("-completed_at")
        .values_list("completed_at", flat=True)
        .first()
    )
    if last is None:
        return
    zone = patient.clinic.time_zone
    if clock.days_between(last, now, zone) < asked.lookback_days:
        day = clock.local_date(last, zone)
        again = day + timedelta(days=asked.lookback_days)
        raise Conflict(
            f"{asked.title} was completed on {day:%B} {day.day} and looks back {asked.lookback_days} days: a"
            f" second one now would tell of the same days. Ask again from {again:%B} {again.day} on, or say"
            " that it is for the baseline, the end of the induction or monthly.",
            code="too_soon",
            again_from=str(again),
        )


def half_done(*, patient: Patient, instrument: str, now: datetime) -> QuestionnaireResponse | None:
    """The one of this kind that staff began today and haven't finished: it is gone on with. An older one was
    abandoned and stands in nobody's way. One query."""
    begins, ends = clock.day_bounds(clock.local_date(now, patient.clinic.time_zone), patient.clinic.time_zone)
    return (
        QuestionnaireResponse.objects.filter(
            patient=patient,
            instrument=instrument,
            how=AnsweredHow.INTERVIEW,
            status=ResponseStatus.IN_PROGRESS,
            started_at__gte=begins,
            started_at__lt=ends,
        )
        .order_by("-started_at")
        .first()
    )


def _why_not_prorated(asked: Instrument, missing: tuple[int, ...]) -> str:
    if not asked.scored:
        return f"{asked.title}: each stands alone, there is no total to make up for."
    if not asked.prorate_up_to:
        return f"{asked.title} has no score unless every item is answered."
    return f"{len(missing)} items are missing; at most {asked.prorate_up_to} can be made up for."


def _alarm(response: QuestionnaireResponse, given: QuestionnaireAnswer, now: datetime) -> None:
    at_once = given.value >= IMMEDIATE_FROM
    staff_work.open_item(
        clinic_id=response.clinic_id,
        patient_id=response.patient_id,
        cause=cause_of(given),
        title=SAFETY_TITLES[at_once],
        urgency=Urgency.RED,
        role=Role.NURSE,
        due_at=now if at_once else now + SAFETY_DUE,
    )
