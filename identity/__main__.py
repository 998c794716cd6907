"""The identity layer: who may do what in one Google Cloud project.

Only wiring: settings, components, contract. What runs in the project is the platform layer's and the apps' matter.
"""

import pulumi

from identity_layer import adoption, contract, foundation, layer, settings
from identity_layer.apis import Apis, ApisArgs


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    adopted = adoption.Adoption(stack.adopted)
    apis = Apis("api", ApisArgs(stack.project))

    # What binds identity-deploy, and is therefore the administrators' to change.
    base = foundation.base(stack, pulumi.get_stack(), apis)
    accounts = foundation.layer_accounts(base)
    nodes = foundation.node_account(base, accounts["platform-deploy"])
    data_keys = foundation.data_keys(base)
    states = foundation.states(base)
    access = foundation.state_access(states, accounts)
    grantor = foundation.grantor(states, accounts["identity-deploy"])
    guards = foundation.guard_rails(base, accounts)

    # What changes day by day.
    accounts |= layer.app_accounts(base) | layer.image_accounts(base)
    access += layer.app_state_access(states, accounts)
    workloads = layer.workload_accounts(base)
    secrets = layer.app_secrets(base, workloads)
    teams = layer.team_grants(base)
    emergency = layer.break_glass(base)
    contracts = layer.contract_secrets(base, accounts)

    promised = [apis, base.foundation, base.roles, base.federation, base.builds, nodes, data_keys, grantor]
    promised += [*guards, *access]
    promised += [*accounts.values(), *workloads.values(), *secrets, *teams.values(), *emergency, *contracts.values()]
    publication = contract.Publication(
        "contract-identity-version",
        contract.PublicationArgs(contracts["identity"].path, contract.build(stack), promised),
    )
    pulumi.export("contract", publication.document)
    adopted.check()


main()
