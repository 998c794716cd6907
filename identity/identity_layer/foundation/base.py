"""The base of every part of the foundation: settings, APIs, custom roles and workload identity pools."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from identity_layer.ci_account import Pipeline
from identity_layer.foundation.apis import Apis
from identity_layer.foundation.custom_roles import CustomRoles
from identity_layer.foundation.federation import Federation
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.foundation.organization_policies import OrganizationPolicies
from identity_layer.role import Role


@dataclass(frozen=True)
class Base:
    """The settings of the stack, and the resources that exist before everything else.

    Attributes:
        settings: the stack's.
        environment: part of the names of GitHub's environments.
        apis: the enabled APIs.
        foundation: the parent component of the foundation (foundation.py).
        roles: the custom roles.
        federation: the workload identity pool of jobs that preview and deploy.
        builds: the workload identity pool of jobs that build images.
        policies: the organisation policies; None outside of an organisation.
    """

    settings: FoundationSettings
    environment: str
    apis: Apis
    foundation: pulumi.ComponentResource
    roles: CustomRoles
    federation: Federation
    builds: Federation
    policies: OrganizationPolicies | None

    def in_foundation(self, *apis: str) -> pulumi.ResourceOptions:
        """Options of a part of the foundation that needs these APIs ("iam")."""
        return pulumi.ResourceOptions(parent=self.foundation, depends_on=self.apis.enabled(*apis))

    def project_roles(self, role_names: frozenset[str]) -> list[Role]:
        """The roles of these names as in grants.py, in a stable order."""
        return [self.roles.role(name) for name in sorted(role_names)]

    @property
    def pipeline(self) -> Pipeline:
        """The jobs that may use CI accounts."""
        after: Sequence[pulumi.Resource] = self.apis.enabled("iam", "iamcredentials", "cloudresourcemanager")
        settings = self.settings
        return Pipeline(
            settings.project,
            settings.project_number,
            settings.github.branch,
            self.environment,
            after,
            [self.federation.provider],
        )
