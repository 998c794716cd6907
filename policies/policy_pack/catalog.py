"""All rules of the pack, in the order in which they are reported and documented."""

from policy_pack.rule import Policy, Rule, StackRule
from policy_pack.rules import (
    datastores,
    disruption,
    drift,
    gke,
    gke_maintenance,
    gke_nodes,
    iam_accounts,
    iam_conditions,
    iam_grants,
    kms,
    layers,
    namespaces,
    network,
    own,
    pods,
    rbac,
    registry,
    safeguards,
    secrets,
    sql,
    sql_settings,
    storage,
    teams,
    waiver,
    workloads,
)

_FILES = (
    layers,
    own,
    teams,
    iam_grants,
    iam_conditions,
    iam_accounts,
    safeguards,
    sql,
    sql_settings,
    datastores,
    kms,
    storage,
    secrets,
    gke,
    gke_maintenance,
    gke_nodes,
    network,
    registry,
    namespaces,
    rbac,
    pods,
    workloads,
    disruption,
    waiver,
    drift,
)
# Every function with a rule's decorator is a rule, so that no list of rules can be incomplete.
POLICIES: tuple[Policy, ...] = tuple(
    value for file in _FILES for value in vars(file).values() if isinstance(value, Policy)
)
RULES: tuple[Rule, ...] = tuple(policy for policy in POLICIES if isinstance(policy, Rule))
STACK_RULES: tuple[StackRule, ...] = tuple(policy for policy in POLICIES if isinstance(policy, StackRule))
# The rules on security's lists are not waived.
WAIVABLE: tuple[str, ...] = tuple(
    policy.name for policy in POLICIES if not policy.name.startswith(("waiver-", "drift-"))
)
