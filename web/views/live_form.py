"""Forms that are checked before they are sent for good: while somebody types in them (`live_form.js`), and by
a Check button, which needs no script.

Either goes to the address that saves, with `check` in it: the view asks the same form the same, tells what
the change would touch and writes nothing. What is typed gets an answer of the faults and of that part alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

# Of a box that nobody may have come to yet: the script keeps it back until they have.
UNFILLED: Final = {"required", "half"}


@dataclass(frozen=True)
class Fault:
    """What is to be mended in one box; the name is empty where it is the whole form."""

    name: str
    words: str
    unfilled: bool


@dataclass(frozen=True)
class Note:
    """What stands below one box besides, such as what it said before."""

    name: str
    words: str


@dataclass(frozen=True)
class Told:
    """What the part beside a form says, where sentences tell it (`web/forms/told.html`)."""

    sentences: Sequence[str]

    @property
    def summary(self) -> str:
        return " ".join(self.sentences)


def is_check(request: HttpRequest) -> bool:
    """Whether the form was sent to be looked at and not to be kept."""
    return request.method == "POST" and "check" in request.POST


def is_typing(request: HttpRequest) -> bool:
    return is_check(request) and request.POST["check"] == "typing"


def answer(
    request: HttpRequest,
    form: BaseForm,
    page: str,
    part: str,
    context: Mapping[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """The page, or while somebody types its faults and the part that tells what the change would touch."""
    if is_typing(request):
        notes: Sequence[Note] = getattr(form, "notes", ())
        context = {"form": form, "faults": faults(form), "notes": notes, "part": part, **context}
        return render(request, "web/forms/checked.html", context)
    return render(request, page, {"form": form, "part": part, **context}, status=status)


def faults(form: BaseForm) -> list[Fault]:
    return [
        Fault(
            "" if name == "__all__" else name,
            " ".join(message for error in errors for message in error.messages),
            all(error.code in UNFILLED for error in errors),
        )
        for name, errors in form.errors.as_data().items()
    ]
