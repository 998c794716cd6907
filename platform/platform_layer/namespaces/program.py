"""The program of the stack with a team's namespaces.

Only wiring: settings, the contracts of the team, of network and cluster and of the datastores, components, contract.
"""

import pulumi

from platform_layer import stacks
from platform_layer.kit import producer
from platform_layer.kit.adoption import Adoption
from platform_layer.namespaces import (
    app_namespaces,
    cluster_access,
    logins,
    namespaces_contract,
    namespaces_fit,
    upstream,
)
from platform_layer.namespaces.registry import Registry, RegistryArgs
from platform_layer.namespaces.team_settings import TeamSettings


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(TeamSettings)
    stacks.NAMESPACES.environment(pulumi.get_stack(), stack.team)
    team = upstream.TEAM.of(stack.team).read(stack.project)
    platform = upstream.PLATFORM.read(stack.project)
    storage = upstream.storage(team)
    namespaces_fit.check(stack, team, platform, storage)
    adopted = Adoption("platform", stack.adopted)

    provider = cluster_access.provider(stack.project, platform.cluster)
    images = Registry(
        "images", RegistryArgs(stack.project, stack.region, stack.team, team.team.images, platform.registry_key)
    )
    namespaces = app_namespaces.create(stack, team, platform.quota.settings(), provider)
    users = logins.create(stack.project, team, storage)

    document = namespaces_contract.build(stack, team, platform, storage)
    producer.publish(
        "platform",
        "namespaces",
        stack.project,
        pulumi.Output.from_input(document),
        [images, *namespaces, *users],
        team=stack.team,
    )
    pulumi.export("contract", document)
    adopted.check()
