"""The tables of README.md that are made from the code: `.venv/bin/python -m policy_pack.document` writes them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from policy_pack import catalog
from policy_pack.rule import Policy

README = Path(__file__).resolve().parents[1] / "README.md"
_TABLE = re.compile(r"(?<=<!-- rules -->\n).*?(?=<!-- end of rules -->)", re.DOTALL)

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


def written(text: str) -> str:
    """The README with the tables of this code."""
    return _TABLE.sub(lambda _: table(), text)


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    sys.stdout.write(f"{README.name}: {len(catalog.POLICIES)} rules\n")
