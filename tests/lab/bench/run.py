"""One run of the benchmark: part after part, and at the end all tables at once.

A part that fails or takes too long is reported, and the others are measured all the same. An interrupted run writes
nothing, so the document never mixes two runs without their dates.
"""

import traceback
from collections.abc import Sequence
from pathlib import Path

from lab.bench import tables
from lab.bench.limit import TimeLimitError, limited
from lab.bench.parts import Part, Sizes
from lab.bench.place import Place
from lab.bench.tables import Table
from toolchain.errors import ToolError
from toolchain.progress import say


def measure(parts: Sequence[Part], place: Place, sizes: Sizes, circumstances: str, file: Path = tables.README) -> int:
    """Measure parts and write their tables; return 1 when one of them failed.

    Args:
        parts: in their order.
        place: of the run.
        sizes: to measure at.
        circumstances: date and machine, as the tables show them.
        file: the document.
    """
    made: list[Table] = []
    failed: dict[str, str] = {}
    for number, part in enumerate(parts, start=1):
        say(f"[{number}/{len(parts)}] {_announced(part, parts[number:])}")
        try:
            with limited(part.longest):
                for table in part.tables(place, sizes):
                    tables.show(table)
                    made.append(table)
        except (ToolError, TimeLimitError) as error:
            failed[part.name] = str(error)
            say(f"error: {part.name}: {error}")
        except Exception as error:  # noqa: BLE001  a defect of one part is no reason to lose the others
            failed[part.name] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
    tables.write(made, circumstances, file)
    say(f"{len(made)} tables written: {file}")
    for name, reason in failed.items():
        say(f"{name} was not measured, so its old tables stay: {reason.splitlines()[0]}")
    return 1 if failed else 0


def _announced(part: Part, following: Sequence[Part]) -> str:
    left = sum(each.minutes for each in following)
    then = f", then about {left:g} for the others" if left else ""
    return f"{part.name}: {part.measures} (usually {part.minutes:g} minutes{then}) …"
