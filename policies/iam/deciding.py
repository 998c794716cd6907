"""Types of resources that decide who may do what: grants, roles, accounts, bindings in a cluster, and what denies."""

from typing import Final

from iam import grants

CUSTOM_ROLES: Final = ("gcp:projects/iAMCustomRole:IAMCustomRole", "gcp:organizations/iAMCustomRole:IAMCustomRole")
RBAC: Final = "kubernetes:rbac.authorization.k8s.io/v1:"
# Other resources that control access: a change of one is named only, since its meaning does not fit a line.
OTHERS: Final = {
    "gcp:iam/denyPolicy:DenyPolicy": "what nobody may do",
    "gcp:iam/workloadIdentityPool:WorkloadIdentityPool": "who comes in from outside",
    "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider": "who comes in from outside",
    "gcp:orgpolicy/policy:Policy": "what may be set up at all",
}
_ACCOUNTS: Final = ("gcp:serviceaccount/account:Account", "gcp:serviceaccount/key:Key")


def gives_access(token: str) -> bool:
    """Return whether resources of a type decide who may do what."""
    return grants.declares(token) or token in (*CUSTOM_ROLES, *OTHERS, *_ACCOUNTS) or token.startswith(RBAC)
