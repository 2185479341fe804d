"""The session's routes: parse, call, answer.

Every writing call may say which revision it saw (`If-Match: "3"`); a stale one is a 412 that tells the
current revision and state. Answers carry the revision as their ETag.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar
from uuid import UUID

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic import clock, idempotency
from clinic.access import fetch, log_look
from clinic.models import Clinic
from clinic.problems import Invalid
from clinic.viewsets import ClinicViewSet
from scheduler.models import Appointment
from sessions_app import access, arrival, queries
from sessions_app.api import answers, entries
from sessions_app.infusing import infusion
from sessions_app.leaving import discharge
from sessions_app.models import (
    Discharge,
    DoseWorksheet,
    InfusionEvent,
    Session,
    SideEffect,
    SignedRecord,
    VitalSigns,
)
from sessions_app.observing import side_effects, vitals
from sessions_app.preparing import checklist, dose
from sessions_app.signing import signing

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


class SessionsViewSet(ClinicViewSet):
    """Infusion sessions, from arrival to signature."""

    access = {
        "list": access.READ_SESSIONS,
        "create": access.OPEN_SESSION,
        "retrieve": access.READ_SESSIONS,
        "record": access.READ_SESSIONS,
        "checklist": access.MAY["checklist"],
        "dose": access.MAY["dose"],
        "start": access.MAY["start"],
        "pause": access.MAY["pause"],
        "resume": access.MAY["resume"],
        "stop": access.MAY["stop"],
        "not_given": access.MAY["not_given"],
        "vitals": access.MAY["vitals"],
        "side_effects": access.MAY["side_effect"],
        "discharge": access.MAY["discharge"],
        "sign": access.MAY["sign"],
        "amendments": access.MAY["amend"],
    }
    queryset = Session.objects.select_related("patient", "protocol")
    serializer_class = answers.SessionSerializer
    lookup_value_converter = "uuid"

    @extend_schema(
        parameters=[entries.SessionFilterSerializer],
        responses=answers.SessionSummarySerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Sessions, the latest first; of one local day, state or patient."""
        chosen = self.parse_query(entries.SessionFilterSerializer)
        sessions = self.get_queryset()
        if "day" in chosen:
            mine = Clinic.objects.filter(pk__in=self.actor.clinics(self.permission))
            sessions = sessions.filter(pk__in=queries.sessions_on(chosen["day"], mine).values("pk"))
        if "state" in chosen:
            sessions = sessions.filter(state=chosen["state"])
        if "patient" in chosen:
            sessions = sessions.filter(patient_id=chosen["patient"])
        return self.page(sessions, answers.SessionSummarySerializer)

    @extend_schema(
        request=entries.OpenSessionSerializer,
        responses={200: answers.SessionSummarySerializer, 201: answers.SessionSummarySerializer},
    )
    def create(self, request: Request) -> Response:
        """Open the session of a visit that has arrived."""
        data = self.parse(entries.OpenSessionSerializer)
        visit = fetch(self.actor, Appointment.objects.all(), self.permission, pk=data["appointment"])
        return self.create_once(
            noun="session",
            data=data,
            make=lambda: arrival.open_session(
                actor=self.actor, id=data["id"], appointment=visit, now=clock.now()
            ),
            find=lambda: self.get_queryset().get(pk=data["id"]),
            answer=answers.SessionSummarySerializer,
        )

    def retrieve(self, request: Request, pk: UUID) -> Response:
        """The whole session with its lines. The look is written down."""
        session = self._opened("session")
        return self._with_revision(self._detail(session), session)

    @extend_schema(responses=answers.SignedVersionSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def record(self, request: Request, pk: UUID) -> Response:
        """Every signed version of the record, the signature first. The look is written down."""
        session = self._opened("signed record")
        return Response(answers.SignedVersionSerializer(queries.signed_versions(session), many=True).data)

    @extend_schema(
        parameters=[IF_MATCH], request=entries.ChecklistSerializer, responses=answers.SessionSerializer
    )
    @action(detail=True, methods=["post"])
    def checklist(self, request: Request, pk: UUID) -> Response:
        """Answer some or all items. The same answers sent again write nothing."""
        session = self._session()
        data = self.parse(entries.ChecklistSerializer)
        checklist.answer(
            actor=self.actor,
            session=session,
            answers=[checklist.Answer(**each) for each in data["answers"]],
            revision=self._seen(),
            now=clock.now(),
        )
        session.refresh_from_db()
        return self._with_revision(self._detail(session), session)

    @recorded(entries.DoseSerializer, answers.DoseWorksheetSerializer)
    @action(detail=True, methods=["post"])
    def dose(self, request: Request, pk: UUID) -> Response:
        """Prepare the dose that the plan orders, or correct the worksheet."""
        return self._record(
            entries.DoseSerializer, dose.prepare_dose, DoseWorksheet, answers.DoseWorksheetSerializer
        )

    @recorded(entries.StepSerializer, answers.InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        """Start the infusion; a 409 `not_ready` lists everything that is missing as `blockers`."""
        return self._step(entries.StepSerializer, infusion.start)

    @recorded(entries.PauseSerializer, answers.InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Pause the infusion."""
        return self._step(entries.PauseSerializer, infusion.pause)

    @recorded(entries.StepSerializer, answers.InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Go on with a paused infusion."""
        return self._step(entries.StepSerializer, infusion.resume)

    @recorded(entries.StopSerializer, answers.InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: UUID) -> Response:
        """Stop the infusion: done, or early with a reason."""
        return self._step(entries.StopSerializer, infusion.stop)

    @recorded(entries.NotGivenSerializer, answers.InfusionEventSerializer)
    @action(detail=True, methods=["post"], url_path="not-given")
    def not_given(self, request: Request, pk: UUID) -> Response:
        """End a session in which nothing was given."""
        return self._step(entries.NotGivenSerializer, infusion.not_given)

    @recorded(entries.VitalsSerializer, answers.VitalSignsSerializer)
    @action(detail=True, methods=["post"])
    def vitals(self, request: Request, pk: UUID) -> Response:
        """Record one set of vital signs, or correct one."""
        return self._record(
            entries.VitalsSerializer,
            vitals.record_vitals,
            VitalSigns,
            answers.VitalSignsSerializer,
            shape=lambda data: _gathered(data, reading=vitals.Reading),
        )

    @recorded(entries.SideEffectEntrySerializer, answers.SideEffectSerializer)
    @action(detail=True, methods=["post"], url_path="side-effects")
    def side_effects(self, request: Request, pk: UUID) -> Response:
        """Record a side effect, its course, or a correction."""
        return self._record(
            entries.SideEffectEntrySerializer,
            side_effects.record_side_effect,
            SideEffect,
            answers.SideEffectSerializer,
            shape=lambda data: _gathered(data, report=side_effects.Report),
        )

    @recorded(entries.DischargeEntrySerializer, answers.DischargeSerializer)
    @action(detail=True, methods=["post"])
    def discharge(self, request: Request, pk: UUID) -> Response:
        """Let the patient go home; a 409 `not_ready` lists everything that is missing."""
        return self._record(
            entries.DischargeEntrySerializer,
            discharge.discharge,
            Discharge,
            answers.DischargeSerializer,
            shape=lambda data: _gathered(data, assessment=discharge.Assessment),
        )

    @recorded(entries.SignSerializer, answers.SignatureSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, pk: UUID) -> Response:
        """Freeze the record."""
        return self._record(entries.SignSerializer, signing.sign, SignedRecord, answers.SignatureSerializer)

    @extend_schema(
        request=entries.AmendmentSerializer,
        responses={200: answers.SignatureSerializer, 201: answers.SignatureSerializer},
    )
    @action(detail=True, methods=["post"])
    def amendments(self, request: Request, pk: UUID) -> Response:
        """Write the next version of a signed record."""
        return self._record(
            entries.AmendmentSerializer,
            signing.amend,
            SignedRecord,
            answers.SignatureSerializer,
            shape=lambda data: {**data, "corrections": [_correction(line) for line in data["corrections"]]},
        )

    def _session(self) -> Session:
        return self.fetch(self.get_queryset(), pk=self.kwargs["pk"])

    def _opened(self, what: str) -> Session:
        session = self._session()
        log_look(self.actor, session.patient, what=what)
        return session

    def _step(self, body: type[Any], write: Callable[..., InfusionEvent]) -> Response:
        return self._record(body, write, InfusionEvent, answers.InfusionEventSerializer)

    def _record(
        self,
        body: type[Any],
        write: Callable[..., Line],
        model: type[Line],
        answer: type[serializers.BaseSerializer[Any]],
        shape: Callable[[dict[str, Any]], dict[str, Any]] = dict,
    ) -> Response:
        """Record one line of this session, or answer the one that this same call recorded before."""
        session = self._session()
        data = shape(self.parse(body))
        seen = self._seen()
        body_sent: Any = self.request.data
        line, made = idempotency.create_once(
            actor=self.actor,
            noun=str(model._meta.model_name),
            id=data["id"],
            body={"session": str(session.pk), **body_sent},
            make=lambda: write(actor=self.actor, session=session, revision=seen, now=clock.now(), **data),
            find=lambda: model._default_manager.get(pk=data["id"]),
        )
        session.refresh_from_db(fields=["revision"])
        return self._with_revision(answer(line).data, session, status=201 if made else 200)

    def _detail(self, session: Session) -> Any:
        return answers.SessionSerializer(queries.session_detail(session.pk)).data

    def _seen(self) -> int | None:
        """The revision that the caller saw, from If-Match."""
        given = self.request.headers.get("If-Match")
        if given is None:
            return None
        match = re.fullmatch(r'"?([0-9]{1,9})"?', given.strip())
        if match is None:
            raise Invalid({"If-Match": 'Send the revision you saw, in quotes, such as "3".'})
        return int(match[1])

    def _with_revision(self, data: Any, session: Session, status: int = 200) -> Response:
        return Response(data, status=status, headers={"ETag": f'"{session.revision}"'})


def _gathered(data: Mapping[str, Any], **shapes: type[Any]) -> dict[str, Any]:
    """Put the fields of a dataclass together under its name; the rest stays as it is."""
    [(name, shape)] = shapes.items()
    own = {field.name for field in fields(shape)}
    content = shape(**{key: value for key, value in data.items() if key in own})
    return {**{key: value for key, value in data.items() if key not in own}, name: content}


def _correction(line: Mapping[str, Any]) -> signing.Correction:
    content: signing.Content = (
        vitals.Reading(**line["vital_signs"])
        if "vital_signs" in line
        else side_effects.Report(**line["side_effect"])
    )
    return signing.Correction(id=line["id"], content=content, corrects=line["corrects"])
