"""Calls about the infusion itself: its steps, other medicines, waste and its witness, notes."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.fields import IdField, MomentField
from clinic.viewsets import CreateSerializer
from sessions_app import notes
from sessions_app.access import MAY
from sessions_app.api.acting import (
    REASON,
    CorrectableSerializer,
    SessionActions,
    gathered,
    recorded,
    words,
)
from sessions_app.api.answers import (
    InfusionEventSerializer,
    MedicineGivenSerializer,
    SessionNoteSerializer,
    WasteSerializer,
    WasteWitnessSerializer,
)
from sessions_app.infusing import infusion, medicines, stopping, waste
from sessions_app.models import InfusionEvent, MedicineGiven, SessionNote, Waste, WasteWitness


def _pump_volume(help_text: str) -> serializers.DecimalField:
    return serializers.DecimalField(
        max_digits=6,
        decimal_places=1,
        required=False,
        allow_null=True,
        default=None,
        help_text=help_text,
    )


def _volume_confirmed() -> serializers.BooleanField:
    return serializers.BooleanField(
        required=False, default=False, help_text="A volume far from the reckoned one was read again."
    )


class StepSerializer(CreateSerializer):
    """A step that needs nothing but its id, and its moment where that isn't now."""

    happened_at = MomentField(
        required=False,
        allow_null=True,
        default=None,
        help_text="If not now; never before the step before it.",
    )


class PauseSerializer(StepSerializer):
    reason = words()


class RateSerializer(PauseSerializer):
    rate_ml_per_h = serializers.DecimalField(max_digits=6, decimal_places=1)
    confirmed = serializers.BooleanField(
        required=False, default=False, help_text="A rate faster than the protocol's usual was read again."
    )


class BolusSerializer(PauseSerializer):
    volume_ml = serializers.DecimalField(max_digits=6, decimal_places=1)
    confirmed = serializers.BooleanField(
        required=False,
        default=False,
        help_text="The mg that it comes to were seen, and the volume read again.",
    )
    came_from_elsewhere = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Asked, with code `confirm`, for more than the bag still held: it was read again and came "
        "from elsewhere. Of what the bag held it says nothing.",
    )


class StopSerializer(StepSerializer):
    early = serializers.BooleanField(
        required=False, default=False, help_text="What is left in the bag makes it early unsaid."
    )
    reason = words(help_text="Why early. Left out of an early stop it is asked afterwards (`explain-stop/`).")
    volume_ml = _pump_volume(
        "All that the pump says it gave, boluses included; counts as given. Asked afterwards like the reason."
    )
    confirmed = _volume_confirmed()


class ExplainStopSerializer(CreateSerializer):
    """What an early stop was recorded without."""

    reason = words(help_text="Why early; required where the stop has none.")
    volume_ml = _pump_volume("All that the pump says it gave, boluses included; required where it lacks.")
    unreadable = serializers.BooleanField(
        required=False, default=False, help_text="Nobody can read the pump any more: what is reckoned counts."
    )
    confirmed = _volume_confirmed()


class NotGivenSerializer(CreateSerializer):
    reason = serializers.CharField(max_length=REASON)


class MedicineSerializer(CorrectableSerializer):
    """What is left out of amount, unit, route and reason is the order set's."""

    medicine = serializers.CharField(max_length=80)
    given_at = MomentField()
    amount = serializers.DecimalField(
        max_digits=8, decimal_places=3, required=False, allow_null=True, default=None
    )
    unit = words(12, help_text="UCUM, such as mg.")
    route = words(40)
    reason = words()
    ordered_by = IdField(
        required=False,
        allow_null=True,
        default=None,
        help_text="The prescriber who ordered it; left out: the protocol's order set.",
    )
    allergy_reason = words(help_text="Why it is given in spite of an allergy on record.")


class WasteEntrySerializer(CorrectableSerializer):
    vial = serializers.CharField(max_length=80, help_text="Lot or serial number.")
    drawn_mg = serializers.DecimalField(max_digits=7, decimal_places=1)
    wasted_mg = serializers.DecimalField(max_digits=7, decimal_places=1)
    reason = words()


class WitnessSerializer(CreateSerializer):
    waste = IdField()


class NoteSerializer(CorrectableSerializer):
    text = serializers.CharField(max_length=notes.LONGEST)


