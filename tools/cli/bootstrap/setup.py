"""Setup of `make bootstrap`: the administrator's environment, engine and login, and a state per stack."""

from collections.abc import Generator
from contextlib import contextmanager

from cli import target
from cli.bootstrap import google
from cli.bootstrap.command import Bootstrap
from cli.bootstrap.folder import BootstrapDirectory
from cli.bootstrap.stack_state import StackState
from cli.console import wide_console
from cli.layout import LAYERS, Stack, foundation, present
from cli.pulumi import provenance
from cli.pulumi.engine import Engine
from cli.pulumi.pinned_engine import pinned_environment, pinned_pulumi
from toolchain.progress import say

_NEXT = """\
The foundation of {environment} is up, and its state is in {address}.

1. Commit the stack files that changed (git status shows them): they name the keys of the states.
2. Take the owner role away from everybody: gcloud projects remove-iam-policy-binding {project} \\
     --role=roles/owner --member=user:…
   From now on CI deploys everything else, each stack as its own account.
3. Deploy identity, then the platform layer; set identity:bindWorkloads to true, deploy identity again, then the apps.

What binds the accounts of CI (roles, the workload identity provider, states and keys, deny and organisation policies)
is an administrator's to change, also later: make bootstrap STACK={environment} again applies it, from the bucket.
"""


def run(environment: str, *, agreed: bool = False) -> int:
    """Bring up the foundation of an environment, or go on with it; return the exit code.

    Raises `UsageError` for the sandbox and for an environment that is not listed, `ToolError` when a step fails.
    """
    target.of(environment).require_deployable()
    first = foundation(environment)
    # A stack without a stack file is prepared by another run.
    others = [stack for layer in LAYERS for stack in present(environment, layer) if stack != first]
    pulumi, apis = pinned_pulumi(), google.connect(first.gcp_project())
    folder, who = BootstrapDirectory.of(environment), apis.who()
    with folder.locked():
        folder.prepare(pulumi)
        bootstrap = Bootstrap(
            stack=first,
            google=apis,
            folder=folder,
            local=local(folder, first, who),
            moved=administered(folder, first, who),
            others=tuple(administered(folder, stack, who) for stack in others),
            agreed=agreed,
        )
        bootstrap.run()
    text = _NEXT.format(environment=environment, address=first.backend(), project=first.gcp_project())
    wide_console().print(text, soft_wrap=True)
    return 0


def explain_interrupt(environment: str) -> None:
    """Explain the state of the first run after Ctrl-C."""
    say(f"interrupted: what was done stays, and `make bootstrap STACK={environment}` goes on from there")


def local(folder: BootstrapDirectory, stack: Stack, who: str) -> StackState:
    """The state of the foundation as long as its bucket does not exist."""
    project = folder.project(stack)
    env = {
        **_environment(folder, stack, folder.address(stack)),
        # The stack file in git never names the passphrase's salt; the state does.
        "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true",
    }
    options = ("--config-file", str(project / stack.file.name))
    return StackState(Engine(folder, stack, env, options, message=provenance.message(stack, who)), project)


def begun(folder: BootstrapDirectory, stack: Stack, who: str) -> StackState:
    """The local state of the foundation, made where there is none."""
    folder.prepare_state(stack)
    state = local(folder, stack, who)
    if state.read() is None:
        state.init("passphrase")
    return state


@contextmanager
def workplace(environment: str) -> Generator[tuple[BootstrapDirectory, str]]:
    """A locked folder for an administrator's engine, and the administrator; what a first run left in it stays."""
    folder = BootstrapDirectory.of(environment)
    first = foundation(environment)
    with folder.locked():
        folder.prepare(pinned_pulumi())
        yield folder, google.connect(first.gcp_project()).who()
        if not folder.has_state(first):
            folder.discard()


def administered(folder: BootstrapDirectory, stack: Stack, who: str) -> StackState:
    """The state of a stack in its bucket, as the administrator has it."""
    env = _environment(folder, stack, stack.backend())
    # Changed resources are shown value by value; for new resources a list is enough.
    engine = Engine(folder, stack, env, ("--diff",), refreshes=True, message=provenance.message(stack, who))
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
