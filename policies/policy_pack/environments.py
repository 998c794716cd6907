"""Production environments as environments.yaml declares them; the pack reads the file itself."""

import re
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from engine import data

FILE = Path(__file__).resolve().parents[1] / "environments.yaml"
# The environment of every machine, which the file does not list.
SANDBOX = "sandbox"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Environment(_Document):
    """Environment.

    Attributes:
        name: its name, as in the names of stack files.
        production: whether its databases must survive the loss of a zone.
        reviewed: whether the owning team approves each deployment; no rule of the pack reads it.
        wait_minutes: delay of a deployment after the approval; no rule of the pack reads it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$")]
    production: bool = False
    reviewed: bool = False
    wait_minutes: Annotated[int, Field(alias="waitMinutes", ge=0, le=43_200)] = 0


class Environments(_Document):
    """All environments, in the order in which a change reaches them."""

    environments: Annotated[list[Environment], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        names = [environment.name for environment in self.environments]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"{', '.join(twice)} is listed more than once; remove one entry")
        return self

    def of_stack(self, stack: str) -> str:
        """Return the environment that a stack's name is or ends with, the longest where several fit; empty for none."""
        names = [SANDBOX, *(environment.name for environment in self.environments)]
        return max((name for name in names if f"-{stack}".endswith(f"-{name}")), key=len, default="")

    def is_production(self, stack: str) -> bool:
        """Return whether a stack is subject to the rules of production.

        A stack is named like its environment, or has the environment as the first or last part of its name
        (`storefront-prod`). A stack of an unlisted environment counts as production: to rename or forget an environment
        must not switch a rule off.
        """
        of = [
            environment
            for environment in self.environments
            if re.fullmatch(rf"(.+-)?{re.escape(environment.name)}(-.+)?", stack)
        ]
        return not of or any(environment.production for environment in of)


ENVIRONMENTS = data.load(FILE, Environments)
