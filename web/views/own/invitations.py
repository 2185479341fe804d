"""The invitations to whoever is signed in, each to be accepted or refused: nobody else can do either."""

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.models import Role
from clinic.staff import invitations as links
from clinic.staff import joining, queries
from web.doors import WANTED, StaffRequest, choose_clinic, own_page
from web.views.staff import role_words

# Set once they have been looked at: the way in leads here no more in this session.
SEEN: Final = "invitations_seen"


@own_page(methods=["GET"])
def invitations(request: StaffRequest) -> HttpResponse:
    request.session[SEEN] = True
    user_id, key = request.actor.user_id, request.GET.get("key", "")
    shown_by = links.clinics_shown_a_link(user_id)
    context = {
        "invitations": [
            {
                "member": member,
                "roles": [(role.label, role_words.MAY[role]) for role in queries.offered_to(member)],
                "shown": " ".join(member.offered),
                "link_needed": links.link_needed(member, shown_by),
                "key": key if links.has_key(member, key) else "",
                "adds_credentials": joining.adds_credentials(request.user, member),  # type: ignore[arg-type]
            }
            for member in queries.invitations_of(user_id, now=clock.now())
        ],
        "works_in": queries.works_in(user_id),
    }
    return render(request, "web/own/invitations.html", context)


@own_page(methods=["POST"])
def accept(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Of the roles that the page showed; then to that clinic's pages."""
    mine = queries.invitation_of(request.actor.user_id, pk)
    shown = {Role(role) for role in request.POST.get("roles", "").split() if role in Role.values}
    key = request.POST.get("key", "")
    joined = joining.accept(actor=request.actor, member=mine, roles=shown, key=key, now=clock.now())
    messages.success(request, f"You work with {joined.clinic.name} from this moment.")
    request.actor = access.actor_of(request.user)  # type: ignore[arg-type]  # with the roles of this moment
    request.session.pop(WANTED, None)
    return choose_clinic(request, joined.clinic_id)


@own_page(methods=["POST"])
def refuse(request: StaffRequest, pk: UUID) -> HttpResponse:
    mine = queries.invitation_of(request.actor.user_id, pk)
    refused = joining.refuse(actor=request.actor, member=mine, now=clock.now())
    messages.success(request, f"You have refused. {refused.clinic.name} sees that you did.")
    return redirect("own_invitations")
