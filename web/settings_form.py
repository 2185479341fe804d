"""The form of settings that are sent whole: it says what it saw, so that nobody's change is undone unseen.

Two managers may have one page open. What stood when the page was made goes along hidden, as `were`. Where
something else stands now, nothing is written (412): the form tells what changed meanwhile and who changed it.
A box in which nothing was typed shows what stands now, one that was typed in keeps that, and a second press
saves, since the form has then been seen beside the other's change.
"""

import json
from collections.abc import Mapping
from datetime import time
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict

from clinic.problems import Stale
from clinic.queries import who_changed
from web.forms import ChangeForm


class SettingsForm(ChangeForm):
    """`row` is what is set, `stands` its values by the names of the fields. A form without `were`, as a
    script sends it, changes whatever it finds."""

    def __init__(self, row: models.Model, data: Any = None, *, stands: Mapping[str, Any]) -> None:
        self.row = row
        self._stands: dict[str, Any] = json.loads(json.dumps(dict(stands), default=str))
        super().__init__(data, initial={**stands, "were": json.dumps(self._stands)})
        # Without an id: a page may hold two forms that say what they saw.
        self.fields["were"] = forms.CharField(widget=forms.HiddenInput({"id": False}), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen = _seen(cleaned.pop("were", ""))
        meanwhile = [
            name
            for name, value in self._stands.items()
            if name in self.fields and name in seen and seen[name] != value and self._asks_otherwise(name)
        ]
        if meanwhile:
            self.refused_with = Stale.status
            self.add_error(None, self._told(meanwhile))
            self._show_beside(meanwhile, seen)
        return cleaned

    def _asks_otherwise(self, name: str) -> bool:
        """Whether saving would change what stands now; two who typed the same want the same."""
        return self._differs(name, self.initial[name])

    def _differs(self, name: str, value: Any) -> bool:
        field = self.fields[name]
        return field.has_changed(field.to_python(value) if isinstance(value, str) else value, self[name].data)

    def changed_by(self, names: list[str]) -> Mapping[str, str]:
        """Who made the latest change of what each of these fields shows. Override where it stands in more
        rows than `row`."""
        columns = {name: self.row._meta.get_field(name).attname for name in names}  # type: ignore[union-attr]
        who = who_changed(self.row, columns.values())
        return {name: who.get(column, "") for name, column in columns.items()}

    def _told(self, names: list[str]) -> str:
        who = self.changed_by(names)
        changes = [
            f"{self.fields[name].label} is now {self._words(name)}"
            f" ({who.get(name) or 'changed outside of the pages'})."
            for name in names
        ]
        return (
            f"This was changed while you had the page open. {' '.join(changes)} Nothing of yours is saved"
            " yet: what you typed stands in its box. Save again to put it in place of theirs."
        )

    def _words(self, name: str) -> str:
        value, field = self.initial[name], self.fields[name]
        if isinstance(value, bool):
            return "ticked" if value else "not ticked"
        if isinstance(field, forms.MultipleChoiceField):
            choices: Any = field.choices
            chosen_words = [str(words) for choice, words in choices if choice in value]
            return ", ".join(chosen_words) or "empty"
        if isinstance(value, time):
            return f"{value:%H:%M}"
        if isinstance(field, forms.ModelChoiceField):
            chosen = field.queryset.filter(pk=value).first() if field.queryset is not None and value else None
            return field.label_from_instance(chosen) if chosen else str(field.empty_label or "empty")
        return f"“{value}”" if value not in field.empty_values else "empty"

    def _show_beside(self, names: list[str], seen: Mapping[str, Any]) -> None:
        """The boxes for a second look: nobody's untouched box holds what stood before."""
        shown = QueryDict(mutable=True)
        shown.update(self.data)
        for name in names:
            if self._differs(name, seen[name]):
                continue
            value = self.fields[name].prepare_value(self.initial[name])
            if isinstance(value, bool):
                shown.setlist(name, ["on"] if value else [])
            elif isinstance(value, list | tuple):
                shown.setlist(name, [str(each) for each in value])
            else:
                shown[name] = "" if value is None else str(value)
        shown["were"] = json.dumps(self._stands)
        self.data = shown


def _seen(were: str) -> dict[str, Any]:
    try:
        found = json.loads(were)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
