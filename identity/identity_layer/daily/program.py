"""The program of daily work: teams, apps with their accounts and secrets, contracts, break-glass.

Only wiring: settings, the foundation's contract, components, contract.
"""

import pulumi

from identity_layer import contract
from identity_layer.daily import accounts, app_secret, break_glass, contracts, daily_fit, team_grants, upstream
from identity_layer.daily.base import Base
from identity_layer.environment import FOUNDATION
from identity_layer.foundation.foundation_settings import FoundationSettings
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption
from identity_layer.settings import Settings


def declare() -> None:
    """Declares the stack."""
    stack = FOUNDATION.load(Settings, FoundationSettings)
    foundation = upstream.FOUNDATION.read(stack.project)
    daily_fit.check(stack, foundation)
    adopted = Adoption("identity", stack.adopted)

    base = Base(stack, foundation, pulumi.get_stack())
    ci, builds = accounts.of_ci(base), accounts.of_builds(base)
    access = accounts.state_access(base, ci)
    workloads = accounts.of_workloads(base)
    secrets = app_secret.create(base, workloads)
    teams = team_grants.create(base)
    emergency = break_glass.create(base)
    published = contracts.create(base, ci)

    promised = [*ci.values(), *builds.values(), *access, *workloads.values(), *secrets, *teams.values(), *emergency]
    document = contract.build(stack, foundation.project).document()
    payload = producer.payload(document, "nothing was planned or changed")
    producer.Publication(
        "contract-identity-version",
        producer.PublicationArgs("identity", published["identity"].path, payload, [*promised, *published.values()]),
    )
    pulumi.export("contract", document)
    adopted.check()
