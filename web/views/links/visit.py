"""The first page of a link, a visit with its preparation, and the time that an offer holds."""

from collections.abc import Callable
from functools import partial

from django import forms
from django.http import HttpResponse

from clinic import clock
from clinic.problems import Problem
from notifications.answering import links, things
from notifications.answering.things import Things, ToldVisit
from notifications.delivering import calendar_files
from notifications.models import LinkPurpose
from scheduler.finding.fasting import NOT_ASKED
from scheduler.models import AppointmentStatus, WaitlistOffer
from scheduler.waitlist import waiting
from web.files import calendar_answer
from web.forms import ChangeForm
from web.views.links.diary import show_diary
from web.views.links.fasting import fasting_lines, over_already
from web.views.links.frame import Opened, behind_link
from web.views.links.proof import ask_birth_year
from web.views.links.questions import CONFIRMED, lacks_a_ride, next_to_answer, show_questions, titles
from web.views.links.times import show_times


class ConfirmForm(forms.Form):
    """Of several visits which: one, or all; without either the one that the page begins with."""

    visit = forms.UUIDField(required=False)
    all = forms.BooleanField(required=False)


class OfferForm(ChangeForm):
    start = forms.DateTimeField()  # as the page showed it
    fasted = forms.BooleanField(required=False)


@behind_link("GET", before_proof=ask_birth_year)
def patient_link(opened: Opened) -> HttpResponse:
    """What the link is about first of all; everything else that it offers is one press away."""
    if opened.link.purpose == LinkPurpose.TIMES:
        return show_times(opened)
    offered = things.of_link(opened.link, opened.now)
    if opened.link.purpose == LinkPurpose.OFFER and offered.offer:
        return _show_offer(opened, offered.offer)
    if offered.visit is None and offered.check_ins:
        return show_questions(opened, offered, next_to_answer(offered.check_ins))
    if offered.visit is None and offered.diary:
        return show_diary(opened)
    return _show_visit(opened, offered)


@behind_link("POST", before_proof=ask_birth_year)
def confirm(opened: Opened) -> HttpResponse:
    """The patient is coming, and goes on to what has to be known before."""
    form = ConfirmForm(opened.request.POST)
    if not form.is_valid():
        return opened.back()  # names no visit: none is confirmed in its place
    if form.cleaned_data["all"]:
        links.confirm_all(link=opened.link, now=opened.now)
    else:
        which = form.cleaned_data["visit"]
        links.confirm_visit(link=opened.link, visit=which, now=opened.now)
        if which is not None:
            return opened.back()
    offered = things.of_link(opened.link, opened.now)
    return (
        opened.back("patient_link_ready", query=f"after={CONFIRMED}")
        if offered.open_questions
        else opened.back()
    )


@behind_link("POST", before_proof=ask_birth_year)
def accept_offer(opened: Opened) -> HttpResponse:
    """The patient takes the time that the page showed; too late or changed since, the page says so."""
    form = OfferForm(opened.request.POST)
    shown = form.cleaned_data["start"] if form.is_valid() else None
    fasted = form.cleaned_data.get("fasted", False)
    return _answer_offer(opened, partial(links.accept_offer, shown=shown, fasted=fasted))


@behind_link("POST", before_proof=ask_birth_year)
def decline_offer(opened: Opened) -> HttpResponse:
    return _answer_offer(opened, links.decline_offer)


@behind_link("GET", before_proof=ask_birth_year)
def calendar_file(opened: Opened) -> HttpResponse:
    """The visits for the patient's own calendar, as they stand now."""
    visits = [told.visit for told in things.of_link(opened.link, opened.now).told]
    return calendar_answer(calendar_files.file_behind(opened.link, visits, now=opened.now))


def _answer_offer(opened: Opened, work: Callable[..., object]) -> HttpResponse:
    try:
        work(link=opened.link, now=opened.now)
    except Problem as problem:
        if problem.code == NOT_ASKED:
            return _show_offer(opened, links.offer_of(opened.link, opened.now), not_said=True)
        # What became of it stands on the offer's own page.
        if problem.code not in ("offer_over", "offer_changed"):
            raise
    return opened.back()


def _show_visit(opened: Opened, offered: Things) -> HttpResponse:
    visit, say = offered.visit, opened.say
    count = len(offered.open_questions)
    context = {
        "visit": visit,
        "missed": visit is not None and visit.status == AppointmentStatus.NOSHOW,
        "moved": offered.moved,
        "fasting": fasting_lines(opened, visit) if visit else [],
        "asks": offered.asks_readiness,
        "open_questions": count,
        "questions_line": say["one_question"] if count == 1 else say["few_questions"].format(count=count),
        "no_ride_yet": lacks_a_ride(offered),
        "check_ins": titles(offered.check_ins, opened.language),
        "diary": offered.diary,
        "others": [(told.visit, _state(told, opened), told in offered.to_confirm) for told in offered.others],
        "to_confirm": len(offered.to_confirm),
    }
    return opened.page("web/patient/visit.html", context)


def _state(told: ToldVisit, opened: Opened) -> str:
    """What has become of one of several visits, in a few words; empty while it waits for an answer."""
    visit, say = told.visit, opened.say
    if visit.status == AppointmentStatus.NOSHOW:
        return say["one_missed"]
    if not visit.live:
        return say["one_cancelled"]
    if told.moved:
        return say["one_moved"]
    if not told.is_to_come(opened.now):
        return say["one_over"]
    return say["one_confirmed"] if told.confirmed else ""


def _show_offer(opened: Opened, offer: WaitlistOffer, *, not_said: bool = False) -> HttpResponse:
    """The time that is held, or what became of it. `not_said`: it was taken without a word about fasting."""
    booked, zone = offer.entry.appointment or offer.appointment, opened.link.message.clinic.time_zone
    context = {
        "offer": offer,
        "instead_of": offer.entry.appointment,
        "open": waiting.stands(offer, opened.now),
        "not_said": not_said,
        "to_ask": over_already(opened, offer),
        "fasting": fasting_lines(opened, offer.appointment),
        "until_today": clock.local_date(offer.expires_at, zone) == clock.local_date(opened.now, zone),
        "changed_since": not booked.live or booked.starts_at != offer.starts_at,
    }
    return opened.page("web/patient/offer.html", context, status=400 if not_said else 200)
