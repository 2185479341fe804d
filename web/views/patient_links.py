"""The patient's pages behind the link in a message: no sign-in, plain words, one thing to a screen.

Nothing is shown before the birth year was right; that it was is kept in the browser's session. What was
tapped while the year was asked for is carried along and recorded once it is right.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from clinic import clock
from clinic.idempotency import create_once
from clinic.problems import Invalid, Problem
from notifications.answering import check_ins, grading, links, question_sets
from notifications.delivering import calendar_files
from notifications.models import CheckInAnswer, LinkPurpose, PatientLink
from scheduler.waitlist import waiting
from web.files import calendar_answer
from web.forms import ChangeForm, ClinicForm
from web.guessing import slow_down_guessing


class BirthYearForm(ChangeForm):
    birth_year = forms.IntegerField(
        label="Year of your birth",
        min_value=1900,
        max_value=2100,
        help_text="Four digits.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday-year", "maxlength": 4}),
        error_messages={"invalid": "Enter the year in four digits."},
    )


class OfferForm(ChangeForm):
    start = forms.DateTimeField()  # as the page showed it


class AnswerForm(ClinicForm):
    question = forms.CharField(max_length=40)
    value = forms.CharField(max_length=40)


@require_GET
def patient_link(request: HttpRequest, token: str) -> HttpResponse:
    """The birth year, then the visit or the next question."""
    try:
        link = _open(request, token)
    except Problem as problem:
        return _refused(request, problem)
    if not _proved(request, link):
        return _ask_birth_year(request, link, token, BirthYearForm())
    return _show(request, link, token)


@require_POST
def birth_year(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = _open(request, token)
        form = BirthYearForm(request.POST)
        if form.is_valid():
            year = form.cleaned_data["birth_year"]
            try:
                links.give_factor(link=link, birth_year=year, now=clock.now())
            except Invalid as problem:
                form.add_problem(problem)
            else:
                request.session[_key(link)] = True
                if "question" in request.POST:
                    _record(link, request)
                return _back(token)
        return _ask_birth_year(request, link, token, form)
    except Problem as problem:
        return _refused(request, problem)


@require_POST
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    try:
        link = _open(request, token)
        if not _proved(request, link):
            return _ask_birth_year(request, link, token, BirthYearForm())
        links.confirm_visit(link=link, now=clock.now())
    except Problem as problem:
        return _refused(request, problem)
    return _back(token)


@require_POST
def accept_offer(request: HttpRequest, token: str) -> HttpResponse:
    """The patient takes the time that the page showed; too late or changed since, the page says so."""
    form = OfferForm(request.POST)
    shown = form.cleaned_data["start"] if form.is_valid() else None
    return _answer_offer(request, token, partial(links.accept_offer, shown=shown))


@require_POST
def decline_offer(request: HttpRequest, token: str) -> HttpResponse:
    return _answer_offer(request, token, links.decline_offer)


@require_GET
def calendar_file(request: HttpRequest, token: str) -> HttpResponse:
    """The visit for the patient's own calendar, as it stands now."""
    try:
        link = _open(request, token)
        if not _proved(request, link):
            return _ask_birth_year(request, link, token, BirthYearForm())
        return _guarded(calendar_answer(calendar_files.file_behind(link, now=clock.now())))
    except Problem as problem:
        return _refused(request, problem)


@require_POST
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """One tap is one answer; the page it leads to shows the emergency lines when it was alarming."""
    try:
        link = _open(request, token)
        if not _proved(request, link):
            return _ask_birth_year(request, link, token, BirthYearForm())
        _record(link, request)
    except Problem as problem:
        return _refused(request, problem)
    return _back(token)


def _answer_offer(request: HttpRequest, token: str, work: Callable[..., object]) -> HttpResponse:
    try:
        link = _open(request, token)
        if not _proved(request, link):
            return _ask_birth_year(request, link, token, BirthYearForm())
        work(link=link, now=clock.now())
    except Problem as problem:
        # What became of it stands on the offer's own page.
        if problem.code not in ("offer_over", "offer_changed"):
            return _refused(request, problem)
    return _back(token)


