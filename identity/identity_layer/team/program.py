"""The program of a team's stack: accounts of CI, builds and apps, app secrets, and the contracts' secrets.

Only wiring: settings, the foundation's contract, components, contract.
"""

import pulumi

from identity_layer import stacks, upstream
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption
from identity_layer.team import accounts, app_secret, cluster_user, contracts, team_contract, team_fit
from identity_layer.team.base import Base
from identity_layer.team.team_settings import TeamSettings


def declare() -> None:
    """Declares the stack."""
    stack = stacks.load(TeamSettings)
    environment = stacks.TEAM.environment(pulumi.get_stack(), stack.team.name)
    foundation = upstream.FOUNDATION.read(stack.project)
    team_fit.check(stack, foundation)
    adopted = Adoption("identity", stack.adopted)

    base = Base(stack, foundation, environment)
    ci, builds = accounts.of_ci(base), accounts.of_builds(base)
    access = accounts.state_access(base, ci)
    workloads = accounts.of_workloads(base)
    secrets = [*app_secret.create(base, workloads), *contracts.create(base, ci)]

    promised = [cluster_user.create(base), *ci.values(), *builds, *access, *workloads.values(), *secrets]
    document = team_contract.build(base).document()
    producer.publish(
        "identity", "team", stack.project, pulumi.Output.from_input(document), promised, team=stack.team.name
    )
    pulumi.export("contract", document)
    adopted.check()
