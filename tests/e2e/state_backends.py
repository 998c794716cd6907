"""State in a bucket, as on Google Cloud: a simulated cloud with endpoints, a bucket, a key, and two federated accounts.

The real engine works on it with credentials files as a workflow has them. Both accounts hold custom roles with exactly
the permissions that their work needs, in one folder of the bucket: the tests fail where a permission is missing.
"""

import os
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import example_tenant as example
from cli.environment import stripped
from e2e.harness import ADMIN, PROJECT, Ran, account, ended
from sandbox.cloud import github, names
from sandbox.cloud.api import Cloud
from sandbox.cloud.store import Json
from sandbox.google.address import Endpoints
from toolchain.environments import python

BUCKET = "trial-state-apps"
FOLDER = "shop"
RING = f"{PROJECT}/locations/{example.REGION}/keyRings/state"
KEY = f"{RING}/cryptoKeys/apps"
REPOSITORY = "700100200"

_POOL = f"{PROJECT}/locations/global/workloadIdentityPools/github"
PROVIDER = f"projects/{example.PROJECT_NUMBER}/locations/global/workloadIdentityPools/github/providers/actions"
_PRINCIPALS = f"//iam.googleapis.com/{PROVIDER.partition('/providers/')[0]}"

# What the engine needs of bucket and key: to preview, and to update.
READS = frozenset({"storage.objects.get", "storage.objects.list"})
DECRYPTS = frozenset({"cloudkms.cryptoKeyVersions.useToDecrypt"})
WRITES = READS | {"storage.objects.create", "storage.objects.delete"}
ENCRYPTS = DECRYPTS | {"cloudkms.cryptoKeyVersions.useToEncrypt"}
ROLES = {"preview": (READS, DECRYPTS), "deploy": (WRITES, ENCRYPTS)}

_SERVICES = ("storage", "cloudkms", "iam", "iamcredentials", "sts")
_KEYS = "cloudkms.projects.locations.keyRings"

_LIST = frozenset({"storage.objects.list"})
# Objects below the folder. A list is asked on the bucket, where no condition can tell a folder.
_IN_FOLDER = f"resource.name.startsWith('projects/_/buckets/{BUCKET}/objects/{FOLDER}/')"

PROGRAM = """
import os, time
import pulumi
secret = pulumi.Config().require_secret("password")
pulumi.export("length", secret.apply(len))
pulumi.export("password", secret)
while os.path.exists(os.environ.get("HOLD", "")):
    time.sleep(0.05)
"""


def furnish(cloud: Cloud) -> None:
    """Create the resources of an identity layer: bucket, key, pool, accounts and their grants."""
    for service in _SERVICES:
        cloud.call("serviceusage.services.enable", f"{PROJECT}/services/{service}.googleapis.com", ADMIN)
    bind(cloud, "cloudresourcemanager.projects", PROJECT, "roles/iam.workloadIdentityPoolAdmin", ADMIN.member)
    uniform = {"iamConfiguration": {"uniformBucketLevelAccess": {"enabled": True}}}
    cloud.call("storage.buckets.insert", f"{PROJECT}/buckets/{BUCKET}", ADMIN, uniform)
    cloud.call(f"{_KEYS}.create", RING, ADMIN, {})
    cloud.call(f"{_KEYS}.cryptoKeys.create", KEY, ADMIN, {})
    provider: Json = {
        "oidc": {"issuerUri": github.ISSUER},
        "attributeMapping": {"google.subject": "assertion.sub", "attribute.environment": "assertion.environment"},
        "attributeCondition": f"assertion.repository_id == '{REPOSITORY}'",
    }
    cloud.call("iam.projects.locations.workloadIdentityPools.create", _POOL, ADMIN, {})
    cloud.call(
        "iam.projects.locations.workloadIdentityPools.providers.create", f"{_POOL}/providers/actions", ADMIN, provider
    )
    for kind, (objects, keys) in ROLES.items():
        _account(cloud, kind, objects, keys)


def _account(cloud: Cloud, kind: str, objects: frozenset[str], keys: frozenset[str]) -> None:
    email, name = account(kind), names.split(names.service_account(account(kind)))[1]
    cloud.call("iam.projects.serviceAccounts.create", name, ADMIN, {})
    workflow = f"principalSet:{_PRINCIPALS}/attribute.environment/{kind}"
    bind(cloud, "iam.projects.serviceAccounts", name, "roles/iam.workloadIdentityUser", workflow)
    bucket = f"{PROJECT}/buckets/{BUCKET}"
    for what, on, kind_of, permissions, condition in (
        ("objects", bucket, "storage.buckets", objects - _LIST, _IN_FOLDER),
        ("lists", bucket, "storage.buckets", _LIST, ""),
        ("key", KEY, f"{_KEYS}.cryptoKeys", keys, ""),
    ):
        role = f"{PROJECT}/roles/{kind}_{what}"
        cloud.call("iam.projects.roles.create", role, ADMIN, {"includedPermissions": sorted(permissions)})
        bind(cloud, kind_of, on, role, f"serviceAccount:{email}", condition=condition)


