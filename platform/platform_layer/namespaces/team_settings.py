"""Configuration of the stack with a team's namespaces: the model of Pulumi.namespaces-<team>-<environment>.yaml.

The team's apps are not configured here: they come from the identity layer (upstream.py).
"""

from pydantic import Field

from platform_layer.environment import Environment
from platform_layer.kit.scalars import TeamName
from platform_layer.namespaces.namespace_settings import AppNamespace


class TeamSettings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    team: TeamName = Field(
        examples=["shop"],
        description="Team whose apps' namespaces these are; the stack is named `namespaces-<team>-<environment>`",
    )
    namespaces: dict[str, AppNamespace] = Field(
        default_factory=dict[str, AppNamespace],
        examples=["{storefront: {quota: {pods: 40}, public: true}}"],
        description="Overrides for an app's namespace, by app: `{quota, public, retire}`; `quota` names what differs, "
        "`retire` the reason to remove it",
    )

    def namespace_of(self, app: str) -> AppNamespace:
        """Overrides for an app's namespace; empty by default."""
        return self.namespaces.get(app, AppNamespace())
