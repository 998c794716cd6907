"""Serves the pack to the Pulumi engine. The rules are in policy_pack.

This process only lists them and never returns.
"""

from pulumi_policy import EnforcementLevel, PolicyPack

from policy_pack.rule import as_policy
from policy_pack.rules import RULES

PolicyPack(
    name="prodfirst-guardrails",
    enforcement_level=EnforcementLevel.MANDATORY,
    policies=[as_policy(rule) for rule in RULES],
)
