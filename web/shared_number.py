"""The form of a patient's number. Whether the telephone is shared is asked where another patient has it."""

from typing import Any

from django import forms

from clinic.problems import Problem
from clinic.shared_numbers import CODE
from web.forms import ChangeForm


class SharedNumberForm(ChangeForm):
    """Sent first without the answer; refused with the question (409), it shows the box to tick."""

    shared = forms.BooleanField(label="They share this telephone", required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        asked = self.is_bound and self.data.get("shared")
        self.fields["shared"].widget = forms.CheckboxInput() if asked else forms.HiddenInput()

    def ask(self) -> None:
        self.fields["shared"].widget = forms.CheckboxInput()

    def add_problem(self, problem: Problem) -> None:
        super().add_problem(problem)
        if problem.code == CODE:
            self.ask()
