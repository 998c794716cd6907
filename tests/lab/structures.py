"""Keeps the structure of today's states for later comparisons: `.venv/bin/python -m lab.structures`, from `tests/`.

It is run when a component is made, renamed or moved, and the result is committed with that change. Structures that are
kept already stay: states of installations may still have them.
"""

from datetime import UTC, datetime

from toolchain.environments import CHECKOUT
from unit import structures


def main() -> None:
    """Write the structure under today's date."""
    print(structures.write(f"{datetime.now(UTC):%Y-%m-%d}").relative_to(CHECKOUT))


if __name__ == "__main__":
    main()
