"""The form of a protocol's next version: what a version says, in boxes, filled with the one it follows.

What can't be meant is said by `scheduler.protocols.protocol_content`; how figures are written in the boxes
stands in `boxes`, what the boxes are called in `labels`.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.functional import cached_property

from scheduler.models import DoseBasis, Protocol, WeightBasis
from scheduler.protocols import protocol_content, protocols
from scheduler.protocols.figure_sources import source_of
from scheduler.protocols.limit_content import BESIDES, LEVELS
from scheduler.protocols.limit_content import RINGS as EDGES
from scheduler.protocols.protocol_content import MAY_BE_EMPTY, ORDER, PHASES, WHOLE
from scheduler.vocabulary import plain_amount
from sessions_app.observing.vital_limits import RINGS
from sessions_app.preparing import checklist
from web.forms import ClinicForm, DecimalNumberField, Lines, WholeNumberField
from web.views.live_form import Note
from web.views.protocols.boxes import AmountsField, BoundsField, RhythmField, SpanField, WordsField
from web.views.protocols.labels import on_box
from web.views.protocols.looser import looser_words
from web.views.protocols.words import LEVEL_WORDS, NOTHING

MORE_ORDERS: Final = 3  # empty rows below the order set

DOSES: Final = ("dose_start", "dose_soft_min", "dose_soft_max", "dose_hard_min", "dose_hard_max")
# What docs/domain.md names without a figure (2.2, 4.2).
NO_FIGURE: Final = frozenset(
    {
        "dose_hard_min",
        "total_soft_min_mg",
        "most_per_week",
        "most_per_year",
        "review_after_sessions",
        "reconsent_after_days",
        "liver_test_after_mg",
    }
)
GROUPS: Final = (
    ("What it is for", ("title", "indications", "age_min_years", "age_max_years", "chair_features")),
    (
        "Dose",
        (
            "dose_basis",
            *DOSES,
            "total_soft_min_mg",
            "total_hard_max_mg",
            "stock_strengths_mg_per_ml",
            "bag_volumes_ml",
            "weight_basis",
            "weight_cap_kg",
            "weight_valid_days",
        ),
    ),
    (
        "Phases and nursing",
        tuple(name for name in WHOLE if name.endswith(("_minutes", "_units"))),
    ),
    (
        "Series and spacing",
        tuple(
            name
            for name in WHOLE
            if name.startswith(("series", "spacing", "maintenance", "most_per", "review_after"))
        ),
    ),
    (
        "Before the start",
        (
            "fasting_clear_hours",
            "fasting_light_meal_hours",
            "reconsent_after_days",
            "liver_test_after_mg",
            "checklist",
        ),
    ),
    (
        "Vital signs are due",
        (
            "vitals_schedule_baseline_within_minutes",
            *(f"vitals_schedule_{phase}" for phase in PHASES),
            "vitals_schedule_grace_minutes",
        ),
    ),
    ("Going home", ("near_baseline_percent", "near_baseline_sets")),
)


class FigureBox(forms.BoundField):
    """A box, and what the version before says where something else stands in it."""

    form: "DraftForm"

    @property
    def was(self) -> str:
        return self.form.was.get(self.name, "")

    @property
    def looser(self) -> str:
        return self.form.looser.get(self.name, "")


class DraftForm(ClinicForm):
    """Everything that a version says. Left as it is, it says what the version before says."""

    bound_field_class = FigureBox

    title = forms.CharField(max_length=120)
    indications = WordsField(
        label="Indications",
        max_length=1100,
        help_text="ICD-10-CM codes with commas between, such as F33.2, F43.10.",
    )
    chair_features = WordsField(
        label="The chair has to offer", required=False, max_length=820, help_text="Such as private-room."
    )
    dose_basis = forms.ChoiceField(choices=DoseBasis.choices, **on_box("dose_basis"))
    total_hard_max_mg = DecimalNumberField(
        **on_box("total_hard_max_mg"),
        required=False,
        max_digits=7,
        decimal_places=1,
        help_text="Boluses included. Left empty: what the hard limit comes to.",
    )
    stock_strengths_mg_per_ml = AmountsField(
        **on_box("stock_strengths_mg_per_ml"), help_text="Such as 10, 50. Left empty: every strength."
    )
    bag_volumes_ml = AmountsField(
        **on_box("bag_volumes_ml"), help_text="Such as 50, 100. Left empty: any volume."
    )
    weight_basis = forms.ChoiceField(choices=WeightBasis.choices, **on_box("weight_basis"))
    weight_cap_kg = DecimalNumberField(
        **on_box("weight_cap_kg"), required=False, max_digits=5, decimal_places=1
    )
    checklist = forms.MultipleChoiceField(label="Checklist", widget=forms.CheckboxSelectMultiple)
    vitals_schedule_baseline_within_minutes = WholeNumberField(
        **on_box("vitals_schedule_baseline_within_minutes")
    )
    vitals_schedule_grace_minutes = WholeNumberField(**on_box("vitals_schedule_grace_minutes"))
    citation = forms.CharField(
        label="Sources",
        required=False,
        max_length=4000,
        widget=Lines(4),
        help_text="Where each figure comes from.",
    )

    def __init__(self, after: Protocol, data: Any = None) -> None:
        self.after = after
        self.filled: list[int] = []  # the rows of the order set in which something stands
        self.before = protocols.content_of(after)
        super().__init__(data)
        for name in DOSES:
            empty = name in MAY_BE_EMPTY
            told = _about(after.code, name, "Above 0" + ", or empty" * empty)
            self.fields[name] = DecimalNumberField(
                **on_box(name), max_digits=7, decimal_places=3, required=not empty, help_text=told
            )
        self.fields["total_soft_min_mg"] = DecimalNumberField(
            **on_box("total_soft_min_mg"),
            required=False,
            max_digits=7,
            decimal_places=1,
            help_text=_about(after.code, "total_soft_min_mg", "Above 0, or empty"),
        )
        for name in WHOLE:
            least, most = WHOLE[name]
            empty = name in MAY_BE_EMPTY
            self.fields[name] = WholeNumberField(
                **on_box(name),
                required=not empty,
                help_text=_about(after.code, name, f"{least} to {most:,}" + ", or empty" * empty),
            )
        for phase in PHASES:
            self.fields[f"vitals_schedule_{phase}"] = RhythmField(
                **on_box(f"vitals_schedule_{phase}"),
                max_length=120,
                help_text="Every how many minutes: 15 x 4, 30 is every 15 four times, then every 30.",
            )
        checks: Any = self.fields["checklist"]
        checks.choices = [(item.code, item.label) for item in _askable(after)]
        for sign, ring in RINGS.items():
            for level in LEVELS:
                self.fields[f"limits_{sign}_{level}"] = BoundsField(f"{ring.label}: {LEVEL_WORDS[level]}")
            self.fields[f"limits_{sign}_caution_rise_percent"] = WholeNumberField(
                label=f"{ring.label}: caution at a rise of, in percent", required=False
            )
            self.fields[f"limits_{sign}_stop_readings"] = WholeNumberField(
                label=f"{ring.label}: readings in a row that stop", required=False
            )
            for edge in EDGES:
                self.fields[f"rings_{sign}_{edge}"] = SpanField(f"{ring.label}: {edge}")
        for row in range(self._rows):
            for part in ORDER:
                self.fields[f"prn_medicines_{row}_{part}"] = forms.CharField(
                    label=f"{part.capitalize()} {row + 1}", required=False, max_length=120
                )
        self.initial = self._shown()
        for name in (name for _, names in GROUPS for name in names):
            box: Any = self.fields[name]
            box.template_name = "web/protocols/field.html"

    def clean(self) -> None:
        """Everything in doubt at once: what stands in a box that can't be read counts as it was before."""
        self.filled = self._filled_rows(self.cleaned_data)
        for path, mend in protocol_content.faults({**self.before, **self.content}):
            place = self._place_of(path)
            if place is None or place not in self.errors:
                self.add_error(place, mend)

    @property
    def content(self) -> dict[str, Any]:
        """What the boxes say, by column."""
        return self._content(self.cleaned_data)

    def _place_of(self, path: str) -> str | None:
        column, _, rest = path.partition(".")
        if column == "prn_medicines" and rest:
            number, _, part = rest.partition(".")
            path = f"prn_medicines_{self.filled[int(number)]}_{part or 'medicine'}"
        return super()._place_of(path)

    @cached_property
    def was(self) -> dict[str, str]:
        """What the version before says in each box that says something else now."""
        if not self.is_bound:
            return {}
        found = {}
        for name in self.cleaned_data.keys() - {"id"}:
            field, shown = self.fields[name], self.initial.get(name)
            before = field.prepare_value(shown)
            if field.clean("" if before is None else before) != self.cleaned_data[name]:
                found[name] = f"was {_in_words(field, before)}"
        return found

    @cached_property
    def looser(self) -> dict[str, str]:
        """At each box whose limit alarms later, or whose ring is wider, than it was or than the default."""
        content = self.content if self.is_bound else self.before
        told = looser_words(self.after.code, content, self.after)
        by_box = {path.replace(".", "_"): words for path, words in told.items()}
        return {name: words for name, words in by_box.items() if name not in self.errors}

    @property
    def notes(self) -> list[Note]:
        told = {name: [words] for name, words in self.was.items()}
        for name, words in self.looser.items():
            told.setdefault(name, []).append(words)
        return [Note(name, ". ".join(sentences)) for name, sentences in told.items()]

    # --- What the page shows ---

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    @property
    def limit_rows(self) -> list[dict[str, Any]]:
        """One row for each sign: a cell for each level, then what alone counts for this sign."""
        return [
            {
                "ring": ring,
                "cells": [(LEVEL_WORDS[level], self[f"limits_{sign}_{level}"]) for level in LEVELS],
                "rise": self[f"limits_{sign}_caution_rise_percent"],
                "readings": self[f"limits_{sign}_stop_readings"],
            }
            for sign, ring in RINGS.items()
        ]

    @property
    def ring_rows(self) -> list[dict[str, Any]]:
        return [
            {
                "ring": ring,
                "cells": [
                    (self[f"rings_{sign}_reject"], _usual(ring.reject)),
                    (self[f"rings_{sign}_confirm"], _usual(ring.confirm)),
                ],
            }
            for sign, ring in RINGS.items()
        ]

    @property
    def medicine_rows(self) -> list[list[tuple[str, forms.BoundField]]]:
        return [
            [(part.capitalize(), self[f"prn_medicines_{row}_{part}"]) for part in ORDER]
            for row in range(self._rows)
        ]

    # --- From a version to boxes and back ---

    @property
    def _rows(self) -> int:
        return len(self.before["prn_medicines"]) + MORE_ORDERS

    def _shown(self) -> dict[str, Any]:
        before = self.before
        shown = {
            name: plain_amount(value) if isinstance(value, Decimal) else value
            for name, value in before.items()
            if name in self.fields
        }
        shown["checklist"] = [item.code for item in checklist.items_of(self.after)]
        shown |= {f"vitals_schedule_{name}": value for name, value in before["vitals_schedule"].items()}
        for column in ("limits", "rings"):
            for sign, parts in before[column].items():
                shown |= {f"{column}_{sign}_{name}": value for name, value in parts.items()}
        for row, order in enumerate(before["prn_medicines"]):
            shown |= {f"prn_medicines_{row}_{part}": order[part] for part in ORDER}
        return shown

    def _content(self, read: Mapping[str, Any]) -> dict[str, Any]:
        content = {name: read[name] for name in self.before if name in read and name != "checklist"}
        if "checklist" in read:
            content["checklist"] = self._checklist(read["checklist"])
        schedule = {
            name: read.get(f"vitals_schedule_{name}", standing)
            for name, standing in self.before["vitals_schedule"].items()
        }
        return {
            **content,
            "vitals_schedule": schedule,
            "limits": self._by_sign(read, "limits", (*LEVELS, *BESIDES)),
            "rings": self._by_sign(read, "rings", EDGES),
            "prn_medicines": [
                {part: read.get(f"prn_medicines_{row}_{part}", "") for part in ORDER}
                for row in self._filled_rows(read)
            ],
        }

    def _checklist(self, ticked: Sequence[str]) -> list[str]:
        """As it was when the same items are asked; empty, which is all, when all of the house's are."""
        asked = [item.code for item in _askable(self.after) if item.code in ticked]
        if asked == [item.code for item in checklist.items_of(self.after)]:
            return list(self.before["checklist"])
        return [] if asked == [item.code for item in checklist.ITEMS] else asked

    def _by_sign(self, read: Mapping[str, Any], column: str, parts: Sequence[str]) -> dict[str, Any]:
        """In the order of the version before, so that what is the same is the same."""
        found = {}
        for sign in dict.fromkeys([*self.before[column], *RINGS]):
            said = {part: read.get(f"{column}_{sign}_{part}") for part in parts}
            kept = {part: value for part, value in said.items() if value not in (None, {}, "")}
            if kept:
                found[sign] = kept
        return found

    def _filled_rows(self, read: Mapping[str, Any]) -> list[int]:
        return [
            row
            for row in range(self._rows)
            if any(str(read.get(f"prn_medicines_{row}_{part}", "")).strip() for part in ORDER)
        ]


def _about(code: str, name: str, allowed: str) -> str:
    """What may stand in a figure's box, and where the house's default comes from."""
    source = source_of(code, name)
    if source is None:
        return f"{allowed}." + (" No default." if name in NO_FIGURE else "")
    default = plain_amount(source.default) if isinstance(source.default, Decimal) else source.default
    return f"{allowed}. Default {default}: {source.founded}."


def _in_words(field: forms.Field, before: Any) -> str:
    """A box's value of before as it would be read in it."""
    if before in (None, "", []):
        return "empty"
    if isinstance(field, forms.MultipleChoiceField):
        choices: Any = field.choices
        return f"{len(before)} of {len(choices)} ticked"
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(before, before))  # type: ignore[arg-type]
    unit = getattr(field, "unit", "")
    return f"{before} {unit}".strip()


def _askable(after: Protocol) -> list[checklist.Item]:
    """The house's items, and those of its own that the version before asks."""
    known = {item.code for item in checklist.ITEMS}
    return [*checklist.ITEMS, *(item for item in checklist.items_of(after) if item.code not in known)]


def _usual(span: Any) -> str:
    return f"{span[0]} to {span[1]}" if span else NOTHING
