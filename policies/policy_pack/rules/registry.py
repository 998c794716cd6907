"""Rules on the sources of images: only reviewed images run."""

import re
from collections.abc import Iterator

from engine.inputs import at, items, named, number, seconds, shown
from policy_pack.demands import demand
from policy_pack.rule import Resource, Severity, of, rule

REPOSITORY = "gcp:artifactregistry/repository:Repository"
POLICY = "gcp:binaryauthorization/policy:Policy"
LEAST_VERSIONS = 10
LEAST_DAYS = 14
# A repository of Artifact Registry, or one image by digest; the repositories of the own project may be named together.
_NAMED = re.compile(r"([a-z0-9-]+-docker\.pkg\.dev/[^/*]+/[^/*]+(/[^*@]+)*/\*\*|[^*\s]+@sha256:[0-9a-f]{64})")


@rule(
    "registry-tags-immutable",
    of(REPOSITORY),
    Severity.HIGH,
    references=["CIS GKE 5.1.4"],
    remediation="Set docker_config.immutable_tags to true.",
    url="https://cloud.google.com/artifact-registry/docs/docker/immutable-tags",
)
def tags_immutable(resource: Resource) -> Iterator[str]:
    """Tags are immutable: nobody can push other content under a reviewed name."""
    if resource.inputs.get("format") == "DOCKER" and resource.inputs.get("mode") in (None, "STANDARD_REPOSITORY"):
        risk = "somebody pushes other content under a name that was reviewed."
        yield from demand(resource.inputs, "dockerConfig.immutableTags", True, risk)


@rule(
    "registry-scanned",
    of(REPOSITORY),
    Severity.MEDIUM,
    references=["CIS GKE 5.1.1"],
    remediation="Leave vulnerability_scanning_config to INHERITED.",
    url="https://cloud.google.com/artifact-analysis/docs/container-scanning-overview",
)
def scanned(resource: Resource) -> Iterator[str]:
    """Images are scanned for known vulnerabilities."""
    enablement = at(resource.inputs, "vulnerabilityScanningConfig.enablementConfig")
    if enablement not in (None, "INHERITED"):
        yield (
            f"vulnerabilityScanningConfig.enablementConfig is {shown(enablement)}: nobody hears of a known weakness. "
            "Set it to INHERITED."
        )
    if resource.inputs.get("mode") not in (None, "STANDARD_REPOSITORY"):
        yield f"mode is {shown(resource.inputs['mode'])}: images of strangers pass through it. Use STANDARD_REPOSITORY."


@rule(
    "registry-cleanup-keeps",
    of(REPOSITORY),
    Severity.HIGH,
    remediation="Delete old untagged versions alone, and keep the most recent versions of every package by a KEEP.",
    url="https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy",
)
def cleanup_keeps(resource: Resource) -> Iterator[str]:
    """Clean-up deletes no image that may run: old untagged versions alone, beyond the most recent ones of a package."""
    policies = items(resource.inputs.get("cleanupPolicies"))
    keeps = [policy for policy in policies if at(policy, "action") == "KEEP"]
    # One that names packages keeps nothing of the others.
    whole = [at(policy, "mostRecentVersions") for policy in keeps]
    kept = max(
        (number(at(one, "keepCount")) or 0 for one in whole if not at(one, "packageNamePrefixes")),
        default=0,
    )
    for index, policy in enumerate(policies):
        if policy in keeps:
            continue
        if at(policy, "condition.tagState") != "UNTAGGED":
            yield f"cleanupPolicies[{index}] deletes images with a tag: one that runs may go. Set tagState UNTAGGED."
        age = at(policy, "condition.olderThan")
        if (seconds(age) or 0) < LEAST_DAYS * 24 * 3600:
            yield (
                f"cleanupPolicies[{index}].condition.olderThan is {named(age)}: an image goes before it is deployed, "
                f"or while it runs. Set it to {LEAST_DAYS * 24 * 3600}s or more."
            )
        if kept < LEAST_VERSIONS:
            yield (
                f"cleanupPolicies[{index}] deletes, and no policy keeps the last {LEAST_VERSIONS} versions of every "
                "package: what runs may be among them, and is missing at the next start. Add one of action KEEP with "
                "mostRecentVersions alone."
            )


@rule(
    "registry-images-admitted-by-name",
    of(POLICY),
    Severity.CRITICAL,
    references=["CIS GKE 5.1.4", "CIS GKE 5.10.4"],
    remediation="Deny or demand an attestation by default; admit the project's repositories, or images by digest.",
    url="https://cloud.google.com/binary-authorization/docs/policy-yaml-reference",
)
def images_admitted_by_name(resource: Resource) -> Iterator[str]:
    """Binary Authorization refuses images that are neither in the project's repositories nor named by digest."""
    rules = [("defaultAdmissionRule", at(resource.inputs, "defaultAdmissionRule"))]
    rules += [
        (f"clusterAdmissionRules[{index}]", one)
        for index, one in enumerate(items(resource.inputs.get("clusterAdmissionRules")))
    ]
    for path, one in rules:
        if at(one, "evaluationMode") not in ("ALWAYS_DENY", "REQUIRE_ATTESTATION"):
            yield f"{path}.evaluationMode is {shown(at(one, 'evaluationMode'))}: any image runs. Set ALWAYS_DENY."
        if at(one, "enforcementMode") != "ENFORCED_BLOCK_AND_AUDIT_LOG":
            yield (
                f"{path}.enforcementMode is {shown(at(one, 'enforcementMode'))}: a refused image runs. Set "
                "ENFORCED_BLOCK_AND_AUDIT_LOG."
            )
    project = resource.inputs.get("project")
    of_project = rf"[a-z0-9-]+-docker\.pkg\.dev/{re.escape(project)}/\*\*" if isinstance(project, str) else r"(?!)"
    for pattern in items(resource.inputs.get("admissionWhitelistPatterns")):
        name = at(pattern, "namePattern")
        if not isinstance(name, str) or not (_NAMED.fullmatch(name) or re.fullmatch(of_project, name)):
            yield f"admits {named(name)}, which is neither a repository of ours nor an image by digest. Narrow it."
