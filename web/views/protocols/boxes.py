"""The boxes in which a protocol's figures are written as a prescriber writes them, and read into what a
version keeps: `< 90, >= 160` as bounds, `15 x 4, 30` as a rhythm, `40 to 260` as a span.

What can't be meant is said by `scheduler.protocols.protocol_content`.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from django import forms

from scheduler.protocols.limit_content import WRITTEN
from scheduler.vocabulary import plain_amount

SIGN: Final = {"<": "below", ">=": "at_least", "≥": "at_least", ">": "above"}
BOUND: Final = re.compile(r"(<|>=|≥|>)\s*(-?\d{1,4}(?:\.\d{1,2})?)(?:\s*(?:,|;|or)?\s*)")
STRETCH: Final = re.compile(r"(\d{1,4})(?:\s*[x×*]\s*(\d{1,3}))?")  # noqa: RUF001
AMOUNT: Final = re.compile(r"\d{1,5}(?:\.\d)?")
SPAN: Final = re.compile(r"(-?\d{1,4}(?:\.\d{1,2})?)\s*to\s*(-?\d{1,4}(?:\.\d{1,2})?)")


class _Cell(forms.CharField):
    """A short text in a table's cell, read into what the version keeps."""

    def __init__(self, label: str) -> None:
        super().__init__(label=label, required=False, max_length=60)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "off"}


class BoundsField(_Cell):
    """`< 90, >= 160`: past any of them."""

    def prepare_value(self, value: Any) -> Any:
        return _written(value) if isinstance(value, Mapping) else value

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value))
        found = list(BOUND.finditer(text))
        if "".join(match[0] for match in found) != text:
            raise forms.ValidationError("Write bounds such as < 90, >= 160.")
        bounds = {SIGN[match[1]]: _number(match[2]) for match in found}
        if len(bounds) < len(found):
            raise forms.ValidationError("Give each kind of bound once.")
        return bounds


class RhythmField(forms.CharField):
    """`15 x 4, 30`: every 15 minutes four times, then every 30."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Sequence) or isinstance(value, str):
            return value
        return ", ".join(
            f"{each['every']} x {each['times']}" if "times" in each else str(each["every"]) for each in value
        )

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        found = [STRETCH.fullmatch(part.strip()) for part in text.split(",")] if text else []
        if not all(found):
            raise forms.ValidationError("Write minutes, such as 15 x 4, 30.")
        return [
            {"every": int(match[1]), **({"times": int(match[2])} if match[2] else {})}
            for match in found
            if match
        ]


class SpanField(_Cell):
    """`40 to 260`, both ends allowed."""

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Sequence) or isinstance(value, str):
            return value
        return f"{value[0]} to {value[1]}"

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        match = SPAN.fullmatch(text)
        if match is None:
            raise forms.ValidationError("Write a span such as 40 to 260.")
        return [_number(match[1]), _number(match[2])]


class AmountsField(forms.CharField):
    """`10, 50`: amounts above 0 with commas between, at most one decimal; empty: none is named."""

    def __init__(self, *, unit: str, **options: Any) -> None:
        self.unit = unit
        super().__init__(required=False, max_length=120, **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, Sequence) or isinstance(value, str):
            return value
        return ", ".join(map(plain_amount, value))

    def to_python(self, value: Any) -> Any:
        words = [word for word in re.split(r"[\s,;]+", str(super().to_python(value))) if word]
        if not all(AMOUNT.fullmatch(word) for word in words):
            raise forms.ValidationError("Write amounts with commas between, such as 10, 50.")
        return [Decimal(word) for word in words]


class WordsField(forms.CharField):
    """Codes with commas or spaces between them."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, Sequence) and not isinstance(value, str) else value

    def to_python(self, value: Any) -> Any:
        return [word for word in re.split(r"[\s,;]+", str(super().to_python(value))) if word]


def _written(bounds: Mapping[str, Any]) -> str:
    return ", ".join(f"{WRITTEN[bound]} {bounds[bound]}" for bound in WRITTEN if bound in bounds)


def _number(text: str) -> int | float:
    return float(text) if "." in text else int(text)
