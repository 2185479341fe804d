"""The questionnaires at the end of a series and month by month, on the patient's own phone: which are asked,
and an answer given. Their items and scores are `sessions_app.outcomes`; in Spanish `questionnaire_words`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from clinic.history import acting
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from notifications.answering.grading import GREEN, RED
from notifications.answering.links import DOOR
from notifications.answering.question_sets import END_OF_SERIES, SCORED
from notifications.models import CheckIn
from sessions_app.models import (
    AnsweredHow,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    ResponseStatus,
)
from sessions_app.outcomes import responses
from sessions_app.outcomes.instruments import GAD_7, PAIN_NRS, PCL_5, PGIC, PHQ_9, Instrument, asked_in_order
from sessions_app.outcomes.scoring import score

# By how an indication's code begins (domain.md 5 and 7) [D]. Everybody is asked the PHQ-9: its last item is
# about safety. HIT-6 and MIDAS are somebody's and stay on the clinic's own forms.
_ASKED: Final = (
    ("F32", (PHQ_9, GAD_7, PGIC)),
    ("F33", (PHQ_9, GAD_7, PGIC)),
    ("F40", (GAD_7, PHQ_9, PGIC)),
    ("F41", (GAD_7, PHQ_9, PGIC)),
    ("F43", (PCL_5, PHQ_9, PGIC)),
    ("G", (PAIN_NRS, PHQ_9, PGIC)),
    ("M", (PAIN_NRS, PHQ_9, PGIC)),
)
_OTHERWISE: Final = (PHQ_9, PGIC)


@dataclass(frozen=True)
class Form:
    """One questionnaire of a check-in, as far as it has been answered: the value of each item from 1. Its
    last item closes it; what is asked beside the items follows."""

    instrument: Instrument
    answers: dict[int, int]
    closed: bool
    response_id: UUID | None = None  # once it was begun
    in_error: bool = False

    @property
    def asked(self) -> list[int]:
        return asked_in_order(self.instrument, self.answers)

    @property
    def next_item(self) -> int | None:
        if self.in_error:
            return None
        open_ones = self.asked[len(self.instrument.items) :] if self.closed else self.asked
        return next((item for item in open_ones if item not in self.answers), None)


def asked_for(indication: str) -> tuple[Instrument, ...]:
    """The questionnaires that this indication (ICD-10-CM) asks for, in their order."""
    return next((asked for begins, asked in _ASKED if indication.startswith(begins)), _OTHERWISE)


def forms_of(check_in: CheckIn) -> list[Form]:
    """The questionnaires of a check-in with what was answered; empty for one that asks its own questions."""
    asked = asked_in(check_in)
    ids = {_response_id(check_in, each): each for each in asked}
    rows = {
        row.instrument: row
        for row in QuestionnaireResponse.objects.filter(pk__in=ids).prefetch_related("answers")
    }
    return [_form(each, rows.get(each.code)) for each in asked]


def answer(
    *, id: UUID, check_in: CheckIn, instrument: str, item: int, value: int, now: datetime
) -> QuestionnaireAnswer:
    """Keep one answer, beginning the questionnaire with its first and closing it, scored, with the last of
    its items: whoever leaves out what is asked beside them has a score all the same.

    What alarms, alarms now (`responses.answer`), whether or not the rest is ever answered. Raises `Invalid`
    for a questionnaire, item or value that isn't asked, `Conflict` `response_closed` after the last answer.
    """
    asked = {each.code: each for each in asked_in(check_in)}
    if instrument not in asked:
        raise Invalid({"instrument": f"This check-in asks: {', '.join(asked) or 'no questionnaire'}."})

    def work() -> QuestionnaireAnswer:
        row = CheckIn.objects.select_for_update(no_key=True).get(pk=check_in.pk)
        response = _response(row, asked[instrument], now)
        given = responses.answer(actor=None, id=id, response=response, item=item, value=value, now=now)
        missing = score(asked[instrument], responses.newest_answers(response)).missing
        if item != asked[instrument].beside_item and not missing:
            responses.complete(actor=None, response=response, now=now)
        forms = forms_of(row)
        row.level = RED if any(_alarming(form) for form in forms) else GREEN
        row.ended_at, row.end = None, ""
        if row.completed_at is None and all(form.closed for form in forms):
            row.completed_at = now
        with acting(None, door=DOOR):
            row.save(update_fields=["level", "completed_at", "ended_at", "end"])
        return given

    return in_transaction(work)


def asked_in(check_in: CheckIn) -> tuple[Instrument, ...]:
    """The questionnaires of this check-in; none for one that asks its own questions."""
    if check_in.kind not in SCORED:
        return ()
    return asked_for(check_in.plan.indication if check_in.plan else "")


def _response_id(check_in: CheckIn, instrument: Instrument) -> UUID:
    return uuid5(check_in.pk, instrument.code)


def _response(check_in: CheckIn, instrument: Instrument, now: datetime) -> QuestionnaireResponse:
    id = _response_id(check_in, instrument)
    begun = QuestionnaireResponse.objects.filter(pk=id).first()
    return begun or responses.begin(
        actor=None,
        id=id,
        patient=check_in.patient,
        instrument=instrument.code,
        how=AnsweredHow.PATIENT,
        occasion=Occasion.END_OF_INDUCTION if check_in.kind == END_OF_SERIES else Occasion.MONTHLY,
        plan=check_in.plan,
        now=now,
    )


def _form(instrument: Instrument, row: QuestionnaireResponse | None) -> Form:
    if row is None:
        return Form(instrument, {}, closed=False)
    given = sorted(row.answers.all(), key=lambda each: (each.answered_at, each.created_at, each.pk))
    answers = {each.item: each.value for each in given}
    closed = row.status != ResponseStatus.IN_PROGRESS
    return Form(instrument, answers, closed, row.pk, row.status == ResponseStatus.ENTERED_IN_ERROR)


def _alarming(form: Form) -> bool:
    safety = form.instrument.safety_item
    return safety is not None and form.answers.get(safety, 0) > 0
