"""A year of a synthetic clinic: booked by Chairside, by hand on paper, and the bound that nobody can beat.

    bin/bench clinic_year [--weeks 52] [--growth 1.0 1.2] [--way proposed earliest]

Everything about the patients comes from domain.md section 8 with a fixed seed (`clinic_year_demand`); each
way of booking meets the same calls, cancellations, no-shows and late arrivals (`clinic_year_life`).
Chairside is the real booking code on a real database (`clinic_year_real`); paper is first come, first served
by hand rules (`clinic_year_hand`); the bound is a linear programme (`clinic_year_bounds`).
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from typing import Final

from bench import scratch

scratch.migrate()

from bench.clinic_year_bounds import best_day, earliest_first_infusion  # noqa: E402 - needs Django
from bench.clinic_year_demand import CHAIRS, NURSES, UNITS, requests, sessions_by_protocol  # noqa: E402
from bench.clinic_year_hand import PaperBook, Rule  # noqa: E402
from bench.clinic_year_life import Year, counted_days, live, percentile  # noqa: E402
from bench.clinic_year_real import ChairsideDesk, Way  # noqa: E402

SEED: Final = 20270104
# The last one is the yardstick: the only rule by hand that never overloads the nurses and loses least by it.
PAPER: Final[list[tuple[int, Rule]]] = [(30, "heads"), (60, "heads"), (60, "double"), (30, "double")]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.clinic_year")
    parser.add_argument("--weeks", type=int, default=52, help="weeks of calls; the first six warm up")
    parser.add_argument("--growth", type=float, nargs="+", default=[1.0, 1.2], help="times the demand")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument(
        "--way", nargs="+", default=[*Way], choices=[*Way], type=Way, help="of booking a series"
    )
    asked = parser.parse_args(arguments)
    for growth in asked.growth:
        report(weeks=asked.weeks, growth=growth, seed=asked.seed, ways=asked.way)


def report(*, weeks: int, growth: float, seed: int, ways: Sequence[Way]) -> None:
    """One size of demand, all ways of booking."""
    calls = requests(weeks=weeks, growth=growth, seed=seed)
    counted = [call for call in calls if call.day in counted_days(weeks)]
    print(f"\n{weeks} weeks, demand x {growth}: {len(calls)} calls for", end=" ")
    print(f"{sum(call.sessions for call in counted) / len(counted_days(weeks)):.1f} sessions a working day")
    bound = best_day(sessions_by_protocol(), chairs=CHAIRS, nurses=NURSES, units=UNITS)
    earliest = [earliest_first_infusion(call) for call in counted]
    print(
        f"  bound: {bound.visits:.2f} visits a day"
        f" (nurses {bound.nurse_use:.0%}, chairs {bound.chair_use:.0%});"
        f" first infusion median {statistics.median(earliest):.0f} d, p90 {percentile(earliest, 0.9):.0f} d,"
        f" mean {statistics.mean(earliest):.1f} d"
    )
    print(HEADINGS)
    for rows, rule in PAPER:
        paper = live(
            f"paper {rows} {rule}", PaperBook(rows=rows, rule=rule), weeks=weeks, growth=growth, seed=seed
        )
        print(row(paper))
    for way in ways:
        desk = ChairsideDesk(weeks, calls, way)
        begun = time.monotonic()
        year = live(f"Chairside {way}", desk, weeks=weeks, growth=growth, seed=seed)
        seconds = time.monotonic() - begun
        print(row(year))
        print(
            f"    over {paper.name}: infusions {year.given_a_day / paper.given_a_day:.2f} times;"
            f" visits over the bound {statistics.mean(year.listed) / bound.visits:.2f};"
            f" days to the first infusion beyond the bound, mean"
            f" {statistics.mean(year.first_infusion_days) - statistics.mean(earliest):.1f}"
            f" (paper {statistics.mean(paper.first_infusion_days) - statistics.mean(earliest):.1f})"
        )
        print(
            f"    minutes over any capacity in the database: {desk.overloaded_minutes()} (target 0); medians:"
            f" a whole series proposed {milliseconds(desk.series_seconds):.0f} ms,"
            f" one session found and booked {milliseconds(desk.single_seconds):.0f} ms;"
            f" all in {seconds:.0f} s",
            flush=True,
        )


HEADINGS = (
    "  way of booking      visits  given   peak  over min  over d  chairs nurses"
    "  first inf. med/p90/mean  spaced booked/given  maint.  refused  wait med/p90  overtime mean/p90"
)


def row(year: Year) -> str:
    first = year.first_infusion_days
    return (
        f"  {year.name:18} {statistics.mean(year.listed):7.2f} {year.given_a_day:6.2f}"
        f" {year.peak_units:3}/{NURSES * UNITS} {year.overloaded_minutes:9} {year.overloaded_days:7}"
        f" {year.chair_use:7.0%} {year.nurse_use:6.0%}"
        f" {statistics.median(first):9.0f} {percentile(first, 0.9):5.0f} {statistics.mean(first):8.1f}"
        f" {share(year.spaced_as_booked):>12} {share(year.spaced_as_given):>6}"
        f" {share(year.maintenance_in_time):>7} {year.refused[0]:8}"
        f" {statistics.median(year.waits):8.0f} {percentile(year.waits, 0.9):5.0f}"
        f" {statistics.mean(year.overtime):11.0f} {percentile(year.overtime, 0.9):5.0f}"
    )


def share(part_of: tuple[int, int]) -> str:
    return f"{part_of[0] / part_of[1]:.0%}" if part_of[1] else "-"


def milliseconds(seconds: Sequence[float]) -> float:
    return 1000 * statistics.median(seconds) if seconds else 0.0


if __name__ == "__main__":
    main(sys.argv[1:])
