"""Workload Identity Federation with GitHub, without a key: two workload identity pools with a provider each.

GitHub signs a token for each job. One pool admits the jobs that preview and deploy: pull requests of this repository
and its main branch, by GitHub's numeric IDs, which survive a renaming and cannot be taken over with a name. One
attribute decides what such a job may do, `job`: the workflow's file, the environment if it has one, and the ref. The
other pool admits the jobs that build images, in the repositories with the apps' source, all of this repository's owner.
One attribute decides here too, `build`: the repository's ID and the ref. An account is bound to exactly one value per
use. Claims: https://docs.github.com/en/actions/reference/security/oidc.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer.foundation.foundation_settings import GitHub

ISSUER = "https://token.actions.githubusercontent.com"

_WORKFLOW = 'assertion.job_workflow_ref.extract("/.github/workflows/{file}@")'
_ENVIRONMENT = '(has(assertion.environment) ? "environment:" + assertion.environment + ":" : "")'
_REF = '(assertion.event_name == "pull_request" ? "pull_request" : assertion.ref)'

# Google takes 127 bytes (https://cloud.google.com/iam/quotas), and `sub` holds names of up to 39 and 100 characters and
# a ref. Nothing is bound to a subject, so it is the job's run, which audit logs then show.
SUBJECT = 'assertion.repository_id + ":" + assertion.run_id'

JOBS = {
    "google.subject": SUBJECT,
    "attribute.repository_id": "assertion.repository_id",
    "attribute.repository_owner_id": "assertion.repository_owner_id",
    "attribute.ref": "assertion.ref",
    "attribute.environment": 'has(assertion.environment) ? assertion.environment : ""',
    "attribute.event_name": "assertion.event_name",
    "attribute.job_workflow_ref": "assertion.job_workflow_ref",
    "attribute.actor": "assertion.actor",
    "attribute.job": f'{_WORKFLOW} + ":" + {_ENVIRONMENT} + {_REF}',
}
# Nothing else can be bound than a repository with its ref: the condition admits every repository of the owner.
BUILDS = {
    "google.subject": SUBJECT,
    "attribute.build": 'assertion.repository_id + ":" + assertion.ref',
}


def condition(github: GitHub) -> str:
    """The condition on tokens of jobs that preview and deploy; bindings decide what an admitted job may do.

    `pull_request_target` is not among the events: it runs on the main branch with the code of a stranger. A pull
    request from a fork gets no token from GitHub. A workflow that a job calls is refused by its path when it is another
    repository's, and by its ref when it is not the one that was reviewed; a file with an @ in its name could pass for
    another file, and fails by the ref as well.
    """
    main = f'assertion.ref == "refs/heads/{github.branch}"'
    on_main = f'assertion.event_name in ["push", "schedule", "workflow_dispatch"] && {main}'
    return " && ".join(
        (
            f'assertion.repository_id == "{github.repository_id}"',
            f'assertion.repository_owner_id == "{github.owner_id}"',
            'assertion.job_workflow_ref.startsWith(assertion.repository + "/.github/workflows/")',
            'assertion.job_workflow_ref.extract("@{ref}") == assertion.ref',
            f'(assertion.event_name == "pull_request" || ({on_main}))',
        )
    )


def build_condition(github: GitHub) -> str:
    """The condition on tokens of jobs that build: this repository's owner, a branch, a push or a manual run.

    The account's bindings decide which repository builds what: a new one must not need a change of the provider, which
    only administrators make.
    """
    return " && ".join(
        (
            f'assertion.repository_owner_id == "{github.owner_id}"',
            'assertion.event_name in ["push", "workflow_dispatch"]',
            'assertion.ref.startsWith("refs/heads/")',
        )
    )


@dataclass(frozen=True)
class FederationArgs:
    """Arguments of Federation.

    Attributes:
        project: the project's ID.
        title: of the pool.
        description: of the pool.
        tokens: description of the admitted tokens, for people.
        mapping: claims to attributes.
        condition: on the tokens that are admitted.
    """

    project: str
    title: str
    description: str
    tokens: str
    mapping: dict[str, str]
    condition: str


def deployments(project: str, github: GitHub) -> FederationArgs:
    """The pool of jobs that preview and deploy."""
    return FederationArgs(
        project=project,
        title="GitHub",
        description="Workflows of this repository; see federation.py of the identity layer.",
        tokens=f"Tokens of {github.repository} (ID {github.repository_id}).",
        mapping=JOBS,
        condition=condition(github),
    )


def builds(project: str, github: GitHub) -> FederationArgs:
    """The pool of jobs that build images."""
    return FederationArgs(
        project=project,
        title="GitHub: builds",
        description="Builds of images; see federation.py of the identity layer.",
        tokens=f"Tokens of the repositories of {github.repository.partition('/')[0]} (ID {github.owner_id}).",
        mapping=BUILDS,
        condition=build_condition(github),
    )


class Federation(pulumi.ComponentResource):
    """A pool and its provider, both called `name`. A deleted one keeps its name for 30 days, so both are protected."""

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Federation", name, None, opts)
        pool = gcp.iam.WorkloadIdentityPool(
            name,
            project=args.project,
            workload_identity_pool_id=name,
            display_name=args.title,
            description=args.description,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.provider = gcp.iam.WorkloadIdentityPoolProvider(
            name,
            project=args.project,
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id=name,
            display_name="GitHub Actions",
            description=args.tokens,
            attribute_mapping=args.mapping,
            attribute_condition=args.condition,
            # No list of audiences: then only the provider's own full name is one.
            oidc=gcp.iam.WorkloadIdentityPoolProviderOidcArgs(issuer_uri=ISSUER),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})
