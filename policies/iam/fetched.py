"""What somebody has to fetch beside the states: policies of the cloud, roles, groups. Here is only its form."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from audit.evidence import LivePolicy
from audit.merge import StateError


class _Fetched(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, validate_by_name=True)


class FetchedRole(_Fetched):
    """A role as `roles.get` answers."""

    title: str = ""
    included_permissions: tuple[str, ...] = ()


class Fetched(_Fetched):
    """Everything that was fetched for one environment.

    Attributes:
        environment: which.
        policies: the cloud's allow policies, those above the project included.
        above: what the project is in, nearest first, such as `folders/1`, `organizations/2`.
        roles: roles that policies name, by name; None for one that could not be read.
        groups: members by group ("group:…"); None for one whose members nobody could tell.
        gaps: what could not be fetched, a sentence each.
    """

    environment: str
    policies: tuple[LivePolicy, ...] = ()
    above: tuple[str, ...] = ()
    roles: Annotated[dict[str, FetchedRole | None], Field(default_factory=dict)]
    groups: Annotated[dict[str, tuple[str, ...] | None], Field(default_factory=dict)]
    gaps: tuple[str, ...] = ()


def read(file: Path) -> Fetched:
    """What was fetched.

    Raises:
        StateError: the file cannot be read as that.
    """
    try:
        return Fetched.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        raise StateError(
            f"{file.name} cannot be read as what was fetched of the cloud ({type(error).__name__}), so nothing can be "
            "answered. Fetch it again (`make access`)."
        ) from None
