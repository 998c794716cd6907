"""Changes of what binds the layer's deploy accounts, in its own words, and how they are tried by these accounts."""

import contextlib
import shutil
import tempfile

from cli.embedded.environment import sandbox_environment
from cli.layout import Stack
from e2e.harness import FOUNDATION, Ran, ran
from e2e.sandboxes import Draft

UPDATE = "pulumi up --yes --skip-preview --non-interactive"

# File, old text, new text: a change of what binds them; then the permission that they lack, on what.
FOUNDATION_CHANGES = {
    "custom role": (
        "identity/identity_layer/foundation/identity_roles.py",
        '"Identity layer: deploy",',
        '"Identity layer: deploy anything",',
        "iam.roles.update",
    ),
    "provider": (
        "identity/identity_layer/foundation/federation.py",
        'display_name="GitHub Actions"',
        'display_name="Anybody"',
        "iam.googleapis.com/workloadIdentityPoolProviders.update",
    ),
    "deny policy": (
        "identity/identity_layer/foundation/deny_policy.py",
        '        "cloudsql.googleapis.com/instances.delete",\n',
        "",
        "iam.denypolicies.update",
    ),
    "bucket": (
        "identity/identity_layer/foundation/state_store.py",
        "KEPT_VERSIONS_DAYS = 400",
        "KEPT_VERSIONS_DAYS = 1",
        "storage.buckets.update",
    ),
    "key": (
        "identity/identity_layer/foundation/encryption_keys.py",
        "90 * 24 * 3600",
        "9000 * 24 * 3600",
        "cloudkms.cryptoKeys.update",
    ),
    "log": (
        "identity/identity_layer/foundation/foundation_settings.py",
        "RETENTION_DAYS = 400",
        "RETENTION_DAYS = 1",
        "logging.buckets.update",
    ),
    "alert": (
        "identity/identity_layer/foundation/alerts.py",
        "Ask who needed it, and take the role back.",
        "Never mind.",
        "monitoring.alertPolicies.update",
    ),
    "list of what it may grant": (
        "identity/identity_layer/grants.py",
        "APP_CI, *WORKLOAD_ACCESS.values(), DATABASE_CLIENT]),",
        'APP_CI, *WORKLOAD_ACCESS.values(), DATABASE_CLIENT]) | {"roles/compute.admin"},',
        "resourcemanager.projects.setIamPolicy",
    ),
}


def attempted(draft: Draft, stack: Stack, changes: list[str]) -> Ran:
    """One update by a stack's deploy account with some of these changes; several do not stop at an error of one.

    The account cannot write the foundation's state, so it has a copy of its own here: the cloud has to refuse as well.
    """
    directory = draft.sandbox.directory
    env = sandbox_environment(directory, stack, "deploy")
    with contextlib.ExitStack() as changed:
        for file, old, new, _ in (FOUNDATION_CHANGES[what] for what in changes):
            changed.enter_context(draft.changed(file, old, new))
        copy = changed.enter_context(tempfile.TemporaryDirectory())
        shutil.copytree(directory.state(FOUNDATION.store), copy, dirs_exist_ok=True)
        env |= {
            "PULUMI_BACKEND_URL": f"file://{copy}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(directory.passphrase(FOUNDATION.store)),
            "PULUMI_STACK": FOUNDATION.name,
        }
        command, place = (
            ["sh", "-c", UPDATE + " --continue-on-error" * (len(changes) > 1)],
            draft.sandbox.checkout / "identity",
        )
        return ran(command, place, env)
