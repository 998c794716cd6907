"""Generates RULES.md: all rules of the pack, the plan gate and the audit, as tables."""

from collections.abc import Iterable, Iterator, Sequence

from policy_pack import catalog
from policy_pack.rule import Policy

# First part of a rule's name to the title of its section.
DOMAINS: dict[str, str] = {
    "layer": "Layers",
    "team": "Teams",
    "iam": "IAM",
    "sql": "Cloud SQL",
    "datastore": "Datastores",
    "bigquery": "BigQuery",
    "kms": "Encryption keys",
    "bucket": "Buckets",
    "logging": "Logs",
    "messages": "Messages",
    "secret": "Secrets",
    "gke": "Clusters",
    "network": "Network",
    "registry": "Images",
    "namespace": "Namespaces",
    "rbac": "RBAC in the cluster",
    "workload": "Workloads",
    "waiver": "Waivers",
    "drift": "Accepted drift",
}
_INTRODUCTION = """\
# Rules

`make docs` writes this page from the code. [README.md](README.md) explains how the rules work, how to add one, and how
to waive a finding. A rule's link leads to the documentation of its subject.
"""
_PACK = (
    "Checked for every resource and every stack, in each preview and update. `pulumi preview` shows name and message."
)
_GATE = "Checked on a whole plan before it is carried out: [the plan gate](README.md#the-plan-gate)."
_AUDIT = "Checked on the states of all layers together: [the audit](README.md#the-audit)."


def text(gate: Sequence[Policy], audit: Sequence[Policy]) -> str:
    """Return the document: the pack's rules by domain, then the plan gate's and the audit's rules."""
    domains = (
        f"### {title}\n\n{_table(policy for policy in catalog.POLICIES if policy.domain == domain)}"
        for domain, title in DOMAINS.items()
    )
    return "\n".join(
        [
            _INTRODUCTION,
            f"## Policy pack\n\n{_PACK}\n",
            *domains,
            f"## Plan gate\n\n{_GATE}\n\n{_table(gate)}",
            f"## Audit\n\n{_AUDIT}\n\n{_table(audit)}",
        ]
    )


def _table(policies: Iterable[Policy]) -> str:
    return f"| rule | severity | requires | source |\n|---|---|---|---|\n{''.join(map(_row, policies))}"


def _row(policy: Policy) -> str:
    level = f"{policy.severity}, advisory: {policy.advisory}" if policy.advisory else str(policy.severity)
    references = ", ".join(_short(policy.references)) or "this design"
    return f"| [`{policy.name}`]({policy.url}) | {level} | {policy.description} | {references} |\n"


def _short(references: tuple[str, ...]) -> Iterator[str]:
    """Yield the references, with the name of each benchmark once."""
    last = ""
    for reference in references:
        benchmark, _, number = reference.rpartition(" ") if reference.startswith("CIS") else ("", "", reference)
        yield number if benchmark and benchmark == last else reference
        last = benchmark
