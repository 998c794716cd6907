"""Setup of `make bootstrap`: the administrator's environment, engine and login, and a state per stack."""

from collections.abc import Generator
from contextlib import contextmanager

from cli import target
from cli.bootstrap import google
from cli.bootstrap.command import Bootstrap
from cli.bootstrap.folder import BootstrapDirectory
from cli.bootstrap.stack_state import StackState
from cli.console import wide_console
from cli.layout import LAYERS, Stack, present, stacks
from cli.pulumi import provenance
from cli.pulumi.engine import Engine
from cli.pulumi.pinned_engine import pinned_environment, pinned_pulumi
from toolchain.progress import say

_NEXT = """\
The identity layer of {environment} is up, and its state is in {address}.

1. Commit the stack files that changed (git status shows them): they name the keys of the states.
2. Take the owner role away from everybody: gcloud projects remove-iam-policy-binding {project} \\
     --role=roles/owner --member=user:…
   From now on identity-deploy changes teams and apps, from CI.
3. Deploy the platform layer, then set identity:bindWorkloads to true, deploy identity again, and then the apps.

What binds identity-deploy itself (roles, the workload identity provider of CI, states and keys, deny and organisation
policies) is an administrator's to change, also later: make bootstrap STACK={environment} again applies it, from the
bucket.
"""


def run(environment: str, *, agreed: bool = False) -> int:
    """Bring up the identity layer of an environment, or go on with it; return the exit code.

    Raises `UsageError` for the sandbox and for an environment that is not listed, `ToolError` when a step fails.
    """
    target.of(environment).require_deployable()
    [identity] = stacks(environment, "identity")
    # A stack without a stack file is prepared by another run.
    others = [stack for layer in LAYERS[1:] for stack in present(environment, layer)]
    pulumi, apis = pinned_pulumi(), google.connect(identity.gcp_project())
    folder, who = BootstrapDirectory.of(environment), apis.who()
    with folder.locked():
        folder.prepare(pulumi)
        bootstrap = Bootstrap(
            stack=identity,
            google=apis,
            folder=folder,
            local=_local(folder, identity, who),
            moved=administered(folder, identity, who),
            others=tuple(administered(folder, stack, who) for stack in others),
            agreed=agreed,
        )
        bootstrap.run()
    text = _NEXT.format(environment=environment, address=identity.backend(), project=identity.gcp_project())
    wide_console().print(text, soft_wrap=True)
    return 0


def explain_interrupt(environment: str) -> None:
    """Explain the state of the first run after Ctrl-C."""
    say(f"interrupted: what was done stays, and `make bootstrap STACK={environment}` goes on from there")


def _local(folder: BootstrapDirectory, stack: Stack, who: str) -> StackState:
    project = folder.project(stack)
    env = {
        **_environment(folder, stack, folder.address(stack)),
        # The stack file in git never names the passphrase's salt; the state does.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    }
    options = ("--config-file", str(project / stack.file.name))
    return StackState(Engine(folder, stack, env, options, message=provenance.message(stack, who)), project)


@contextmanager
def workplace(environment: str) -> Generator[tuple[BootstrapDirectory, str]]:
    """A locked folder for an administrator's engine, and the administrator; what a first run left in it stays."""
    folder = BootstrapDirectory.of(environment)
    [identity] = stacks(environment, "identity")
    with folder.locked():
        folder.prepare(pinned_pulumi())
        yield folder, google.connect(identity.gcp_project()).who()
        if not folder.has_state(identity):
            folder.discard()


def administered(folder: BootstrapDirectory, stack: Stack, who: str) -> StackState:
    """The state of a stack in its bucket, as the administrator has it."""
    env = _environment(folder, stack, stack.backend())
    # Changed resources are shown value by value; for new resources a list is enough.
    engine = Engine(folder, stack, env, ("--diff",), message=provenance.message(stack, who))
    return StackState(engine, folder.project(stack))


def _environment(folder: BootstrapDirectory, stack: Stack, backend: str) -> dict[str, str]:
    """The administrator's own environment for one backend, without impersonation of another principal."""
    project = stack.gcp_project()
    # Either variable would replace the secrets provider that is set here.
    without = ("PULUMI_CONFIG_PASSPHRASE", "PULUMI_CLOUD_SECRET_OVERRIDE")
    return {
        **{name: value for name, value in pinned_environment(stack).items() if name not in without},
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder.passphrase(stack.store)),
        # A person's calls use the quota of this project; some APIs refuse calls without one.
        "GOOGLE_CLOUD_QUOTA_PROJECT": project,
        "GOOGLE_BILLING_PROJECT": project,
        "USER_PROJECT_OVERRIDE": "true",
    }
