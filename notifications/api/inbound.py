"""The door at which the provider hands over patients' texts: signed calls, answered with nothing to say.

What a text does is `talking.inbound`'s; what is said back goes the way of every message. Reports about what
we sent come in at another door.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent
from django.http import HttpResponse, QueryDict
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.parsers import FormParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from clinic import clock
from clinic.callers import address_of
from clinic.problems import Forbidden, Problem
from clinic.rates import at_most
from notifications.channels.twilio import Account, signed
from notifications.talking import inbound

NOTHING_TO_SAY: Final = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
SIGNATURE: Final = "X-Twilio-Signature"
# Ten segments with every letter spelled as %XX%XX, and all that the provider tells about the two numbers.
MOST_BYTES: Final = 50_000
# Of `InboundMessage.provider_reference`; a provider's id is far shorter.
LONGEST_REFERENCE: Final = 160
# From one address, of those who try signatures; calls of the provider are never held up.
UNSIGNED_PER_MINUTE: Final = 30
PICTURE: Final = "[With {count} pictures or files, which are not kept.]"


class InboundTextSerializer(serializers.Serializer[Any]):
    """What is read of the provider's form; it sends more, which is left. Only what tells whose text it is has
    to be there: what stands beside the words is no reason to lose them."""

    MessageSid = serializers.CharField(allow_blank=True, help_text="The provider's own id of the text.")
    From = serializers.CharField()
    To = serializers.CharField()
    Body = serializers.CharField(allow_blank=True, trim_whitespace=False, default="")
    NumMedia = serializers.CharField(allow_blank=True, default="")


class InboundTextsView(APIView):
    """Takes a patient's text from the provider (Twilio's webhook for incoming messages)."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    parser_classes = (FormParser,)
    throttle_classes = ()
    counts_inside = True  # calls that nobody signed

    @extend_schema(
        operation_id="inbound_texts_take",
        request={"application/x-www-form-urlencoded": InboundTextSerializer},
        parameters=[
            OpenApiParameter(SIGNATURE, str, OpenApiParameter.HEADER, required=True, description="HMAC-SHA1.")
        ],
        responses={(200, "text/xml"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> HttpResponse:
        """The same text handed over again is taken once."""
        _require_small(request)
        signed_fields = self._signed_fields(request)
        # The database holds no NUL, and a text is not lost for the sake of one.
        fields = {name: value.replace("\x00", "") for name, value in signed_fields.items()}
        serializer = InboundTextSerializer(data=fields)
        serializer.is_valid(raise_exception=True)
        text, now = serializer.validated_data, clock.now()
        pictures = PICTURE.format(count=text["NumMedia"]) if _is_a_count(text["NumMedia"]) else ""
        inbound.take(
            provider="twilio",
            reference=_reference_of(text["MessageSid"], fields),
            sender=text["From"],
            recipient=text["To"],
            body=" ".join(part for part in (text["Body"], pictures) if part),
            received_at=now,
            now=now,
        )
        return HttpResponse(NOTHING_TO_SAY, content_type="text/xml")

    def _signed_fields(self, request: Request) -> dict[str, str]:
        """Raises `Forbidden` for a call that isn't our provider's, and 429 to whoever makes many of them."""
        url = settings.PUBLIC_URL + request.get_full_path()
        fields = _form_of(request)
        signature = request.headers.get(SIGNATURE, "")
        if settings.SMS and signed(Account(**settings.SMS), url, fields, signature):
            return fields
        at_most(UNSIGNED_PER_MINUTE, what=f"unsigned:{address_of(request)}")
        raise Forbidden("This call is not signed by our provider of text messages.")


def _form_of(request: Request) -> dict[str, str]:
    """The call's form; none of it where the call is no form, or none that the provider would send."""
    try:
        form = request.data
    except (UnsupportedMediaType, TooManyFieldsSent):
        return {}
    # Without a body it is nothing but {}. What was parsed has a value for each name.
    return form.dict() if isinstance(form, QueryDict) else {}  # type: ignore[return-value]


def _is_a_count(told: str) -> bool:
    return told.isdecimal() and told.strip("0") != ""


def _reference_of(told: str, fields: Mapping[str, str]) -> str:
    """By what the same text is known when it is handed over again: the provider's id; of one that can't be
    kept, its digest, and without any that of all that was handed over."""
    if told and len(told) <= LONGEST_REFERENCE:
        return told
    known_by = told or "\n".join(f"{name}={fields[name]}" for name in sorted(fields))
    return f"sha256:{hashlib.sha256(known_by.encode()).hexdigest()}"


def _require_small(request: Request) -> None:
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        problem = Problem(f"Send at most {MOST_BYTES} bytes in one call.", code="too_large")
        problem.status = 413
        raise problem
