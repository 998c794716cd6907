"""The base of every part of daily work: settings, and the foundation's contract."""

from dataclasses import dataclass

from identity_layer.ci_account import Pipeline
from identity_layer.daily.upstream import FoundationContract
from identity_layer.role import Role, named
from identity_layer.settings import Settings


@dataclass(frozen=True)
class Base:
    """The settings of the stack, and what the foundation hands over.

    Attributes:
        settings: the stack's.
        foundation: the foundation's contract.
        environment: the stack's name, part of the names of GitHub's environments.
    """

    settings: Settings
    foundation: FoundationContract
    environment: str

    def role(self, name: str) -> Role:
        """The role of a name as in grants.py."""
        return named(self.settings.project, name)

    def project_roles(self, role_names: frozenset[str]) -> list[Role]:
        """The roles of these names as in grants.py, in a stable order."""
        return [self.role(name) for name in sorted(role_names)]

    @property
    def pipeline(self) -> Pipeline:
        """The jobs that may use CI accounts."""
        settings, foundation = self.settings, self.foundation
        return Pipeline(settings.project, foundation.project.number, foundation.github.branch, self.environment)
