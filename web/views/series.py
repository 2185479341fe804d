"""The front desk's pages for a series: propose and book it; see where its spacing is broken and mend it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4, uuid5

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from clinic import access, clock, era
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from scheduler.access import BOOK
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, ResourceKind, Series, TreatmentPlan
from scheduler.series import proposing, respacing
from scheduler.series.proposing import Offer, Proposed
from scheduler.series.relaxing import Relaxation
from scheduler.series.respacing import Accepted, Shift
from scheduler.series.review import review
from scheduler.series.words import Traits, set_apart
from scheduler.visits.booking import Wanted
from scheduler.vocabulary import WEEKDAYS
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DayField, WallTimeField, WholeNumberField
from web.months import Month, months_of
from web.views.booking.place import plan_of, resource_of
from web.views.booking.times import ByNameField, working

NOBODY: Final = "-"
WISHED: Final = ("weekdays", "earliest", "latest", "nurse", "chair", "only")


class WishForm(ChangeForm):
    """What to propose. Left empty: all sessions that are left, from today on, whenever the clinic can."""

    count = WholeNumberField(
        label="Sessions",
        min_value=1,
        max_value=proposing.MOST_SESSIONS,
        required=False,
        error_messages={"max_value": proposing.TOO_MANY},
    )
    first = DayField(label="First day", required=False)
    last = DayField(label="Last day", required=False)
    earliest = WallTimeField(label="Not before", required=False)
    latest = WallTimeField(label="Home by", required=False)
    nurse = ByNameField(Resource.objects.none(), label="Nurse", required=False, empty_label="Any nurse")
    chair = ByNameField(Resource.objects.none(), label="Chair", required=False, empty_label="Any chair")
    weekdays = forms.TypedMultipleChoiceField(
        label="Weekdays",
        coerce=int,
        choices=[(number, name[:3]) for number, name in enumerate(WEEKDAYS)],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    only = forms.BooleanField(label="Nothing else will do", required=False)

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in (ResourceKind.NURSE, ResourceKind.CHAIR):
            self.fields[kind].queryset = working(clinic, kind)  # type: ignore[attr-defined]

    @property
    def narrow(self) -> list[forms.BoundField]:
        """The fields that fit beside each other."""
        return [field for field in self if field.name not in ("weekdays", "only")]

    @property
    def wish(self) -> Wish:
        chosen = self.cleaned_data
        return Wish(
            weekdays=tuple(chosen["weekdays"]),
            earliest=chosen["earliest"],
            latest=chosen["latest"],
            nurse=chosen["nurse"].pk if chosen["nurse"] else None,
            chair=chosen["chair"].pk if chosen["chair"] else None,
            only=chosen["only"],
        )


class LinesField(forms.Field):
    """Hidden lines of ids, moments and dashes for nobody, as a proposal carries them along."""

    widget = forms.MultipleHiddenInput

    def __init__(self, *kinds: type[UUID] | type[datetime], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kinds = kinds

    def to_python(self, lines: Any) -> list[list[Any]]:
        try:
            return [
                [_read(kind, word) for kind, word in zip(self.kinds, line.split(), strict=True)]
                for line in lines or ()
            ]
        except ValueError:
            raise forms.ValidationError("Open this page afresh.", code="invalid") from None


def _read(kind: type[UUID] | type[datetime], word: str) -> UUID | datetime | None:
    if kind is not UUID:
        return era.moment(word)
    return None if word == NOBODY else UUID(word)


def at_most(most: int, lines: list[list[Any]], mend: str) -> list[list[Any]]:
    """These lines. Raises ValidationError for more of them than are carried out at once."""
    if len(lines) > most:
        raise forms.ValidationError(mend)
    return lines


class BookSeriesForm(ClinicForm):
    """A proposal: the start of each session, who serves all of it, the chair that was wished for."""

    sessions = LinesField(datetime, UUID, UUID)

    def clean_sessions(self) -> list[list[Any]]:
        return at_most(proposing.MOST_SESSIONS, self.cleaned_data["sessions"], proposing.TOO_MANY)


class RespaceForm(ChangeForm):
    """A proposal: each visit that moves, where it was, where it goes, the nurse it keeps."""

    moves = LinesField(UUID, datetime, datetime, UUID)

    def clean_moves(self) -> list[list[Any]]:
        return at_most(proposing.MOST_SESSIONS, self.cleaned_data["moves"], respacing.TOO_MANY)


@dataclass(frozen=True)
class Shown:
    """An offer as the page shows it: what is sent to book it, its months, and what sets it apart."""

    offer: Offer
    form: BookSeriesForm
    months: list[Month]
    apart: list[str]


# --- Proposing and booking ----------------------------------------------------------------------------


@staff_page(BOOK)
def book_series(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Up to three series for what is wished for in the address; sent, one of them is booked."""
    plan = plan_of(request, pk)
    wished = WishForm(request.clinic, request.GET)
    refusal = ""
    if request.method == "POST":
        form = BookSeriesForm(request.POST)
        if not form.is_valid():
            _tell(request, form)
            return redirect("book_series", pk=plan.pk)
        try:
            booked = _book(request, plan, form, wished.wish if wished.is_valid() else Wish())
        except Conflict as problem:
            refusal = problem.detail
        else:
            count = booked.appointments.count()
            messages.success(request, f"{count} visit{'s are' if count > 1 else ' is'} booked.")
            return redirect("plan", pk=plan.pk)
    proposed = _propose(request, plan, wished)
    context = {
        "plan": plan,
        "review": review(plan=plan, now=clock.now()),
        "form": wished,
        "asked": request.GET.urlencode(),
        "refusal": refusal,
        "proposed": proposed,
        "offers": _shown(proposed, wished=bool(wished.wish)) if proposed else [],
        "relaxations": _relaxations(proposed, request.GET) if proposed else [],
    }
    status = 409 if refusal else wished.status
    return render(request, "web/series/propose.html", context, status=status)


