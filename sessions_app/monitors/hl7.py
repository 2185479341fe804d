"""HL7 v2 as text, pure: a message cut into its fields by the separators that it declares, and its answer.

What the fields of an ORU^R01 say about a patient is in `readings`; framing and sockets are in `mllp`.
Nothing here repeats a message's content in an error.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final, Literal

# Accepted: stored, or kept for a person. Error: not stored, send it again. Rejected: never to be stored.
Verdict = Literal["AA", "AE", "AR"]

OURSELVES: Final = "CHAIRSIDE"
CHARACTER_SETS: Final = {"": "utf-8", "ASCII": "utf-8", "UNICODE UTF-8": "utf-8", "8859/1": "latin-1"}
CONTROL_ID_LENGTH: Final = 80
NUL: Final = b"\0"  # no text that a database could hold


class Unreadable(ValueError):
    """These bytes are no HL7 v2 message that we can read; the text says why, without its content."""


@dataclass(frozen=True)
class Separators:
    """MSH-1 and MSH-2: the five characters that cut this message, as it declares them itself."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"

    @cached_property
    def escaped(self) -> Mapping[str, str]:
        return {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "H": "",  # highlighting begins and ends
            "N": "",
        }

    def plain(self, text: str) -> str:
        """The text with its escape sequences resolved; one that isn't known or means a NUL stays as it is."""
        if self.escape not in text:
            return text
        mark = re.escape(self.escape)
        return re.sub(f"{mark}([^{mark}]*){mark}", self._meant, text)

    def written(self, text: str) -> str:
        """The text as it may stand in a field."""
        marks = {character: letter for letter, character in self.escaped.items() if character}
        return "".join(f"{self.escape}{marks[c]}{self.escape}" if c in marks else c for c in text)

    def _meant(self, found: re.Match[str]) -> str:
        code = found[1]
        if re.fullmatch(r"X(?:[0-9A-Fa-f]{2})+", code) and NUL not in bytes.fromhex(code[1:]):
            return bytes.fromhex(code[1:]).decode("latin-1")
        return self.escaped.get(code, found[0])


@dataclass(frozen=True)
class Segment:
    """One line. Fields are counted as HL7 does: `OBX-5` is `field(5)`, and what is absent is empty."""

    name: str
    fields: tuple[str, ...]
    separators: Separators

    def field(self, number: int) -> str:
        """The whole field as it was sent."""
        return self.fields[number - 1] if 0 < number <= len(self.fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """What the field repeats, each as it was sent; an empty field has none."""
        sent = self.field(number)
        return sent.split(self.separators.repetition) if sent else []

    def component(self, number: int, place: int = 1, *, of: str | None = None) -> str:
        """One component in plain words, of the field's first repetition unless another is given."""
        repetition = of if of is not None else (self.repetitions(number) or [""])[0]
        parts = repetition.split(self.separators.component)
        return self.separators.plain(parts[place - 1]).strip() if place <= len(parts) else ""


@dataclass(frozen=True)
class Message:
    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        return self.segments[0]

    @property
    def control_id(self) -> str:
        """MSH-10: by which a message that is sent again is known."""
        return self.header.component(10)

    @property
    def kind(self) -> str:
        """MSH-9, such as `ORU^R01`."""
        return f"{self.header.component(9, 1)}^{self.header.component(9, 2)}"

    @property
    def processing(self) -> str:
        """MSH-11: P for production, T for training, D for debugging."""
        return self.header.component(11)

    def named(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]


def parse(raw: bytes) -> Message:
    """Cut a message into its segments and fields. Raises `Unreadable`."""
    if raw[:3] != b"MSH" or len(raw) < 8:
        raise Unreadable("It doesn't begin with an MSH segment.")
    if NUL in raw:
        raise Unreadable("It holds a NUL character.")
    header = re.split(rb"[\r\n]", raw, maxsplit=1)[0].decode("latin-1")
    separators = _declared(header)
    character_set = Segment("MSH", _header_fields(header, separators), separators).component(18)
    encoding = CHARACTER_SETS.get(character_set.upper())
    if encoding is None:
        raise Unreadable("Its character set (MSH-18) is not one that we read.")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise Unreadable("Its bytes are not of the character set that it declares (MSH-18).") from None
    lines = [line for line in re.split(r"[\r\n]+", text) if line.strip()]
    first = Segment("MSH", _header_fields(lines[0], separators), separators)
    rest = [_segment(line, separators) for line in lines[1:]]
    return Message((first, *rest))


def acknowledgement(message: Message | None, verdict: Verdict, why: str = "", *, now: datetime) -> bytes:
    """The answer to a message: MSH with sender and receiver exchanged, and MSA with its control id.

    Without a message, for bytes that were none, control id and receiver are empty. `why` must not hold
    anything of the message's content.
    """
    head = message.header if message else Segment("MSH", (), Separators())
    marks = head.separators
    declared = marks.component + marks.repetition + marks.escape + marks.subcomponent
    control_id = head.field(10)
    answer = marks.component.join(["ACK", head.component(9, 2)]) if head.component(9, 2) else "ACK"
    header = [
        "MSH",
        declared,
        head.field(5) or OURSELVES,
        head.field(6),
        head.field(3),
        head.field(4),
        f"{now:%Y%m%d%H%M%S%z}",
        "",
        answer,
        f"A{control_id}",
        head.field(11) or "P",
        head.field(12) or "2.6",
    ]
    lines = [header, ["MSA", verdict, control_id, *([marks.written(why)] if why else [])]]
    return "".join(marks.field.join(line) + "\r" for line in lines).encode()


def _declared(header: str) -> Separators:
    field = header[3]
    marks = header[4:].split(field, 1)[0]
    if len(marks) < 4 or len({field, *marks[:4]}) != 5 or not all(map(_may_separate, (field, *marks[:4]))):
        raise Unreadable("It doesn't declare its separators (MSH-1, MSH-2).")
    return Separators(field, *marks[:4])


def _may_separate(character: str) -> bool:
    return character.isprintable() and not character.isalnum() and not character.isspace()


def _header_fields(line: str, separators: Separators) -> tuple[str, ...]:
    """MSH-1 is the separator itself, so that everything after it counts one further."""
    return (separators.field, *line.split(separators.field)[1:])


def _segment(line: str, separators: Separators) -> Segment:
    name, *fields = line.split(separators.field)
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}", name.strip()):
        raise Unreadable("A line of it is no segment.")
    return Segment(name.strip(), tuple(fields), separators)
