"""The identity layer: who may do what in one Google Cloud project.

Only wiring: settings, components, contract. The platform layer and the apps decide what runs in the project.
"""

import pulumi

from identity_layer import contract, settings
from identity_layer.apis import Apis, ApisArgs
from identity_layer.daily import accounts, app_secret, break_glass, contract_secret, team_grants
from identity_layer.foundation import data_keys, foundation, grantor, guard_rails, layer_accounts, states
from identity_layer.kit import producer
from identity_layer.kit.adoption import Adoption


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    adopted = Adoption("identity", stack.adopted)
    apis = Apis("api", ApisArgs(stack.project))

    # The foundation binds identity-deploy, and is therefore changed by administrators only.
    base = foundation.base(stack, pulumi.get_stack(), apis)
    ci = layer_accounts.of_ci(base)
    nodes = layer_accounts.of_nodes(base, ci["platform-deploy"])
    keys = data_keys.create(base)
    stored = states.create(base)
    access = states.layer_access(stored, ci)
    grants = grantor.create(stored, ci["identity-deploy"])
    guards = guard_rails.create(base, ci)

    # Daily work.
    ci |= accounts.of_ci(base) | accounts.of_builds(base)
    access += accounts.state_access(stored, ci)
    workloads = accounts.of_workloads(base)
    secrets = app_secret.create(base, workloads)
    teams = team_grants.create(base)
    emergency = break_glass.create(base)
    contracts = contract_secret.create(base, ci)

    promised = [apis, base.foundation, base.roles, base.federation, base.builds, nodes, keys, grants, *guards, *access]
    promised += [*ci.values(), *workloads.values(), *secrets, *teams.values(), *emergency, *contracts.values()]
    document = contract.build(stack).document()
    payload = producer.payload(document, "nothing was planned or changed")
    producer.Publication(
        "contract-identity-version",
        producer.PublicationArgs("identity", contracts["identity"].path, payload, promised),
    )
    pulumi.export("contract", document)
    adopted.check()


main()
