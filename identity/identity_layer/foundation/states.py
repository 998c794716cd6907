"""The states of all owners: for each a key and a bucket, and access to both."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.foundation import encryption_keys
from identity_layer.foundation.base import Base
from identity_layer.foundation.encryption_keys import KeyRing, KeyRingArgs, KeyUser
from identity_layer.foundation.layer_accounts import FOR_EACH_TEAM, OWNERS
from identity_layer.foundation.state_store import (
    RING,
    StateAccess,
    StateAccessArgs,
    StateStore,
    StateStoreArgs,
    StateUser,
)
from identity_layer.service_account import ServiceAccount


@dataclass(frozen=True)
class States:
    """The keys and buckets of the states, by layer."""

    base: Base
    keys: KeyRing
    stores: dict[str, StateStore]

    def access(self, layer: str, holder: str, user: StateUser) -> StateAccess:
        """Access to the state of a layer; `holder` names the grant."""
        settings = self.base.settings
        exists: list[pulumi.Resource] = [self.stores[layer].bucket, self.keys.keys[layer]]
        arguments = StateAccessArgs(
            settings.project, settings.region, layer, user, self.base.roles.role("stateLister"), exists
        )
        return StateAccess(f"state-{layer}-{holder}", arguments, opts=self.base.in_foundation())


def create(base: Base) -> States:
    """For each layer a key, which also encrypts the secrets in the state, and a bucket."""
    users = {"storage": KeyUser(_storage_agent(base), encryption_keys.USE, after=base.apis.enabled("storage"))}
    keys = KeyRing(
        "state",
        KeyRingArgs(base.settings.project, base.settings.region, RING, dict.fromkeys(names.STATES, users)),
        opts=base.in_foundation("cloudkms", "storage"),
    )
    stores = {
        layer: StateStore(
            f"state-{layer}",
            StateStoreArgs(
                project=base.settings.project,
                location=base.settings.region,
                layer=layer,
                after=[keys.keys[layer], *keys.granted[layer]],
            ),
            opts=base.in_foundation("storage"),
        )
        for layer in names.STATES
    }
    return States(base, keys, stores)


def _storage_agent(base: Base) -> pulumi.Output[str]:
    """The account as which Cloud Storage encrypts, as a member of a policy.

    Google makes it at the first request for it; its address alone could not be granted anything yet.
    """
    [api] = base.apis.enabled("storage")
    agent = gcp.storage.get_project_service_account_output(
        project=base.settings.project, opts=pulumi.InvokeOutputOptions(depends_on=[api])
    )
    # A preview forgets that the answer depends on the API, and the update that follows its plan must not know better.
    return pulumi.Output.all(agent.member, api.urn).apply(lambda known: str(known[0]))


def layer_access(states: States, accounts: Mapping[str, ServiceAccount]) -> list[StateAccess]:
    """Access of the accounts of CI to the states of their stacks, and of the administrators to all.

    Nobody but an administrator writes the foundation's own state: identity-preview reads it. Access of a team to the
    state of its apps is in its stack (team/accounts.py).
    """
    base = states.base
    reader, writer = base.roles.role("stateReader"), base.roles.role("stateWriter")
    # The key of a stack is made once, by an administrator, and whoever runs the stack only decrypts it; the key of a
    # team's stack by its first deployment.
    administrators = StateUser(f"group:{base.settings.administrators}", writer, encryption_keys.USE)
    granted = [states.access(layer, "administrators", administrators) for layer in names.STATES]
    own = {layer: {"preview": reader, "deploy": writer} for layer in OWNERS}
    for layer, roles in {names.FOUNDATION: {"preview": reader}, **own}.items():
        owner = "identity" if layer == names.FOUNDATION else layer
        for kind, role in roles.items():
            account = accounts[f"{owner}-{kind}"]
            makes_keys = kind == "deploy" and layer in FOR_EACH_TEAM
            key_role = encryption_keys.USE if makes_keys else encryption_keys.DECRYPT
            user = StateUser(account.member, role, key_role, after=[account.account])
            granted.append(states.access(layer, kind, user))
    return granted
