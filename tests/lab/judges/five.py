"""The five rules that every judge can express, by their names in the pack."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """Rule that all judges have.

    Attributes:
        name: its name in the pack, in Rego and in Cedar.
        type: the type of the resources that it concerns.
        check: its ID in checkov.
    """

    name: str
    type: str
    check: str


FIVE = (
    Rule("sql-not-public", "gcp:sql/databaseInstance:DatabaseInstance", "CKV_GCP_60"),
    Rule("bucket-private", "gcp:storage/bucket:Bucket", "CKV_GCP_29"),
    Rule("iam-no-basic-roles", "gcp:projects/iAMMember:IAMMember", "CKV_GCP_117"),
    Rule("network-firewall-closed", "gcp:compute/firewall:Firewall", "CKV_GCP_2"),
    Rule("gke-private-nodes", "gcp:container/cluster:Cluster", "CKV_GCP_64"),
)
NAMES = frozenset(rule.name for rule in FIVE)
