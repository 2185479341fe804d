"""What all calls about one session share; what they mean is in the rooms beside this one.

Every writing call may say which revision it saw (`If-Match: "3"`); a stale one is a 412 that tells what has
changed. Answers carry the revision as their ETag.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.response import Response

from clinic import clock, idempotency
from clinic.access import log_look
from clinic.fields import IdField
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet, CreateSerializer
from sessions_app import recording
from sessions_app.models import Session

REASON = 240  # characters, as the tables have it


def words(length: int = REASON, **options: Any) -> serializers.CharField:
    return serializers.CharField(max_length=length, required=False, default="", allow_blank=True, **options)


class CorrectableSerializer(CreateSerializer):
    """A line that may correct an earlier one of its kind."""

    corrects = IdField(required=False, allow_null=True, default=None)
    correction_reason = words(help_text="Required when the line corrects another.")


Line = TypeVar("Line", bound=models.Model)


IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description='The revision you saw, in quotes, such as "3". Stale: 412, and nothing is changed.',
)


def recorded(body: type[Any], answer: type[Any]) -> Callable[[Any], Any]:
    """The schema of a call that records one line."""
    return extend_schema(parameters=[IF_MATCH], request=body, responses={200: answer, 201: answer})


class RevisionViewSet(ClinicViewSet):
    """The revision of a session: which one the caller saw, and which one stands now."""

    def seen(self) -> int | None:
        """The revision that the caller saw, from If-Match."""
        given = self.request.headers.get("If-Match")
        if given is None:
            return None
        match = re.fullmatch(r'"?([0-9]{1,9})"?', given.strip())
        if match is None:
            raise Invalid({"If-Match": 'Send the revision you saw, in quotes, such as "3".'})
        return int(match[1])

    def with_revision(self, data: Any, session: Session, status: int = 200) -> Response:
        return Response(data, status=status, headers={"ETag": f'"{recording.revision_of(session)}"'})


class SessionActions(RevisionViewSet):
    """What the session's routes share: fetching it, and recording one line once."""

    queryset = Session.objects.select_related("patient", "protocol")

    def session_of_route(self) -> Session:
        return self.fetch(self.get_queryset(), pk=self.kwargs["pk"])

    def opened(self, what: str) -> Session:
        session = self.session_of_route()
        log_look(self.actor, session.patient, what=what)
        return session

    def record_line(
        self,
        body: type[Any],
        write: Callable[..., Line],
        model: type[Line],
        answer: type[serializers.BaseSerializer[Any]],
        shape: Callable[[dict[str, Any]], dict[str, Any]] = dict,
        secret: Collection[str] = (),
    ) -> Response:
        """Record one line of this session, or answer the one that this same call recorded before.

        `secret` fields prove who sends the call; they are no part of what makes it the same call.
        """
        session = self.session_of_route()
        data = shape(self.parse(body))
        seen = self.seen()
        sent: Any = self.request.data
        body_sent = {name: value for name, value in sent.items() if name not in secret}
        line, made = idempotency.create_once(
            actor=self.actor,
            noun=str(model._meta.model_name),
            id=data["id"],
            body={"session": str(session.pk), **body_sent},
            make=lambda: write(actor=self.actor, session=session, revision=seen, now=clock.now(), **data),
            find=lambda: model._default_manager.get(pk=data["id"]),
        )
        session.refresh_from_db(fields=["revision"])
        return self.with_revision(answer(line).data, session, status=201 if made else 200)


def gathered(data: Mapping[str, Any], **shapes: type[Any]) -> dict[str, Any]:
    """Put the fields of a dataclass together under its name; the rest stays as it is."""
    [(name, shape)] = shapes.items()
    own = {field.name for field in fields(shape)}
    content = shape(**{key: value for key, value in data.items() if key in own})
    return {**{key: value for key, value in data.items() if key not in own}, name: content}
