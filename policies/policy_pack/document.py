"""The tables of rules in README.md, made from the code."""

from collections.abc import Iterator

from policy_pack import catalog
from policy_pack.rule import Policy

# First part of a rule's name to what it is about.
DOMAINS: dict[str, str] = {
    "layer": "Layers",
    "iam": "Who may do what",
    "sql": "Cloud SQL",
    "datastore": "Everything that holds data",
    "bigquery": "BigQuery",
    "kms": "Encryption keys",
    "bucket": "Buckets",
    "logging": "Logs",
    "secret": "Secrets",
    "gke": "Clusters",
    "network": "Network",
    "registry": "Images",
    "namespace": "Namespaces",
    "rbac": "RBAC in the cluster",
    "workload": "Workloads",
    "waiver": "Waivers",
}


def table() -> str:
    """All rules, by domain."""
    return "".join(_section(domain, title) for domain, title in DOMAINS.items())


def _section(domain: str, title: str) -> str:
    policies = [policy for policy in catalog.POLICIES if policy.domain == domain]
    rows = "".join(_row(policy) for policy in policies)
    return f"\n### {title}\n\n| rule | severity | demands | asked for by |\n|---|---|---|---|\n{rows}\n"


def _row(policy: Policy) -> str:
    level = f"{policy.severity}, advisory: {policy.advisory}" if policy.advisory else str(policy.severity)
    references = ", ".join(_short(policy.references)) or "this design"
    return f"| [`{policy.name}`]({policy.url}) | {level} | {policy.description} | {references} |\n"


def _short(references: tuple[str, ...]) -> Iterator[str]:
    """References with the name of their benchmark once."""
    last = ""
    for reference in references:
        benchmark, _, number = reference.rpartition(" ") if reference.startswith("CIS") else ("", "", reference)
        yield number if benchmark and benchmark == last else reference
        last = benchmark