def _record(link: PatientLink, request: HttpRequest) -> None:
    form = AnswerForm(request.POST)
    if not form.is_valid():
        raise Invalid({"value": "Please go back and choose one of the answers."})
    check_in, given = links.check_in_of(link), form.cleaned_data
    create_once(
        actor=None,
        noun="check_in_answer",
        id=given["id"],
        body={"question": given["question"], "value": given["value"], "check_in": check_in.pk},
        make=lambda: check_ins.answer(
            id=given["id"],
            check_in=check_in,
            question=given["question"],
            value=given["value"],
            now=clock.now(),
        ),
        find=lambda: CheckInAnswer.objects.get(pk=given["id"]),
    )


def _show(request: HttpRequest, link: PatientLink, token: str) -> HttpResponse:
    if link.purpose == LinkPurpose.CHECK_IN:
        return _show_question(request, link, token)
    if link.purpose == LinkPurpose.OFFER:
        return _show_offer(request, link, token)
    visit = link.message.visit
    context = {
        "visit": visit,
        "moved": visit.starts_at != link.message.visit_starts_at,
        "protocol": visit.protocol,
    }
    return _page(request, link, token, "web/patient/visit.html", context)


def _show_offer(request: HttpRequest, link: PatientLink, token: str) -> HttpResponse:
    """The time that is held, or what became of it."""
    offer, now = links.offer_of(link), clock.now()
    booked, zone = offer.entry.appointment or offer.appointment, link.message.clinic.time_zone
    context = {
        "offer": offer,
        "instead_of": offer.entry.appointment,
        "open": waiting.stands(offer, now),
        "until_today": clock.local_date(offer.expires_at, zone) == clock.local_date(now, zone),
        "changed_since": not booked.live or booked.starts_at != offer.starts_at,
    }
    return _page(request, link, token, "web/patient/offer.html", context)


def _show_question(request: HttpRequest, link: PatientLink, token: str) -> HttpResponse:
    """The first question without an answer, or the one that `?question=` goes back to."""
    check_in = links.check_in_of(link)
    given = check_ins.newest_answers(check_in)
    questions = question_sets.QUESTION_SETS[check_in.kind]
    again = question_sets.question_of(check_in.kind, request.GET.get("question", ""))
    question = again or check_ins.next_question(check_in, given)
    place = questions.index(question) if question else len(questions)
    context = {
        "check_in": check_in,
        "question": question,
        "chosen": given[question.code].value if question and question.code in given else "",
        "number": place + 1,
        "total": len(questions),
        "before": questions[place - 1] if place else None,
        "new_id": uuid4(),
        "emergency_lines": grading.EMERGENCY_LINES if check_in.level == grading.RED else (),
    }
    return _page(request, link, token, "web/patient/question.html", context)


def _ask_birth_year(request: HttpRequest, link: PatientLink, token: str, form: BirthYearForm) -> HttpResponse:
    """Ask for the second factor; an answer that was already tapped is carried in the form."""
    carried = {name: request.POST[name] for name in ("id", "question", "value") if name in request.POST}
    context = {"form": form, "carried": carried}
    return _page(request, link, token, "web/patient/birth_year.html", context, status=form.status)


def _page(
    request: HttpRequest,
    link: PatientLink,
    token: str,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page in the clinic's time, with what every one of them needs."""
    clinic = link.message.clinic
    shared = {"clinic": clinic, "sender_name": clinic.sender_name, "token": token}
    with timezone.override(clinic.time_zone):
        return _guarded(render(request, template, {**shared, **context}, status=status))


def _refused(request: HttpRequest, problem: Problem) -> HttpResponse:
    response = render(request, "web/patient/refused.html", {"problem": problem}, status=problem.status)
    return _guarded(response)


def _guarded(response: HttpResponse) -> HttpResponse:
    """Never kept, never indexed. The referrer goes to no other site; a stricter policy than `same-origin`
    would make browsers send `Origin: null`, and every form here would be refused as forged."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    return response


def _open(request: HttpRequest, token: str) -> PatientLink:
    """The link, or its problem; somebody who tries one token after the other is slowed down."""
    with slow_down_guessing(request):
        return links.open_link(token=token, now=clock.now())


def _back(token: str) -> HttpResponse:
    return _guarded(redirect("patient_link", token))


def _key(link: PatientLink) -> str:
    return f"patient_link:{link.pk}"


def _proved(request: HttpRequest, link: PatientLink) -> bool:
    return request.session.get(_key(link)) is True
