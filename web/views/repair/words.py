"""A repair's plan in plain words: what it does to how many, and how good it is."""

from math import ceil

from scheduler.repairing.proposal import Change, Outcome, Proposal
from scheduler.repairing.reading import Mishap, Missing


def summary_words(proposal: Proposal, mishap: Mishap) -> str:
    """The plan in one breath: each visit that changes counts once, and then what else they get."""
    if not proposal.changes:
        recorded = "only records the absence" if isinstance(mishap, Missing) else "changes nothing"
        return f"No visit is touched: accepting {recorded}."
    parts = proposal.parts
    another_day = parts["another_day"]
    if proposal.can_be_carried_out:
        dated = sum(bool(change.dates) for change in proposal.changes)
        away = [
            _counted(dated, "visit goes to another day", "visits go to another day"),
            _counted(another_day - dated, "visit is called off", "visits are called off"),
        ]
    else:
        away = [_counted(another_day, "visit has no place on this day", "visits have no place on this day")]
    longer = sum(map(takes_longer, proposal.changes))
    said = [
        _counted(
            parts["left_alone"], "patient in the chair can't be served", "patients in chairs can't be served"
        ),
        *away,
        _counted(parts["moved"], "is moved", "are moved")
        + (f", by {parts['minutes_moved']} minutes in all" if parts["moved"] else ""),
        _counted(longer, "takes longer", "take longer"),
        _counted(parts["kept"] - longer, "keeps its time", "keep their time"),
        _counted(parts["given_up"], "held time is given up", "held times are given up"),
    ]
    staff = [
        _counted(parts["other_nurses"], "gets other nurses", "get other nurses"),
        _counted(parts["other_chairs"], "gets another chair", "get another chair"),
    ]
    counted = _counted(len(proposal.changes), "visit changes", "visits change")
    others = " and ".join(part for part in staff if part)
    whom = f"Among these {len(proposal.changes)}, " if len(proposal.changes) > 1 else "Of these "
    among = f" {whom}{others}." if others else ""
    return f"{counted}: {'; '.join(part for part in said if part)}.{among}"


def takes_longer(change: Change) -> bool:
    return change.outcome == Outcome.KEPT and change.to is not None and change.to.end > change.was.end


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def quality_words(proposal: Proposal) -> str:
    """How good the plan is, in plain words; never better than it is."""
    if not proposal.cost:
        return "Nobody is disturbed."
    if not proposal.gap:
        return "No plan disturbs anybody less."
    share = ceil(proposal.gap * 1000) / 10
    return (
        f"The best found in {proposal.seconds} s:"
        f" another plan could spare at most {share:g} % of the disturbance."
    )
