"""The protocols' pages: every version and its state, one version in plain tables, the next one drafted, a
draft signed, a version retired.
"""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock, signin
from clinic.idempotency import create_once
from clinic.problems import Missing, Problem
from clinic.signin import Proof
from scheduler.access import (
    ACTIVATE_PROTOCOL,
    ADOPT_PROTOCOLS,
    DRAFT_PROTOCOL,
    RETIRE_PROTOCOL,
    VIEW_PLANS,
    VIEW_PROTOCOLS,
)
from scheduler.models import Protocol, ProtocolStatus
from scheduler.prescribing import taking_over
from scheduler.prescribing.reach import as_signed
from scheduler.protocols import protocols
from scheduler.protocols.limit_content import LEVELS
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm
from web.views import live_form
from web.views.protocols import told, words
from web.views.protocols.form import DraftForm
from web.views.protocols.looser import looser_sentences, place_words
from web.views.sessions.form import code_field, password_field

MOST_PLANS = 50  # whose plans a page names
NEW_VERSION: Final = "web/protocols/new_version.html"
TOUCHES: Final = "web/protocols/touches.html"


class SignForm(ChangeForm):
    """The password again, and the code of who has a second factor: it makes this the person's signature."""

    password = password_field()
    code = code_field()

    def __init__(self, request: StaffRequest, data: Any = None) -> None:
        super().__init__(data)
        if not signin.has_second_factor(request.actor):
            del self.fields["code"]

    @property
    def proof(self) -> Proof:
        return Proof(self.cleaned_data["password"], self.cleaned_data.get("code", ""))

    def add_problem(self, problem: Problem) -> None:
        """What can't be meant in the draft stands in none of this form's boxes: it is told with its place."""
        self.refused_with = problem.status
        for error in problem.data.get("errors") or [{"field": "", "detail": problem.detail}]:
            if error["field"] in self.fields or not error["field"]:
                self.add_error(error["field"] or None, error["detail"])
            else:
                mend = "Draft a new version and mend it there."
                self.add_error(None, f"{place_words(error['field'])}: {error['detail']} {mend}")


class RetireForm(ChangeForm):
    reason = forms.CharField(label="Reason", max_length=1000)


@staff_page(VIEW_PROTOCOLS, methods=["GET"])
def protocol_list(request: StaffRequest) -> HttpResponse:
    """Every version of every protocol of the clinic."""
    context = {
        "versions": protocols.versions_of(request.clinic),
        "may_adopt": _may(request, ADOPT_PROTOCOLS) and protocols.missing_defaults(request.clinic),
    }
    return render(request, "web/protocols/list.html", context)


@staff_page(ADOPT_PROTOCOLS, methods=["POST"])
def adopt_defaults(request: StaffRequest) -> HttpResponse:
    """Drafts of the defaults that the clinic doesn't have yet."""
    protocols.adopt_defaults(clinic=request.clinic)
    messages.success(request, "The default protocols are here as drafts. A prescriber reads and signs each.")
    return redirect("protocols")