def bind(cloud: Cloud, kind: str, on: str, role: str, member: str, *, condition: str = "") -> None:
    """Give a member a role."""
    policy = cloud.call(f"{kind}.getIamPolicy", on, ADMIN)
    binding: Json = {"role": role, "members": [member]}
    if condition:
        binding["condition"] = {"title": "own folder", "expression": condition}
    body = {"policy": {**policy, "version": 3, "bindings": [*policy["bindings"], binding]}}
    cloud.call(f"{kind}.setIamPolicy", on, ADMIN, body)


def _claims(environment: str) -> dict[str, str]:
    """GitHub's claims about a job of the repository for an environment."""
    subject = f"repo:example-org/infrastructure:environment:{environment}"
    audience = f"https://iam.googleapis.com/{PROVIDER}"
    return {"sub": subject, "aud": audience, "repository_id": REPOSITORY, "environment": environment}


@dataclass(frozen=True)
class Backend:
    """A Pulumi project with its state in the bucket."""

    folder: Path
    sandbox: Path
    endpoints: Endpoints
    engine: Path
    """The folder of the engine's programs."""

    @property
    def settings(self) -> Path:
        """The stack's file."""
        return self.folder / "Pulumi.prod.yaml"

    @contextmanager
    def cloud(self) -> Generator[Cloud]:
        """The simulated cloud, from within."""
        cloud = Cloud(self.sandbox / "cloud.db")
        try:
            yield cloud
        finally:
            cloud.store.close()

    def write(self) -> None:
        """Write the project."""
        self.folder.mkdir(exist_ok=True)
        venv = python("tests").parent.parent
        runtime = f"runtime: {{name: python, options: {{virtualenv: {venv}}}}}"
        (self.folder / "Pulumi.yaml").write_text(f"name: platform\n{runtime}\n")
        (self.folder / "__main__.py").write_text(PROGRAM)

    def environment(self, kind: str, claims: Mapping[str, str]) -> dict[str, str]:
        """The environment of a workflow that is to act as the account of a kind."""
        token = github.github_token({**_claims(kind), **claims})
        credentials = github.write_credentials(self.sandbox / "credentials" / kind, PROVIDER, token, account(kind))
        return {
            **stripped(),
            **self.endpoints.environment(),
            "GOOGLE_APPLICATION_CREDENTIALS": str(credentials),
            "PATH": f"{self.engine}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(self.sandbox / "pulumi"),
            "PULUMI_BACKEND_URL": f"gs://{BUCKET}/{FOLDER}",
            "PULUMI_STACK": "prod",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }

    def start(
        self, kind: str, *arguments: str, claims: Mapping[str, str] | None = None, **environment: str
    ) -> subprocess.Popen[str]:
        """Start the engine as the account of a kind, from a job with that environment or with other claims."""
        return subprocess.Popen(
            [str(self.engine / "pulumi"), *arguments, "--non-interactive", "--color", "never"],
            env={**self.environment(kind, claims or {}), **environment},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, kind: str, *arguments: str, claims: Mapping[str, str] | None = None, **environment: str) -> Ran:
        """Run the engine to its end."""
        return ended(self.start(kind, *arguments, claims=claims, **environment))

    def used(self, kind: str, after: int) -> frozenset[str]:
        """The permissions that an account was granted since an entry of the audit log; fails on a refusal."""
        with self.cloud() as cloud:
            calls = [call for call in cloud.store.calls(after) if call.principal == f"serviceAccount:{account(kind)}"]
        refused = [call.method for call in calls if call.status == "PERMISSION_DENIED"]
        assert not refused, refused
        return frozenset(decision["permission"] for call in calls for decision in call.decisions)

    def mark(self) -> int:
        """The number of the audit log's last entry."""
        with self.cloud() as cloud:
            return max((call.number for call in cloud.store.calls()), default=0)

    def objects(self, part: str) -> list[str]:
        """The names of the bucket's objects that contain a text."""
        with self.cloud() as cloud:
            found = [str(each.body["name"]) for each in cloud.store.find("storage.objects", "")]
        return [name for name in found if part in name]
