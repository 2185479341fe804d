"""What each role may do, in plain words for whoever gives it. The rule stands in each floor's `access`."""

from collections.abc import Collection
from typing import Final

from django.utils.html import format_html
from django.utils.safestring import SafeString

from clinic.models import Role

MAY: Final = {
    Role.FRONT_DESK: "Registers patients; books, moves and cancels visits; runs the waitlist and repairs a"
    " day that breaks. Reads no session's record.",
    Role.NURSE: "Runs sessions from the checklist to the signature, answers alerts and worrying check-ins."
    " Books and moves visits too.",
    Role.PRESCRIBER: "Writes plans and signs protocols, decides what may override a block, and does at the"
    " chair whatever a nurse does. Needs credentials, such as MD or NP.",
    Role.MANAGER: "Staff, chairs, hours, message rules and reports. Books as the desk does and reads records,"
    " but records nothing at the chair.",
}


def choices(roles: Collection[Role] = tuple(Role)) -> list[tuple[str, SafeString]]:
    """Each role with what it may do under its name, to be ticked."""
    return [
        (
            role.value,
            format_html(
                '<span class="role-choice"><strong>{}</strong><span>{}</span></span>', role.label, MAY[role]
            ),
        )
        for role in Role
        if role in roles
    ]
