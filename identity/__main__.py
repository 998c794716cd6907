"""The identity layer: who may do what in one Google Cloud project.

Only wiring: settings, components, contract. What runs in the project is the platform layer's and the apps' matter.
"""

import pulumi

from identity_layer import contract, layer, settings
from identity_layer.apis import Apis, ApisArgs
from identity_layer.custom_roles import CustomRoles, CustomRolesArgs


def main() -> None:
    """Declares the stack."""
    stack = settings.load()
    apis = Apis("api", ApisArgs(stack.project))
    roles = CustomRoles("role", CustomRolesArgs(stack.project, apis.enabled("iam")))
    base = layer.Foundation(stack, apis, roles)

    accounts = layer.ci_accounts(base)
    nodes = layer.node_account(base, accounts)
    workloads = layer.workload_accounts(base)
    teams = layer.team_grants(base)
    secrets = layer.contract_secrets(base, accounts)

    promised = [apis, roles, nodes, *accounts.values(), *workloads.values(), *teams.values(), *secrets.values()]
    publication = contract.Publication(
        "contract-identity-version",
        contract.PublicationArgs(secrets["identity"].path, contract.build(stack), promised),
    )
    pulumi.export("contract", publication.document)


main()
