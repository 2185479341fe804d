"""Resources out of files: NDJSON (one a line) or a Bundle, each with the place it was found at."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final

from clinic.importing.fhir import Resource
from clinic.importing.records import UNBOUNDED, Bounds, Place, Refused

# Lines of a file among which one that is a resource would stand, if each had a line of its own.
LOOKED_AT: Final = 1_000


@dataclass(frozen=True)
class Found:
    """One resource; a Bundle's entry is also known by its full URL."""

    place: Place
    resource: Resource
    full_url: str = ""


def resources_in(name: str, file: BinaryIO, bounds: Bounds = UNBOUNDED) -> Iterator[Found | Refused]:
    """Everything in a file: line by line, or whole when it is one document on many lines.

    Raises `Overfull` at the first that is too many.
    """
    count = 0
    for place, text in _documents_in(name, file, bounds):
        bounds.check_values(text)
        for found in _document(place, text):
            count += 1
            bounds.check_records(count)
            yield found


def _documents_in(name: str, file: BinaryIO, bounds: Bounds) -> Iterator[tuple[Place, bytes]]:
    if _is_one_document(file):
        yield Place(name, 1), file.read()
        return
    for number, line in enumerate(file, start=1):
        bounds.check_lines(number)
        if line.strip():
            yield Place(name, number), line


def _is_one_document(file: BinaryIO) -> bool:
    """A resource on a line of its own ends on that line; one broken first line makes no document."""
    try:
        first = next((line.strip() for line in file if line.strip()), b"")
        return not first.endswith(b"}") and not any(_is_resource(line) for line in islice(file, LOOKED_AT))
    finally:
        file.seek(0)


def _is_resource(line: bytes) -> bool:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "resourceType" in value


def _document(place: Place, text: bytes) -> Iterator[Found | Refused]:
    try:
        value: Any = json.loads(text.decode("utf-8-sig"))
    except UnicodeDecodeError:
        yield Refused(place, "This isn't UTF-8 text.")
        return
    except json.JSONDecodeError as error:
        at = Place(place.file, place.line + error.lineno - 1)
        yield Refused(at, f"This isn't JSON: {error.msg.removesuffix(' at')} at column {error.colno}.")
        return
    except ValueError:
        yield Refused(place, "A number in this JSON has too many digits.")
        return
    except RecursionError:
        yield Refused(place, "This JSON is nested too deeply.")
        return
    if not isinstance(value, dict):
        yield Refused(place, "A resource is a JSON object: { … }.")
    elif value.get("resourceType") == "Bundle":
        yield from _entries(place, value)
    else:
        yield Found(place, value)


def _entries(place: Place, bundle: Resource) -> Iterator[Found | Refused]:
    entries = bundle.get("entry", [])
    if not isinstance(entries, list):
        yield Refused(place, "The Bundle's entry must be a list.")
        return
    for index, entry in enumerate(entries):
        at = Place(place.file, place.line, index)
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if not isinstance(resource, dict):
            yield Refused(at, "This entry has no resource.")
        else:
            full_url = entry.get("fullUrl")
            yield Found(at, resource, full_url if isinstance(full_url, str) else "")
