"""Canonical bytes and the chain of hashes, pure: the same record gives the same bytes, also in ten years.

Canonical JSON: keys sorted, no spaces, UTF-8 unescaped; moments as RFC 3339 in UTC with microseconds and
"Z", decimals as strings with the digits they are stored with. Binary floats are refused: two machines
may write one differently.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID


def canonical(content: Mapping[str, Any]) -> str:
    """The one spelling of this content. Raises `TypeError` for a float or an unknown kind of value."""
    return json.dumps(plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def plain(value: Any) -> Any:
    """The value as JSON's own kinds: what reading the canonical text back gives."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError("a moment without an offset can't be frozen")
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    if isinstance(value, date | UUID):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def chain_hash(previous_sha256: str, content: str) -> str:
    """SHA-256 of the previous link and this content: a changed byte breaks every later link.

    `previous_sha256` is empty for a patient's first signature.
    """
    return hashlib.sha256(f"{previous_sha256}\n{content}".encode()).hexdigest()


def differences(frozen: Any, rebuilt: Any, place: str = "") -> list[str]:
    """The places ("vital_signs.3.systolic_mmhg") at which two plain values differ. Never the values."""
    if isinstance(frozen, dict) and isinstance(rebuilt, dict):
        keys = sorted(frozen.keys() | rebuilt.keys())
        return [
            found
            for key in keys
            for found in differences(frozen.get(key), rebuilt.get(key), f"{place}.{key}".lstrip("."))
        ]
    if isinstance(frozen, list) and isinstance(rebuilt, list):
        if len(frozen) != len(rebuilt):
            return [f"{place} ({len(frozen)} lines signed, {len(rebuilt)} stored)"]
        pairs = zip(frozen, rebuilt, strict=True)
        return [
            found
            for index, (one, other) in enumerate(pairs)
            for found in differences(one, other, f"{place}.{index}")
        ]
    return [] if frozen == rebuilt else [place]
