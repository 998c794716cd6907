"""One model of access, for the policy pack, the plan gate, the audit and the answers of `make access`.

It owns kinds of resources, grants, principals, conditions, deny rules, the cluster's Roles, escalating permissions, and
the impersonation graph. It imports no package that is built on it, and shares no code with the simulated cloud,
so that each can reveal faults of the other.
"""
