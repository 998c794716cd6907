"""A project of which organisation policies hold before Compute is enabled, so that Google makes nothing in it."""

import example_tenant as example
from sandbox.cloud.store import Store, StoredResource

_CONSTRAINTS = ("compute.skipDefaultNetworkCreation", "iam.automaticIamGrantsForDefaultServiceAccounts")


def prevent(store: Store) -> None:
    """Puts the policies into a cloud."""
    for constraint in _CONSTRAINTS:
        name = f"//orgpolicy.googleapis.com/projects/{example.PROJECT}/policies/{constraint}"
        spec = {"spec": {"rules": [{"enforce": True}]}}
        store.put(StoredResource(name, "orgpolicy.projects.policies", spec, {}))