def _propose(request: StaffRequest, plan: TreatmentPlan, wished: WishForm) -> Proposed | None:
    """What could be booked; nothing when the form has to be mended first, which then says so."""
    if not wished.is_valid():
        return None
    chosen = wished.cleaned_data
    try:
        return proposing.propose(
            plan=plan,
            count=chosen["count"],
            first=chosen["first"],
            last=chosen["last"],
            wish=wished.wish,
            now=clock.now(),
        )
    except (Conflict, Invalid) as problem:
        wished.add_problem(problem)
        return None


def _shown(proposed: Proposed, *, wished: bool) -> list[Shown]:
    apart = set_apart([_traits(offer, wished=wished) for offer in proposed.offers])
    return [
        Shown(
            offer,
            _form_of(offer),
            months_of([timezone.localtime(session.start).date() for session in offer.sessions]),
            said,
        )
        for offer, said in zip(proposed.offers, apart, strict=True)
    ]


def _traits(offer: Offer, *, wished: bool) -> Traits:
    nurses = {turn.name for session in offer.sessions for turn in session.nurses}
    first, last = (timezone.localtime(offer.sessions[at].start).date() for at in (0, -1))
    off_wish = offer.cost.misfit + offer.cost.other_nurse if wished else None
    return Traits(first, last, next(iter(nurses)) if len(nurses) == 1 else "", off_wish)


def _form_of(offer: Offer) -> BookSeriesForm:
    lines = [
        f"{one.start.isoformat()} {one.book['nurse'] or NOBODY} {one.book['chair'] or NOBODY}"
        for one in offer.sessions
    ]
    return BookSeriesForm(initial={"id": uuid4(), "sessions": lines}, auto_id=False)