@staff_page(VIEW_PROTOCOLS, methods=["GET"])
def protocol(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One version, whole."""
    return _show(request, _fetch(request, pk, VIEW_PROTOCOLS))


@staff_page(VIEW_PROTOCOLS, methods=["GET"])
def compare_protocols(request: StaffRequest, pk: UUID, than: UUID) -> HttpResponse:
    """One version beside another of the same protocol."""
    found, other = (_fetch(request, key, VIEW_PROTOCOLS) for key in (pk, than))
    if found.code != other.code:
        raise Missing(f"Version {other.version} of {other.code} is no version of {found.code}.")
    context = {
        "protocol": found,
        "than": other,
        "changes": words.changes(other, found),
        "was_label": f"Version {other.version}",
        "becomes_label": f"Version {found.version}",
        "same_as": f"version {other.version}",
        "looser": list(looser_sentences(found, other)),
        "planned": told.planned(other, found, name=f"Version {found.version}"),
    }
    return render(request, "web/protocols/compare.html", context)


@staff_page(DRAFT_PROTOCOL)
def new_version(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The next version as a draft, filled with what this one says."""
    after = _fetch(request, pk, DRAFT_PROTOCOL)
    form = DraftForm(after, request.POST or None)
    context: dict[str, Any] = {"after": after, "before_label": f"Version {after.version}"}
    if live_form.is_check(request):
        if form.is_valid():
            becomes = as_signed(after, form.content)
            context["touched"] = told.touched(after, becomes, now=clock.now())
    elif request.method == "POST" and form.is_valid():
        id = form.cleaned_data["id"]
        try:
            draft, _ = create_once(
                actor=request.actor,
                noun="protocol",
                id=id,
                body={"after": after.pk, **{name: request.POST.getlist(name) for name in form.fields}},
                make=lambda: protocols.draft_version(
                    actor=request.actor, id=id, after=after, changes=form.content
                ),
                find=lambda: Protocol.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The draft is kept. It is in force once a prescriber signs it.")
            return redirect("protocol", pk=draft.pk)
    else:
        context["planned"] = told.planned(after, after)
    context["stands"] = "" if live_form.is_typing(request) else _stands(after)
    return live_form.answer(request, form, NEW_VERSION, TOUCHES, context, status=form.status)


@staff_page(ACTIVATE_PROTOCOL, methods=["POST"])
def sign_protocol(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A prescriber puts a draft in force."""
    draft = _fetch(request, pk, ACTIVATE_PROTOCOL)
    form = SignForm(request, request.POST)
    if form.is_valid():
        try:
            signed = protocols.activate(
                actor=request.actor, protocol=draft, proof=form.proof, now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"Version {signed.version} of {signed.code} is in force.")
            return redirect("protocol", pk=pk)
    return _show(request, draft, sign_form=form)


@staff_page(RETIRE_PROTOCOL, methods=["POST"])
def retire_protocol(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A version goes out of force, or a draft is thrown away, with the prescriber's reason."""
    found = _fetch(request, pk, RETIRE_PROTOCOL)
    form = RetireForm(request.POST)
    if form.is_valid():
        protocols.retire(actor=request.actor, protocol=found, reason=form.cleaned_data["reason"])
        messages.success(request, f"Version {found.version} of {found.code} is retired.")
        return redirect("protocol", pk=pk)
    return _show(request, found, retire_form=form)


def _fetch(request: StaffRequest, pk: UUID, permission: access.Permission) -> Protocol:
    of_clinic = Protocol.objects.filter(clinic=request.clinic).select_related("clinic", "approved_by")
    return access.fetch(request.actor, of_clinic, permission, pk=pk)


def _may(request: StaffRequest, permission: access.Permission) -> bool:
    return request.actor.may(permission, request.clinic.pk)


def _show(
    request: StaffRequest,
    found: Protocol,
    *,
    retire_form: RetireForm | None = None,
    sign_form: SignForm | None = None,
) -> HttpResponse:
    draft, retired = found.status == ProtocolStatus.DRAFT, found.status == ProtocolStatus.RETIRED
    successor = _in_force(found) if draft or retired else None
    in_force = successor if draft else None
    plans = list(protocols.standing_plans(found)[: MOST_PLANS + 1]) if _may(request, VIEW_PLANS) else []
    context: dict[str, Any] = {
        "protocol": found,
        "others": Protocol.objects.filter(clinic=request.clinic, code=found.code)
        .exclude(pk=found.pk)
        .order_by("-version"),
        "sections": words.sections(found),
        "levels": [words.LEVEL_WORDS[level] for level in LEVELS],
        "limits": words.limits(found),
        "rings": words.rings(found),
        "own_rings": len(found.rings),
        "stands": _stands(found),
        "plans": plans[:MOST_PLANS],
        "more_plans": len(plans) > MOST_PLANS,
        "successor": successor,
        "left_behind": taking_over.left_behind(found) if found.status == ProtocolStatus.ACTIVE else [],
        "in_force": in_force,
        "in_force_stands": _stands(in_force) if in_force else "",
        "changes": words.changes(in_force, found) if in_force else [],
        "touched": told.touched(in_force, as_signed(found), now=clock.now()) if in_force else None,
        "planned": told.planned(in_force or found, found),
        "looser": list(looser_sentences(found, in_force)) if draft else [],
        "why_retired": protocols.why_retired(found) if retired else "",
        "may_draft": _may(request, DRAFT_PROTOCOL),
        "sign_form": _sign_form(request, sign_form) if draft else sign_form,
        "retire_form": (retire_form or RetireForm())
        if not retired and _may(request, RETIRE_PROTOCOL)
        else None,
    }
    sent = retire_form or sign_form
    status = sent.status if sent else 200
    return render(request, "web/protocols/version.html", context, status=status)


def _sign_form(request: StaffRequest, sent: SignForm | None) -> SignForm | None:
    return sent or (SignForm(request) if _may(request, ACTIVATE_PROTOCOL) else None)


def _stands(protocol: Protocol) -> str:
    return words.in_use_words(protocols.in_use(protocol, now=clock.now()))


def _in_force(version: Protocol) -> Protocol | None:
    """The version whose place a draft would take, and to which the plans of a retired one are taken over."""
    versions = Protocol.objects.filter(clinic_id=version.clinic_id, code=version.code)
    return versions.filter(status=ProtocolStatus.ACTIVE).first()
