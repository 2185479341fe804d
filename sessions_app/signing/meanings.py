"""What a signature says, and who may say it, pure: one table.

Only whoever gave the infusion says so; anybody else who may sign says as what they have read the record. A
signature stands with its sentence, so that a sentence that is changed here changes no old signature.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Meaning:
    """`says` is what is frozen with the signature. It is for a session of which something was `given`, or
    nothing, or (None) for both; by who did that (`own`), or in this role."""

    code: str
    says: str
    given: bool | None = None
    own: bool = False
    role: str = ""


MEANINGS: Final = (
    Meaning("gave", "I gave this infusion and the record is complete", given=True, own=True),
    Meaning("not_given", "Nothing was given and the record is complete", given=False, own=True),
    Meaning("nurse_review", "As a nurse I have read this record: it is complete", role="nurse"),
    Meaning(
        "prescriber_review", "As a prescriber I have read this record: it is complete", role="prescriber"
    ),
)
AMENDMENT: Final = "I amend this record for the reason given"


def open_to(roles: Collection[str], *, given: bool, own: bool) -> tuple[Meaning, ...]:
    """What somebody in these roles may say of a session, the likeliest first.

    `own`: they took part in giving the infusion, or recorded that nothing was given.
    """
    return tuple(
        meaning
        for meaning in MEANINGS
        if (own if meaning.own else meaning.role in roles) and meaning.given in (None, given)
    )
