"""The birth year as it is given. What was sent before it was asked is then taken by the page that it was sent
to, as if it came just now; where no year is looked at any more, what is red in it is heard all the same.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from clinic.callers import address_of
from clinic.problems import Missing, Problem, with_headers
from notifications.answering import links, unproven
from web.views.links import diary, questions
from web.views.links.emergency import emergency_lines
from web.views.links.frame import Opened, open_link, refused
from web.views.links.proof import BirthYearForm, ask_birth_year

# Under which name a form says what it is: `for`.
TAKEN_BY: Final[Mapping[str, Callable[[HttpRequest, str], HttpResponse]]] = MappingProxyType(
    {
        "answer": questions.answer,
        "score": questions.score,
        "ready": questions.ready,
        "diary": diary.diary_day,
    }
)


@require_POST
def birth_year(request: HttpRequest, token: str) -> HttpResponse:
    opened = None
    try:
        opened = open_link(request, token)
        if opened.switches_language:
            return ask_birth_year(opened, BirthYearForm(opened, initial=opened.typed(BirthYearForm)))
        if opened.proved:
            return _go_on(opened)
        form = BirthYearForm(opened, request.POST)
        if form.is_valid():
            try:
                links.give_factor(
                    link=opened.link,
                    birth_year=form.cleaned_data["birth_year"],
                    address=address_of(request),
                    now=opened.now,
                )
            except links.TooManyYears as too_many:
                return _too_many(opened, too_many)
            except Missing:  # closed while this year was on its way
                unproven.hear(token=token, sent=request.POST.dict(), now=opened.now)
                raise
            except links.WrongYear as wrong:
                form.add_error("birth_year", _tries_left(opened, wrong.left))
            else:
                opened.prove()
                return _go_on(opened)
        return ask_birth_year(opened, form)
    except Problem as problem:
        return refused(request, problem, opened)


def _go_on(opened: Opened) -> HttpResponse:
    taken_by = TAKEN_BY.get(opened.request.POST.get("for", ""))
    return taken_by(opened.request, opened.token) if taken_by else opened.back()


def _too_many(opened: Opened, too_many: links.TooManyYears) -> HttpResponse:
    heard = unproven.hear(token=opened.token, sent=opened.request.POST.dict(), now=opened.now)
    context = {
        "until": opened.moment(too_many.until) if too_many.until else "",
        "alarm": emergency_lines(opened) if heard else None,
    }
    page = opened.page("web/patient/too_many.html", context, status=too_many.status)
    return with_headers(page, too_many)


def _tries_left(opened: Opened, left: int) -> str:
    say = opened.say
    tries = say["one_try"] if left == 1 else say["tries"].format(left=left)
    return f"{say['wrong_year']} {tries}"
