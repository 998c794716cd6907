"""`make bench`: measures the cost of everything, on this machine, in one run.

Each time is shown beside a floor of the same run, or beside the same work done in another manner. Nothing is asserted,
because timings on a shared machine vary. Without arguments all parts are measured. The tables go into README.md.
"""

import argparse
import sys
from dataclasses import replace

import example_checkout
from lab.bench import place, quiet, run, tables
from lab.bench.parts import GROUPS, LONGEST, PARTS, USUAL, Sizes, chosen
from toolchain.progress import say

_DESCRIPTION = f"""\
Measure what everything costs. All parts take about {USUAL} minutes on two idle cores; a part that takes three times as
long as usual is ended, so a run takes at most {LONGEST} minutes. The exit code is 1 when a part failed.
"""


def _numbers(text: str) -> list[int]:
    return sorted({int(number) for number in text.split(",")})


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make bench", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    listed = [*(f"{part.name} ({part.measures})" for part in PARTS)]
    groups = [f"{name} ({', '.join(names)})" for name, names in GROUPS.items()]
    parser.add_argument("parts", nargs="*", metavar="part", help="; ".join([*listed, *groups]))
    parser.add_argument("--apps", type=_numbers, default="1,10,20", help="among how many apps one is measured")
    parser.add_argument("--resources", type=_numbers, default="100,1000,10000", help="how many the judges evaluate")
    parser.add_argument("--minutes", type=float, default=0, help="end each part after this time instead of its own")
    return parser


def main() -> int:
    """Measure the parts, print their tables and write them into README.md."""
    example_checkout.enter("lab.bench", sys.argv[1:])
    parser = _arguments()
    arguments = parser.parse_args()
    try:
        parts = chosen(arguments.parts)
    except KeyError as error:
        names = ", ".join([*(part.name for part in PARTS), *GROUPS])
        parser.error(f"there is no part {error.args[0]!r}, so nothing was measured; the parts are {names}")
    if arguments.minutes:
        parts = [replace(part, longest=arguments.minutes) for part in parts]
    circumstances = f"{tables.machine()}, {quiet.idle():.0%} idle before"
    try:
        with place.temporary() as here:
            return run.measure(parts, here, Sizes(arguments.apps, arguments.resources), circumstances)
    except KeyboardInterrupt:
        say(f"interrupted: nothing was written, so the tables of {tables.README.name} are those of an earlier run")
        return 130


if __name__ == "__main__":
    sys.exit(main())
