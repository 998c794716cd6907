"""The base of every part of a team's stack: settings, and the foundation's contract."""

from dataclasses import dataclass

from identity_layer.ci_account import Pipeline
from identity_layer.role import Role, all_named, named
from identity_layer.team.team_settings import Team, TeamSettings
from identity_layer.upstream import FoundationContract


@dataclass(frozen=True)
class Base:
    """The settings of the stack, and what the foundation hands over.

    Attributes:
        settings: the stack's.
        foundation: the foundation's contract.
        environment: part of the names of GitHub's environments.
    """

    settings: TeamSettings
    foundation: FoundationContract
    environment: str

    @property
    def team(self) -> Team:
        """The team."""
        return self.settings.team

    @property
    def apps_owner(self) -> str:
        """Owner of the CI accounts that preview and deploy the team's apps."""
        return f"apps-{self.team.name}"

    def role(self, name: str) -> Role:
        """The role of a name as in grants.py."""
        return named(self.settings.project, name)

    def project_roles(self, role_names: frozenset[str]) -> list[Role]:
        """The roles of these names as in grants.py, in a stable order."""
        return all_named(self.settings.project, role_names)

    @property
    def pipeline(self) -> Pipeline:
        """The jobs that may use CI accounts."""
        settings, foundation = self.settings, self.foundation
        return Pipeline(settings.project, foundation.project.number, foundation.github.branch, self.environment)