class InfusingActions(SessionActions):
    """The steps of the infusion, other medicines, waste, notes."""

    access = {
        "start": MAY["start"],
        "pause": MAY["pause"],
        "resume": MAY["resume"],
        "rate": MAY["rate"],
        "bolus": MAY["bolus"],
        "stop": MAY["stop"],
        "explain_stop": MAY["explain_stop"],
        "not_given": MAY["not_given"],
        "medicines": MAY["medicine"],
        "waste": MAY["waste"],
        "witness": MAY["witness"],
        "notes": MAY["note"],
    }

    @recorded(StepSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: UUID) -> Response:
        """Start the infusion at the worksheet's rate; a 409 `not_ready` lists everything that is missing as
        `blockers`."""
        return self._step(StepSerializer, infusion.start)

    @recorded(PauseSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: UUID) -> Response:
        """Pause the infusion."""
        return self._step(PauseSerializer, infusion.pause)

    @recorded(StepSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: UUID) -> Response:
        """Go on with a paused infusion; a 409 `not_ready` after an alert that called the clinician to the
        chair, `hard_limit` when the running total is at the limit."""
        return self._step(StepSerializer, infusion.resume)

    @recorded(RateSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def rate(self, request: Request, pk: UUID) -> Response:
        """Let the pump run at another rate; a `hard_limit` names the protocol's limit that it would pass."""
        return self._step(RateSerializer, infusion.change_rate)

    @recorded(BolusSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def bolus(self, request: Request, pk: UUID) -> Response:
        """Give so much of the mixture at once; a `hard_limit` names the limit that it would pass."""
        return self._step(BolusSerializer, infusion.give_bolus)

    @recorded(StopSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: UUID) -> Response:
        """Stop the infusion. A stop always lands; what an early one lacks the discharge asks for."""
        return self._step(StopSerializer, stopping.stop)

    @recorded(ExplainStopSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"], url_path="explain-stop")
    def explain_stop(self, request: Request, pk: UUID) -> Response:
        """Say why an infusion stopped early and what the pump showed, where the stop came without; a 409
        `stop_explained` when nothing lacks."""
        return self._step(ExplainStopSerializer, stopping.explain_stop)

    @recorded(NotGivenSerializer, InfusionEventSerializer)
    @action(detail=True, methods=["post"], url_path="not-given")
    def not_given(self, request: Request, pk: UUID) -> Response:
        """End a session in which nothing was given."""
        return self._step(NotGivenSerializer, stopping.not_given)

    @recorded(MedicineSerializer, MedicineGivenSerializer)
    @action(detail=True, methods=["post"])
    def medicines(self, request: Request, pk: UUID) -> Response:
        """Record a PRN medicine that was given, or correct one."""
        return self.record_line(
            MedicineSerializer,
            medicines.give,
            MedicineGiven,
            MedicineGivenSerializer,
            shape=_medicine,
        )

    @recorded(WasteEntrySerializer, WasteSerializer)
    @action(detail=True, methods=["post"])
    def waste(self, request: Request, pk: UUID) -> Response:
        """Record what was drawn and not given, or correct it; it wants a witness."""
        return self.record_line(
            WasteEntrySerializer,
            waste.waste,
            Waste,
            WasteSerializer,
            shape=lambda data: gathered(data, wasted=waste.Wasted),
        )

    @recorded(WitnessSerializer, WasteWitnessSerializer)
    @action(detail=True, methods=["post"])
    def witness(self, request: Request, pk: UUID) -> Response:
        """Say that one saw it wasted; a 409 `second_person` for whoever recorded the waste."""
        return self.record_line(WitnessSerializer, waste.witness, WasteWitness, WasteWitnessSerializer)

    @recorded(NoteSerializer, SessionNoteSerializer)
    @action(detail=True, methods=["post"])
    def notes(self, request: Request, pk: UUID) -> Response:
        """Write a note, or correct one."""
        return self.record_line(
            NoteSerializer,
            notes.write,
            SessionNote,
            SessionNoteSerializer,
            shape=lambda data: gathered(data, note=notes.Note),
        )

    def _step(self, body: type[Any], write: Callable[..., InfusionEvent]) -> Response:
        return self.record_line(body, write, InfusionEvent, InfusionEventSerializer)


def _medicine(data: dict[str, Any]) -> dict[str, Any]:
    prescriber = {"ordered_by_id": data.pop("ordered_by")}
    return gathered({**data, **prescriber}, medicine=medicines.Medicine)
