"""Durations of the suite by kind of test, as its last complete run recorded them (`tests/durations.json`)."""

import os
from collections.abc import Mapping

import durations
from lab.bench.tables import Table

_COLUMNS = ("kind", "files that take long", "together", "of all", "the longest")


def measured() -> Table:
    """Table of the kinds, and of all with the shortest time that the cores of this machine permit."""
    return Table("suite", _COLUMNS, rows(durations.expected(), os.cpu_count() or 1))


def rows(seconds: Mapping[str, int], cores: int) -> list[list[str]]:
    """Rows of the table.

    Args:
        seconds: of each file of tests, by its path.
        cores: of the machine.
    """
    kinds: dict[str, dict[str, int]] = {}
    for file, took in seconds.items():
        kinds.setdefault(file.partition("/")[0], {})[file] = took
    everything = sum(seconds.values())
    listed = [
        _row(f"`{kind}/`", files, everything)
        for kind, files in sorted(kinds.items(), key=lambda item: -sum(item[1].values()))
    ]
    # No file runs on two cores.
    shortest = max(everything / cores, *seconds.values())
    return [*listed, [f"all, on {cores} cores at best", str(len(seconds)), _minutes(shortest), "", ""]]


def _row(kind: str, files: Mapping[str, int], everything: int) -> list[str]:
    longest = max(files, key=lambda file: files[file])
    together = sum(files.values())
    return [kind, str(len(files)), _minutes(together), f"{together / everything:.0%}", f"{longest}, {files[longest]} s"]


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f} min"
