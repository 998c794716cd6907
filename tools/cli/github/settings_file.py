"""The repository's settings on GitHub as committed in `.github/settings.yaml`: the file's form."""

import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from cli import yaml_file
from cli.github.client import Json
from toolchain.environments import CHECKOUT

FILE = CHECKOUT / ".github" / "settings.yaml"


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class Part(_Document):
    """Settings of a repository.

    Attributes:
        repository: as in "Update a repository".
        actions: settings of Actions, by the last part of their address.
        rulesets: as in "Create a repository ruleset"; an actor of the type Team has an owner in place of its number.
    """

    repository: Json = Field(default_factory=dict)
    actions: dict[str, Json] = Field(default_factory=dict[str, Json])
    rulesets: tuple[Json, ...] = ()


class Settings(Part):
    """Content of the file.

    Attributes:
        private: further settings of a private or internal repository.
        public: further settings of a public repository.
        without: what is open while a setting is not in force, by the first word of its name.
        owners: teams on GitHub by owner of an environment; a team's apps are owned by the team of that name.
    """

    private: Part
    public: Part
    without: dict[str, str]
    owners: dict[str, str]

    def team(self, owner: str) -> str:
        """The team that answers for `identity`, `platform`, `storage` or `apps-<team>`."""
        return self.owners.get(owner) or owner.removeprefix("apps-")

    def consequence(self, name: str) -> str:
        """Consequence while a setting is not in force: of the setting itself, or of its kind."""
        return self.without.get(name) or self.without[re.split("[ /]", name)[0]]

    def of(self, *, private: bool) -> Part:
        """Settings of a private or of a public repository."""
        own = self.private if private else self.public
        return Part(
            repository={**self.repository, **own.repository},
            actions={**self.actions, **own.actions},
            rulesets=(*self.rulesets, *own.rulesets),
        )


def load(file: Path = FILE) -> Settings:
    """The committed settings.

    Raises `ToolError` when the file is invalid.
    """
    return yaml_file.load(file, Settings.model_validate, "nothing on GitHub was touched")
