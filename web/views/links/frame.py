"""What every page behind a link shares: opening it, the second factor, the patient's language, refusals. The
headers are `web.secret_addresses`'.

Nothing is shown before the birth year was right; that it was is kept in the browser's session. A link that is
guessed, expired or locked is one and the same page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone, translation
from django.views.decorators.http import require_http_methods

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Missing, Problem, with_headers
from clinic.rates import TooMany, slow_down_guessing
from notifications.answering import links, unproven
from notifications.models import PatientLink
from notifications.wording import writing
from web.views.links.words import LANGUAGES, SAY

CHOSEN_LANGUAGE = "patient_language"


@dataclass(frozen=True)
class Opened:
    """A link that works, in the hands of somebody whose birth year may still have to be asked."""

    request: HttpRequest
    token: str
    link: PatientLink
    language: str
    now: datetime

    @property
    def say(self) -> Mapping[str, str]:
        return SAY[self.language]

    @property
    def switches_language(self) -> bool:
        """A form was sent by the button of the other language: nothing is to be kept of it yet, or lost."""
        return "language" in self.request.POST

    def typed(self, form_class: type[forms.Form]) -> dict[str, Any]:
        """What stood in the form, to be shown again as it was."""
        sent = self.request.POST
        return {
            name: field.widget.value_from_datadict(sent, {}, name)
            for name, field in form_class.base_fields.items()
        }

    @property
    def proved(self) -> bool:
        return was_proved(self.request, self.link)

    def prove(self) -> None:
        self.request.session[f"patient_link:{self.link.pk}"] = True

    def moment(self, at: datetime) -> str:
        """A day and a time on the clinic's wall, in the patient's words."""
        return self._on_the_wall(at, self.say["moment_format"])

    def day(self, at: datetime) -> str:
        return self._on_the_wall(at, self.say["day_format"])

    def time(self, at: datetime) -> str:
        return self._on_the_wall(at, "g:i A")

    def said_at(self, said: str, at: datetime) -> str:
        """A sentence of the page's words with the day and the time of this moment."""
        sentence = self.say[said].format(time=self.time(at), day=self.day(at))
        return writing.language_of(self.language).agreeing(sentence)

    def _on_the_wall(self, at: datetime, shape: str) -> str:
        local = timezone.localtime(at, ZoneInfo(self.link.message.clinic.time_zone))
        with translation.override(self.language):
            return formats.date_format(local, shape)

    def page(
        self, template: str, context: Mapping[str, Any], *, status: int = 200, stands_at: str = ""
    ) -> HttpResponse:
        """A page in the clinic's time and the patient's language. `stands_at`: where the answer to a form is
        found again; otherwise at the link's first page."""
        clinic = self.link.message.clinic
        home = reverse("patient_link", args=[self.token])
        shared = {
            "clinic": clinic,
            "sender_name": clinic.sender_name,
            "token": self.token,
            "home": home,
            "say": self.say,
            "language": self.language,
            "other_languages": [
                (code, name, self._here_in(code, stands_at or home))
                for code, name in LANGUAGES.items()
                if code != self.language
            ],
        }
        with timezone.override(clinic.time_zone), translation.override(self.language):
            return render(self.request, template, {**shared, **context}, status=status)

    def _here_in(self, language: str, stands_at: str) -> str:
        """This same page in another language, with the day or the question that it shows."""
        address, _, query = stands_at.partition("?")
        asked = QueryDict(query, mutable=True)
        if self.request.method == "GET":
            address, asked = self.request.path, self.request.GET.copy()
        asked["language"] = language
        return f"{address}?{asked.urlencode()}"

    def back(self, route: str = "patient_link", *args: object, query: str = "") -> HttpResponse:
        address = reverse(route, args=[self.token, *args])
        return redirect(f"{address}?{query}" if query else address)


View = Callable[..., HttpResponse]


def behind_link(*methods: str, before_proof: Callable[[Opened], HttpResponse]) -> Callable[[View], View]:
    """The view of a link that works, once the birth year was right; until then `before_proof` is asked.

    A `Problem` that the view doesn't handle becomes a page with its sentence.
    """

    def decorate(view: View) -> View:
        @require_http_methods([*methods, *(["HEAD"] if "GET" in methods else [])])
        @wraps(view)
        def door(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponse:
            opened = None
            try:
                opened = open_link(request, token)
                if not opened.proved:
                    return before_proof(opened)
                return view(opened, *args, **kwargs)
            except Problem as problem:
                return refused(request, problem, opened)

        return door

    return decorate


def open_link(request: HttpRequest, token: str) -> Opened:
    """The link; one that wrong years have closed only for who had proved the right one before, so that nobody
    who knows an address silences its patient. What is red in what is refused is heard. Somebody who tries one
    token after the other is slowed down."""
    now = clock.now()
    try:
        with slow_down_guessing(request):
            link = links.find_link(token=token, now=now)
            if not was_proved(request, link):
                links.require_open(link)
    except (Missing, TooMany):
        unproven.hear(token=token, sent=request.POST.dict(), now=now)
        raise
    return Opened(request, token, link, _language(request, link), now)


def was_proved(request: HttpRequest, link: PatientLink) -> bool:
    """Whether the right birth year was given in this browser."""
    return request.session.get(f"patient_link:{link.pk}") is True


def refused(request: HttpRequest, problem: Problem, opened: Opened | None) -> HttpResponse:
    """Of a link that doesn't work no more than that, in every language; of another what can't be done."""
    if isinstance(problem, Missing) or opened is None:
        context = {"says": list(SAY.items()), "clinic": _only_clinic()}
        page = render(request, "web/patient/no_link.html", context, status=problem.status)
        return with_headers(page, problem)
    sentence = opened.say.get(problem.code, problem.detail if opened.language == "en" else "")
    told = {"sentence": sentence or opened.say["call_clinic"]}
    page = opened.page("web/patient/refused.html", told, status=problem.status)
    return with_headers(page, problem)


def _only_clinic() -> Clinic | None:
    """Whom to call where the link tells nothing: of several clinics it would say whose link it was."""
    clinics = list(Clinic.objects.all()[:2])
    return clinics[0] if len(clinics) == 1 else None


def _language(request: HttpRequest, link: PatientLink) -> str:
    """The language that was switched to, or else the patient's own."""
    asked = request.POST.get("language") or request.GET.get("language", "")
    if asked in LANGUAGES:
        request.session[CHOSEN_LANGUAGE] = asked
        return asked
    chosen = request.session.get(CHOSEN_LANGUAGE)
    return str(chosen) if chosen in LANGUAGES else writing.language_of(link.patient.language).code