def _book(request: StaffRequest, plan: TreatmentPlan, form: BookSeriesForm, wish: Wish) -> Series:
    id, sessions = form.cleaned_data["id"], form.cleaned_data["sessions"]
    # The visits' ids come from the series', so that the same form makes the same visits.
    wanted = [
        Wanted(uuid5(id, str(number)), start, resource_of(request, chair), resource_of(request, nurse))
        for number, (start, nurse, chair) in enumerate(sessions)
    ]
    booked, _ = create_once(
        actor=request.actor,
        noun="series",
        id=id,
        body={"plan": plan.pk, "sessions": request.POST.getlist("sessions"), "wish": wish.as_data()},
        make=lambda: proposing.book(
            actor=request.actor, id=id, plan=plan, sessions=wanted, wish=wish, now=clock.now()
        ),
        find=lambda: Series.objects.get(pk=id),
    )
    return booked


def _relaxations(proposed: Proposed, asked: QueryDict) -> list[tuple[Relaxation, str]]:
    """Each thing that would make it possible, with the address that asks for it. Spacing has none: it is not
    the desk's to change."""
    if proposed.impossible is None:
        return []
    return [
        (relaxation, "" if "spacing" in relaxation.ask else _address(asked, relaxation.ask))
        for relaxation in proposed.impossible.relaxations
    ]


def _address(asked: QueryDict, ask: dict[str, Any]) -> str:
    """The query that was asked with these members of `series.propose` in place of its own."""
    query = dict(asked.lists())
    for name, value in ask.items():
        if name == "wish":
            query |= {wish: _as_sent(value[wish]) for wish in WISHED}
        else:
            query[name] = _as_sent(value)
    return urlencode({name: values for name, values in query.items() if values}, doseq=True)


def _as_sent(value: Any) -> list[str]:
    if isinstance(value, list):
        return [str(one) for one in value]
    if isinstance(value, bool):
        return ["on"] if value else []
    return [] if value is None else [str(value)]


# --- Broken spacing -----------------------------------------------------------------------------------


@staff_page(BOOK)
def respace_series(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The plan's visits with their gaps, and the smallest change that mends them; sent, it is carried out."""
    plan = plan_of(request, pk)
    refusal, status = "", 200
    if request.method == "POST":
        form = RespaceForm(request.POST)
        if not form.is_valid():
            _tell(request, form)
            return redirect("respace_series", pk=plan.pk)
        moves = [
            Accepted(visit, before, start, resource_of(request, nurse))
            for visit, before, start, nurse in form.cleaned_data["moves"]
        ]
        try:
            after = respacing.accept(actor=request.actor, plan=plan, moves=moves, now=clock.now())
        except Conflict as problem:
            refusal, status = problem.detail, problem.status
        else:
            many = sum(before != start for _, before, start, _ in form.cleaned_data["moves"])
            moved = f"{many} visit{' is' if many == 1 else 's are'} moved."
            if after.sessions_left:
                missing = "missing session" if after.sessions_left == 1 else f"{after.sessions_left} left"
                link = reverse("book_series", args=[plan.pk])
                moved = format_html('{} <a href="{}">Book the {}</a>', moved, link, missing)
            messages.success(request, moved)
            return redirect("plan", pk=plan.pk)
    else:
        access.log_look(request.actor, plan.patient, what="series")
    found = respacing.respace(plan=plan, now=clock.now())
    moving = {shift.reviewed.appointment.pk: shift for shift in found.shifts}
    context = {
        "plan": plan,
        "review": found.review,
        "impossible": found.impossible,
        "moves": found.shifts,
        "rows": [(visit, moving.get(visit.appointment.pk)) for visit in found.review.visits],
        "form": RespaceForm(initial={"moves": _lines(found.shifts)}, auto_id=False),
        "refusal": refusal,
    }
    return render(request, "web/series/respace.html", context, status=status)


def _lines(shifts: Sequence[Shift]) -> list[str]:
    return [
        f"{visit.pk} {visit.starts_at.isoformat()} {shift.start.isoformat()}"
        f" {shift.nurse.pk if shift.nurse else NOBODY}"
        for shift in shifts
        for visit in [shift.reviewed.appointment]
    ]


# --- What these views share ---------------------------------------------------------------------------


def _tell(request: StaffRequest, form: forms.Form) -> None:
    """What is wrong with a proposal that no page of ours sends: it can't be mended where it stands."""
    for errors in form.errors.values():
        messages.error(request, " ".join(str(error) for error in errors))
