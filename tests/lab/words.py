"""Count of retired words by document and package: `.venv/bin/python -m lab.words`, from `tests/`."""

from collections import Counter

from cli.documents import documents
from toolchain.environments import CHECKOUT
from unit.words import PACKAGES, in_document, in_module


def main() -> None:
    """Print the number of findings of each document and of each package's own modules."""
    counts = Counter({str(file.relative_to(CHECKOUT)): len(in_document(file)) for file in documents()})
    for package in PACKAGES:
        counts[package] = sum(len(in_module(file)) for file in (CHECKOUT / package).glob("*.py"))
    for name, count in counts.most_common():
        if count:
            print(f"{count:4} {name}")


if __name__ == "__main__":
    main()
