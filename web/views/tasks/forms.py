"""The forms of one task: closing it, noting what was tried, handing it over."""

from typing import Any, Final

from django import forms

from clinic import work
from clinic.models import Urgency, User, WorkItem
from notifications.escalating import task_kinds
from web.forms import ChangeForm, ClinicForm, Lines
from web.views.tasks import phrases

NEVER_IN_SILENCE: Final = "Say in a few words what was done. A task never closes in silence."
RED_IN_WORDS: Final = f"{NEVER_IN_SILENCE} Of a red one say in your own words what you found and did."
NO_PHRASE: Final = "None of these"


class _Phrased(forms.Form):
    """Words of one's own, or one of the usual ones, or both: what was chosen stands first."""

    phrase = forms.ChoiceField(required=False, widget=forms.RadioSelect)
    words_field = ""
    nothing_said = ""

    def offer(self, usual: tuple[str, ...], label: str) -> None:
        phrase: Any = self.fields["phrase"]
        phrase.choices = [*((each, each.rstrip(".")) for each in usual), ("", NO_PHRASE)]
        phrase.label = label

    def clean(self) -> None:
        if not self.errors and not self.said:
            self.add_error(self.words_field, self.nothing_said)

    @property
    def said(self) -> str:
        return phrases.joined(self.cleaned_data["phrase"], self.cleaned_data[self.words_field])


class OutcomeForm(_Phrased, ChangeForm):
    outcome = forms.CharField(label="In your words", max_length=1900, required=False, widget=Lines(3))
    words_field, nothing_said = "outcome", NEVER_IN_SILENCE
    field_order = ("phrase", "outcome")

    def __init__(self, item: WorkItem, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(phrases.outcomes(task_kinds.kind_of(item.cause)), "What was done")
        words = self.fields["outcome"]
        words.required = item.urgency == Urgency.RED
        words.error_messages["required"] = RED_IN_WORDS


class NoteForm(_Phrased, ClinicForm):
    words = forms.CharField(label="In your words", max_length=1900, required=False, widget=Lines(2))
    words_field, nothing_said = "words", "Write what was done or tried."
    field_order = ("id", "phrase", "words")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer(phrases.NOTES, "What was tried")


class Colleague(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.full_name


class HandOverForm(ChangeForm):
    to = Colleague(User.objects.none(), label="To", empty_label="Choose a colleague")
    words = forms.CharField(
        label="What they need to know",
        max_length=2000,
        required=False,
        widget=Lines(2),
    )

    def __init__(self, item: WorkItem, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = work.may_do(item).exclude(pk=item.owner_id) if item.owner_id else work.may_do(item)
        self.fields["to"].queryset = others  # type: ignore[attr-defined]
