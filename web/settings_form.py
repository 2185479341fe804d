"""The form of settings that are sent whole: it says what it saw, so that nobody's change is undone unseen.

Two managers may have one page open. What stood when the page was made goes along hidden, as `were`, and
whoever writes compares it under their lock (`clinic.seen`). Where something else stands now, nothing is
written (412): the form tells what changed meanwhile and who changed it. A box in which nothing was typed
shows what stands now, one that was typed in keeps that, and a second press saves, since the form has then
been seen beside the other's change.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any, Final

from django import forms
from django.http import QueryDict

from clinic.problems import Problem
from clinic.seen import ChangedMeanwhile, SeenValues, as_json
from web.forms import ChangeForm
from web.templatetags.chairside import plain_day

UNSEEN: Final = "Nothing is saved yet: this form didn't say what it showed. Look at it, and save again."


class SettingsForm(ChangeForm):
    """`stands` is what is set, by the names of the fields, in the shapes of whoever writes it. A form without
    `were`, of an older page or a script, saves nothing: it comes back as it was filled, and says what
    stands in the boxes that it would change."""

    def __init__(self, data: Any = None, *, stands: Mapping[str, Any]) -> None:
        self._were: dict[str, Any] = {}
        super().__init__(data, initial=dict(stands))
        # Without an id: a page may hold two forms that say what they saw.
        self.fields["were"] = forms.CharField(
            widget=forms.HiddenInput({"id": False}), required=False, initial=_written(stands)
        )

    @property
    def seen(self) -> SeenValues:
        """What this form showed, for whoever writes: of a form that was cleaned."""
        return SeenValues(self._were)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        were = cleaned.pop("were", "")
        self._were = _read(were)
        if not self._were.keys() >= self.initial.keys():
            sent: Any = self.data
            self.data = shown = sent.copy()
            shown["were"] = _written(self.initial)
            raise forms.ValidationError(" ".join([UNSEEN, *self._would_change()]))
        return cleaned

    def _would_change(self) -> list[str]:
        return [
            f"{self.fields[name].label} is now {self._words(name)}."
            for name in self.changed_data
            if name in self.initial
        ]

    def add_problem(self, problem: Problem) -> None:
        if isinstance(problem, ChangedMeanwhile):
            self.refused_with = problem.status
            self.initial.update(problem.stands)
            self.add_error(None, self._told(problem.data["changes"]))
            self._show_beside([change["field"] for change in problem.data["changes"]])
        else:
            super().add_problem(problem)

    def _told(self, changes: Sequence[Mapping[str, Any]]) -> str:
        told = [
            f"{self.fields[change['field']].label} is now {self._words(change['field'])}"
            f" ({change['by'] or 'changed outside of the pages'})."
            for change in changes
        ]
        return (
            f"This was changed while you had the page open. {' '.join(told)} Nothing of yours is saved"
            " yet: what you typed stands in its box. Save again to put it in place of theirs."
        )

    def _words(self, name: str) -> str:
        field = self.fields[name]
        value = field.prepare_value(self.initial[name])
        if isinstance(value, bool):
            return "ticked" if value else "not ticked"
        if isinstance(field, forms.MultipleChoiceField):
            choices: Any = field.choices
            chosen_words = [str(words) for choice, words in choices if choice in value]
            return ", ".join(chosen_words) or "empty"
        if isinstance(value, time):
            return f"{value:%H:%M}"
        if isinstance(value, date):
            return plain_day(value)
        if isinstance(field, forms.ModelChoiceField):
            chosen = field.queryset.filter(pk=value).first() if field.queryset is not None and value else None
            return field.label_from_instance(chosen) if chosen else str(field.empty_label or "empty")
        if isinstance(field, forms.ChoiceField):
            one_of: Any = field.choices
            return f"“{dict(one_of).get(value, value)}”"
        return f"“{value}”" if value not in field.empty_values else "empty"

    def _show_beside(self, names: Sequence[str]) -> None:
        """The boxes for a second look: nobody's untouched box holds what stood before."""
        shown = QueryDict(mutable=True)
        shown.update(self.data)
        for name in names:
            if self._was_typed_in(name):
                continue
            value = self.fields[name].prepare_value(self.initial[name])
            if isinstance(value, bool):
                shown.setlist(name, ["on"] if value else [])
            elif isinstance(value, list | tuple):
                shown.setlist(name, [str(each) for each in value])
            else:
                shown[name] = "" if value is None else str(value)
        shown["were"] = _written(self.initial)
        self.data = shown

    def _was_typed_in(self, name: str) -> bool:
        field = self.fields[name]
        try:
            was = field.prepare_value(self._were[name])
            return field.has_changed(field.to_python(was) if isinstance(was, str) else was, self[name].data)
        except (AttributeError, TypeError, ValueError, forms.ValidationError):
            return True  # no page of ours has shown such a value


def _written(stands: Mapping[str, Any]) -> str:
    return json.dumps(as_json(dict(stands)))


def _read(were: str) -> dict[str, Any]:
    try:
        found = json.loads(were)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
