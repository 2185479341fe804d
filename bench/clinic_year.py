"""A year of a synthetic clinic: booked by Chairside, by hand on paper, and the bound that nobody can beat.

python3 -m embedded scratch .venv/bin/python -m bench.clinic_year [--weeks 52] [--growth 1.0 1.2]

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

from bench import scratch

scratch.migrate()

from bench.clinic_year_bounds import best_day, earliest_first_infusion  # noqa: E402 - needs Django
from bench.clinic_year_demand import CHAIRS, NURSES, UNITS, requests, sessions_by_protocol  # noqa: E402
from bench.clinic_year_hand import PaperBook  # noqa: E402
from bench.clinic_year_life import Year, counted_days, live, percentile  # noqa: E402
from bench.clinic_year_real import ChairsideDesk  # noqa: E402

SEED = 20270104
# The last one is the yardstick: the only rule by hand that never overloads the nurses and loses least by it.
PAPER = [(30, "heads"), (60, "heads"), (60, "double"), (30, "double")]


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="bench.clinic_year")
    parser.add_argument("--weeks", type=int, default=52, help="weeks of calls; the first six warm up")
    parser.add_argument("--growth", type=float, nargs="+", default=[1.0, 1.2], help="times the demand")
    parser.add_argument("--seed", type=int, default=SEED)
    asked = parser.parse_args(arguments)
    for growth in asked.growth:
        report(weeks=asked.weeks, growth=growth, seed=asked.seed)


def report(*, weeks: int, growth: float, seed: int) -> None:
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
    papers = []
    for rows, rule in PAPER:
        book = PaperBook(rows=rows, rule=rule)
        papers.append(live(f"paper {rows} {rule}", book, weeks=weeks, growth=growth, seed=seed))
    desk = ChairsideDesk(weeks, calls)
    begun = time.monotonic()
    chairside = live("Chairside", desk, weeks=weeks, growth=growth, seed=seed)
    seconds = time.monotonic() - begun
    print(HEADINGS)
    for year in [*papers, chairside]:
        print(row(year))
    yardstick = papers[-1]
    print(
        f"  Chairside / paper 30 double: sessions {chairside.given_a_day / yardstick.given_a_day:.2f};"
        f" Chairside / bound: visits {statistics.mean(chairside.listed) / bound.visits:.2f} a day;"
        f" days to the first infusion, mean, beyond the bound"
        f" {statistics.mean(chairside.first_infusion_days) - statistics.mean(earliest):.1f}"
        f" (paper {statistics.mean(yardstick.first_infusion_days) - statistics.mean(earliest):.1f})"
    )
    print(
        f"  minutes over capacity in the database, all resources: {desk.overloaded_minutes()} (target 0);"
        f" a whole series proposed: median {milliseconds(desk.series_seconds):.0f} ms;"
        f" one session found and booked: median {milliseconds(desk.single_seconds):.0f} ms;"
        f" all in {seconds:.0f} s"
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
