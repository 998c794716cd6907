"""Every rule of the pack, in the order in which they are reported."""

from policy_pack import databases, iam, workloads
from policy_pack.rule import Rule

RULES: tuple[Rule, ...] = (
    iam.NO_BASIC_ROLES,
    iam.NO_KEYS,
    databases.PROTECTED,
    databases.BACKED_UP,
    databases.NOT_PUBLIC,
    workloads.NOT_PRIVILEGED,
)
