"""Resources that the gate protects, and limits for the size of a change: plan_rules.yaml."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from engine import data

FILE = Path(__file__).resolve().parents[1] / "plan_rules.yaml"

Count = Annotated[int, Field(ge=0)]
Why = Annotated[str, Field(min_length=5)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Limits(_Document):
    """Number of resources of a stack that one update may delete, replace and change, and of lines of access."""

    delete: Count
    replace: Count
    update: Count
    access: Count


class Overwritten(_Document):
    """Type of which the provider creates a resource over an existing one.

    Attributes:
        identity: inputs that say which object it is; the provider's `project` stands in for one that is not given.
        deleted_if: input without which a deletion leaves the object; empty where a deletion always deletes.
    """

    identity: Annotated[tuple[str, ...], Field(min_length=1)]
    deleted_if: str = ""


class Settings(_Document):
    """Content of plan_rules.yaml, which explains its parts."""

    protected: dict[str, Why]
    restorable: dict[str, Why]
    limits: dict[str, Limits]
    irreversible: dict[str, dict[Literal["create", "delete"], Why]]
    overwritten: dict[str, Overwritten]


@cache
def settings(file: Path = FILE) -> Settings:
    """Return the settings.

    Raises:
        engine.data.DataError: the file cannot be used.
    """
    return data.load(file, Settings)
