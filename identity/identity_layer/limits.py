"""Limits that Google sets on one project (limits.yaml), against which a program counts its settings before it plans.

A program knows its own stack alone. `make check` adds up the stacks of an environment.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from identity_layer.kit import strict_yaml


class Limit(BaseModel):
    """A limit: the counted items, their largest number, and the remedy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    most: int
    remedy: str


LIMITS: Mapping[str, Limit] = {
    name: Limit.model_validate(limit)
    for name, limit in strict_yaml.load(Path(__file__).with_name("limits.yaml")).content["limits"].items()
}


def exceeded(path: str, counts: Mapping[str, int]) -> Iterator[str]:
    """Problems with settings that exceed a limit.

    Args:
        path: the key of the settings in the stack file.
        counts: the number of items by limit.
    """
    for name, number in counts.items():
        limit = LIMITS[name]
        if number > limit.most:
            yield (
                f"{path}: {number:,} {limit.what}, and Google takes {limit.most:,}, so the update would end midway; "
                f"{limit.remedy}."
            )
