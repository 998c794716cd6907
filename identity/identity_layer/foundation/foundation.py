"""The foundation's first part: its parent component, the APIs with the policies that go before some of them, the custom
roles and the federation with GitHub.
"""

import pulumi

from identity_layer import names
from identity_layer.foundation import federation, organization_policies
from identity_layer.foundation.apis import Apis
from identity_layer.foundation.base import Base
from identity_layer.foundation.custom_roles import CustomRoles, CustomRolesArgs
from identity_layer.foundation.federation import Federation
from identity_layer.foundation.foundation_settings import FoundationSettings


class Foundation(pulumi.ComponentResource):
    """The parent of everything that administrators alone change."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Foundation", name, None, opts)
        self.register_outputs({})


def base(settings: FoundationSettings, environment: str) -> Base:
    """The APIs, custom roles and workload identity pools, on which all other resources depend."""
    apis, foundation = Apis("api", settings.project), Foundation("foundation")
    policies = organization_policies.create(settings, foundation, apis.enabled("orgpolicy"))
    apis.enable_machines(policies.first if policies else ())
    child = pulumi.ResourceOptions(parent=foundation, depends_on=apis.enabled("iam", "sts", "iamcredentials"))
    roles = CustomRoles("role", CustomRolesArgs(settings.project, apis.enabled("iam")), opts=child)
    github = Federation(names.POOL, federation.deployments(settings.project, settings.github), opts=child)
    builds = Federation(names.BUILD_POOL, federation.builds(settings.project, settings.github), opts=child)
    return Base(settings, environment, apis, foundation, roles, github, builds, policies)
