"""Differences between a judge's findings and the planted violations, each with the reason why."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from lab.judges.planted import Planted
from lab.judges.protocol import Found

FILE = Path(__file__).with_name("differences.yaml")


class Explained(BaseModel):
    """Variant of a resource that a judge evaluates in another way than planted, and the reason."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: str
    variant: str
    reason: Annotated[str, Field(min_length=20)]


def explained() -> list[Explained]:
    """All explained differences of the file."""
    return TypeAdapter(list[Explained]).validate_python(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def missed(planted: Planted, found: frozenset[Found]) -> Sequence[str]:
    """The planted variants that were not found, each once."""
    return sorted({variant.what for key, variant in planted.violations.items() if key not in found})


def false(planted: Planted, found: frozenset[Found]) -> Sequence[Found]:
    """Findings in resources that comply."""
    return sorted(key for key in found if key not in planted.violations)
