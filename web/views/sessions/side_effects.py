"""The forms for a side effect: what it is, what became of it, and the taps that tell that at once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from clinic.access import Actor
from scheduler.vocabulary import spoken_unit
from sessions_app import states
from sessions_app.models import (
    MedicineGiven,
    Relatedness,
    ReportedBy,
    Seriousness,
    Session,
    SideEffect,
    SideEffectOutcome,
)
from sessions_app.observing import side_effects
from sessions_app.observing.effect_courses import ENDED
from sessions_app.observing.vocabulary import COMMON, TERMS, label_of
from web.forms import LocalDateTimeField, WholeNumberField
from web.views.sessions.form import (
    CorrectingForm,
    NowOrThenField,
    SessionForm,
    choices_in_a_row,
    short_text,
)

_OTHERS: Final = [(code, term.label) for code, term in TERMS.items() if code not in COMMON]
_IN_ORDER: Final = [*((code, TERMS[code].label) for code in COMMON), *_OTHERS]
SEVERE: Final = 3  # what is graver is told in its form, with what was done
GRADES: Final = [
    ("1", "1 mild"),
    ("2", "2 moderate"),
    ("3", "3 severe"),
    ("4", "4 life-threatening"),
    ("5", "5 fatal"),
]


class CommonTerms(forms.RadioSelect):
    """The terms that a chair sees most, a tap each; a line that has another one shows that as well."""

    def optgroups(self, name: str, value: Any, attrs: Any = None) -> Any:
        shown = {*COMMON, *map(str, value)}
        groups = [group for group in super().optgroups(name, value, attrs) if group[1][0]["value"] in shown]
        return sorted(groups, key=lambda group: group[1][0]["value"] not in COMMON)


class SideEffectForm(CorrectingForm):
    """Three taps: what, its grade, kept. It is since now, seen by the nurse and possibly of the infusion
    unless something else is said."""

    act = "side_effect"
    done = "The side effect is kept."
    kept_as = "Side effect"
    rarely = (
        "onset_at",
        "source",
        "peak_grade",
        "distress",
        "seriousness",
        "action",
        "action_at",
        "medicine_id",
        "relatedness",
        "outcome",
        "ended_at",
    )
    rarely_called = "More: since when, who noticed it, what was done, how it ended"

    # One of the two; while the other is empty the page asks for this one (side_effects.js).
    term = forms.ChoiceField(
        label="What", choices=_IN_ORDER, required=False, widget=CommonTerms(attrs={"required": True})
    )
    other_term = forms.ChoiceField(label="Or another", choices=[("", "Choose"), *_OTHERS], required=False)
    grade = choices_in_a_row("Grade (CTCAE)", GRADES)
    onset_at = NowOrThenField("Since")
    source = choices_in_a_row("Noticed by", ReportedBy.choices)
    peak_grade = forms.TypedChoiceField(
        label="At its worst",
        choices=[("", "The worst so far"), *GRADES],
        coerce=int,
        empty_value=None,
        required=False,
    )
    distress = WholeNumberField(label="Distress", unit="of 10", required=False)
    seriousness = forms.ChoiceField(label="Seriousness", choices=Seriousness.choices)
    action = short_text("What was done")
    action_at = LocalDateTimeField(label="Done at", required=False, help_text="Only with what was done.")
    medicine_id = forms.TypedChoiceField(
        label="Medicine given for it", coerce=UUID, empty_value=None, required=False
    )
    relatedness = forms.ChoiceField(label="Related to the infusion", choices=Relatedness.choices)
    outcome = forms.ChoiceField(label="Course", choices=SideEffectOutcome.choices)
    ended_at = LocalDateTimeField(label="Ended at", required=False, help_text="Only when it is over.")

    def __init__(self, session: Session, *args: Any, **options: Any) -> None:
        super().__init__(session, *args, **options)
        _offer_medicines(self, session)

    @property
    def folded(self) -> list[forms.BoundField]:
        """Nobody sees a patient who has left: what is heard then is of another moment."""
        if self.is_bound or self.line is not None or self.session.state not in states.IN_THE_CHAIR:
            return []
        return [self[name] for name in self.rarely]

    def clean(self) -> dict[str, Any]:
        """One term, wherever it was chosen."""
        data = self.cleaned_data
        chosen = {data.get("term"), data.get("other_term")} - {"", None}
        if len(chosen) == 1:
            data["term"] = chosen.pop()
        elif "term" not in self.errors:
            self.add_error("term", "Choose one, here or among the others." if chosen else "Choose one.")
        return data

    def first_values(self) -> dict[str, Any]:
        effect: Any = self.line
        if effect is None:
            return {
                "relatedness": Relatedness.POSSIBLE,
                "outcome": SideEffectOutcome.ONGOING,
                "seriousness": Seriousness.NON_SERIOUS,
                "source": ReportedBy.OBSERVED,
            }
        return {
            "term": effect.term,
            "grade": effect.grade,
            "onset_at": timezone.localtime(effect.onset_at),
            "source": effect.source,
            # Of a later state it is that of the states before it, and reckoned anew.
            "peak_grade": None if effect.course_of_id else effect.peak_grade,
            "distress": effect.distress,
            "seriousness": effect.seriousness,
            "action": effect.action,
            "action_at": timezone.localtime(effect.action_at) if effect.action_at else None,
            "medicine_id": effect.medicine_id and str(_as_it_stands(self.session, effect.medicine_id)),
            "relatedness": effect.relatedness,
            "outcome": effect.outcome,
            "ended_at": timezone.localtime(effect.ended_at) if effect.ended_at else None,
        }

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        report = side_effects.Report(
            term=data["term"],
            grade=int(data["grade"]),
            onset_at=self.moment("onset_at") or now,
            source=data["source"],
            peak_grade=data["peak_grade"],
            distress=data["distress"],
            seriousness=data["seriousness"],
            action=data["action"],
            action_at=self.moment("action_at"),
            medicine_id=data["medicine_id"],
            relatedness=data["relatedness"],
            outcome=data["outcome"],
            ended_at=self.moment("ended_at"),
        )
        if self.amends:
            return self.amend(report, actor=actor, now=now)
        return side_effects.record_side_effect(
            actor=actor, id=data["id"], session=self.session, report=report, **self.correction, now=now
        )


class CourseForm(CorrectingForm):
    """What became of a side effect: a state with its moment, which corrects nothing. What it is stays."""

    act = "course"
    done = "The course of the side effect is kept."
    kept_as = "Course of a side effect"
    for_one_entry = True
    rarely = ("as_of", "seriousness", "action_at", "medicine_id")
    rarely_called = "At another time, serious, medicine given"

    effect = forms.UUIDField(widget=forms.HiddenInput)
    grade = choices_in_a_row("Grade now (CTCAE)", GRADES)
    outcome = forms.ChoiceField(label="Course", choices=SideEffectOutcome.choices)
    ended_at = LocalDateTimeField(
        label="Ended at", required=False, help_text="Only when it is over; empty means with this."
    )
    distress = WholeNumberField(label="Distress", unit="of 10", required=False)
    action = short_text("What was done")
    as_of = NowOrThenField("So since")
    action_at = LocalDateTimeField(label="Done at", required=False, help_text="Only with what was done.")
    medicine_id = forms.TypedChoiceField(
        label="Medicine given for it", coerce=UUID, empty_value=None, required=False
    )
    seriousness = forms.ChoiceField(
        label="Seriousness", choices=[("", "As before"), *Seriousness.choices], required=False
    )

    def __init__(self, session: Session, *args: Any, **options: Any) -> None:
        super().__init__(session, *args, **options)
        if session.state not in states.IN_THE_CHAIR:
            # Nobody sees the patient: what is heard now is of another moment, which has to be said.
            self.fields["as_of"] = LocalDateTimeField(label="So since")
        _offer_medicines(self, session)

    def _named(self, data: Mapping[str, Any]) -> str:
        """One that comes back refused has ids of its own: it may stand beside another that is being typed."""
        try:
            return f"{self.act}-{UUID(str(data['id']))}"
        except (KeyError, ValueError):
            return self.act

    @property
    def folded(self) -> list[forms.BoundField]:
        return [rare for rare in super().folded if not rare.field.required]

    def continue_from(self, line: SideEffect) -> None:
        """Show how it stood last, to be changed where it is otherwise now."""
        self.initial = {
            **self.initial,
            "effect": line.pk,
            "grade": line.grade,
            "distress": line.distress,
            "outcome": line.outcome,
        }

    @property
    def label(self) -> str:
        """Which side effect it is about."""
        asked = str(self["effect"].value() or "")
        lines = self.session.side_effects.all()
        return next((label_of(line.term) for line in lines if str(line.pk) == asked), "side effect")

    def record(self, *, actor: Actor, now: datetime) -> Any:
        data = self.cleaned_data
        over = data["outcome"] in ENDED
        state = side_effects.State(
            grade=int(data["grade"]),
            as_of=data["as_of"],
            distress=data["distress"],
            seriousness=data["seriousness"],
            action=data["action"],
            action_at=data["action_at"],
            medicine_id=data["medicine_id"],
            outcome=data["outcome"],
            # Over, and nobody said when: it was when that was seen.
            ended_at=data["ended_at"] or ((data["as_of"] or now) if over else None),
        )
        course = side_effects.Course(effect=data["effect"], state=state)
        if self.amends:
            return self.amend(course, actor=actor, now=now)
        return side_effects.record_course(
            actor=actor, id=data["id"], session=self.session, course=course, now=now
        )


@dataclass(frozen=True)
class Tap:
    """How a side effect stands now, told with one tap: an entry of its own."""

    words: str
    grade: int
    outcome: str
    id: UUID = field(default_factory=uuid4)


def taps(line: SideEffect) -> list[Tap]:
    """What one tap may tell of a side effect in this state: that it is over, or of another grade."""
    words = dict(GRADES)
    return [
        Tap("Over", line.grade, SideEffectOutcome.RESOLVED),
        *(
            Tap(
                f"Now {words[str(grade)]}",
                grade,
                SideEffectOutcome.ONGOING if grade > line.grade else SideEffectOutcome.RECOVERING,
            )
            for grade in range(1, SEVERE + 1)
            if grade != line.grade
        ),
    ]


def _offer_medicines(form: SessionForm, session: Session) -> None:
    given = session.medicines_given.filter(corrected_by__isnull=True).order_by("given_at")
    choice: Any = form.fields["medicine_id"]
    choice.choices = [("", "None"), *((str(each.pk), _spoken(each)) for each in given)]


def _as_it_stands(session: Session, given: UUID) -> UUID:
    """The line that tells of this medicine by now: it may have been corrected since."""
    newer = {line.corrects_id: line.pk for line in session.medicines_given.all()}
    while given in newer:
        given = newer[given]
    return given


def _spoken(given: MedicineGiven) -> str:
    at = timezone.localtime(given.given_at)
    return f"{given.medicine} {given.amount.normalize():f} {spoken_unit(given.unit)}, {at:%H:%M}"
