"""`{% csrf_token %}`, which every form has: on a page of staff it also says in which clinic that was opened.

Two windows of one browser share a sign-in, and so the clinic that is open. What the door does with a form of
another clinic is decided in `web.doors`.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from web.doors import OPENED_IN

register = template.Library()


class FormOfAClinicNode(CsrfTokenNode):
    def render(self, context: Context) -> str:
        token = super().render(context)
        clinic = getattr(getattr(context, "request", None), "clinic", None)
        if clinic is None:  # of whoever is signed in, or of a patient's link
            return token
        return format_html('{}<input type="hidden" name="{}" value="{}">', token, OPENED_IN, clinic.pk)


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormOfAClinicNode:
    """Takes the place of Django's own tag (`builtins` in the settings), so that no form can forget it."""
    return FormOfAClinicNode()
