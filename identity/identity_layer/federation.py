"""How GitHub's workflows reach Google Cloud without a key: one pool, one provider, and which job may use what.

GitHub signs a token for each job. The provider lets in this repository's pull requests and its main branch only, by
GitHub's numeric IDs, which survive a renaming and cannot be taken over with a name. What a job may then do follows
from one attribute, `job`: the workflow's file, the environment if it has one, and the ref. An account is bound to
exactly one value of it per use. Claims: https://docs.github.com/en/actions/reference/security/oidc.
"""

from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from identity_layer import names
from identity_layer.settings import GitHub

ISSUER = "https://token.actions.githubusercontent.com"

# What runs under these names is in .github/workflows.
PREVIEW_JOBS = {"pull-request": "preview.yml:pull_request"}
SCHEDULED = ("drift", "audit")

_WORKFLOW = 'assertion.job_workflow_ref.extract("/.github/workflows/{file}@")'
_ENVIRONMENT = '(has(assertion.environment) ? "environment:" + assertion.environment + ":" : "")'
_REF = '(assertion.event_name == "pull_request" ? "pull_request" : assertion.ref)'

MAPPING = {
    "google.subject": "assertion.sub",
    "attribute.repository_id": "assertion.repository_id",
    "attribute.repository_owner_id": "assertion.repository_owner_id",
    "attribute.ref": "assertion.ref",
    "attribute.environment": 'has(assertion.environment) ? assertion.environment : ""',
    "attribute.event_name": "assertion.event_name",
    "attribute.job_workflow_ref": "assertion.job_workflow_ref",
    "attribute.actor": "assertion.actor",
    "attribute.job": f'{_WORKFLOW} + ":" + {_ENVIRONMENT} + {_REF}',
}


def condition(github: GitHub) -> str:
    """Whose tokens are let in at all, whatever they may do then.

    `pull_request_target` is not among the events: it runs on the main branch with what a stranger proposes. A pull
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


def deploy_job(github: GitHub, owner: str, environment: str) -> str:
    """The one job that may use a deploy account: in its protected environment, from the main branch.

    Args:
        github: the repository.
        owner: whose account: "identity", "apps-shop".
        environment: the stack's name; with the owner it makes the name of the GitHub environment.
    """
    return f"deploy.yml:environment:{owner}-{environment}:refs/heads/{github.branch}"


def preview_jobs(github: GitHub) -> dict[str, str]:
    """The jobs that may use the preview accounts, by a name for the grant."""
    return {**PREVIEW_JOBS, **{name: f"{name}.yml:refs/heads/{github.branch}" for name in SCHEDULED}}


@dataclass(frozen=True)
class FederationArgs:
    """Arguments of Federation.

    Attributes:
        project: the project's ID.
        github: the repository whose workflows are let in.
    """

    project: str
    github: GitHub


class Federation(pulumi.ComponentResource):
    """The pool and its provider. A deleted one keeps its name for 30 days, so both are protected."""

    def __init__(self, name: str, args: FederationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("prodfirst:identity:Federation", name, None, opts)
        pool = gcp.iam.WorkloadIdentityPool(
            name,
            project=args.project,
            workload_identity_pool_id=names.POOL,
            display_name="GitHub",
            description="Workflows of this repository; see federation.py of the identity layer.",
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.provider = gcp.iam.WorkloadIdentityPoolProvider(
            name,
            project=args.project,
            workload_identity_pool_id=pool.workload_identity_pool_id,
            workload_identity_pool_provider_id=names.POOL,
            display_name="GitHub Actions",
            description=f"Tokens of {args.github.repository} (ID {args.github.repository_id}).",
            attribute_mapping=MAPPING,
            attribute_condition=condition(args.github),
            # No list of audiences: then only the provider's own full name is one.
            oidc=gcp.iam.WorkloadIdentityPoolProviderOidcArgs(issuer_uri=ISSUER),
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        self.register_outputs({})
