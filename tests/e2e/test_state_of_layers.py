"""State in the buckets that the identity layer makes: each layer's own jobs keep theirs, and reach no other."""

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from cli.embedded.sign_in import sign_in
from cli.layout import Kind, Stack
from e2e.harness import FOUNDATION, IDENTITY, NAMESPACES, PLATFORM, STOREFRONT, TEAM, Ran, Sandbox
from e2e.state_backends import Backend
from sandbox import programs
from sandbox.cloud import seed
from sandbox.google import control
from toolchain import engine

# Apps of one team share a folder; what separates teams is in test_delegation.py and test_state_backend.py.
LAYERS = (IDENTITY, PLATFORM, STOREFRONT)
DECRYPT = "cloudkms.cryptoKeyVersions.useToDecrypt"


@pytest.fixture(scope="module")
def backend(shared: Sandbox, e2e_folder: Path) -> Iterator[Backend]:
    """A project beside the layers', for whose stacks a person makes a place in each layer's bucket."""
    with control.running(shared.path, programs.ensure_objects()) as endpoints:
        made = Backend(e2e_folder / "tiny", shared.path, endpoints, engine.ensure().path.resolve().parent)
        made.write()
        yield made
        with made.cloud() as cloud:
            for found in cloud.store.find("storage.objects", ""):
                cloud.store.remove(found.name)


def run(backend: Backend, stack: Stack, kind: Kind | None, *arguments: str) -> Ran:
    """Run the engine as a layer's job, or as the administrator, on that layer's state."""
    admin = kind is None
    credentials = (
        seed.write_credentials(backend.sandbox, seed.ADMIN) if admin else sign_in(backend.sandbox, stack, kind)
    )
    return on(backend, stack, credentials, *arguments)


def on(backend: Backend, stack: Stack, credentials: Path, *arguments: str) -> Ran:
    """Run the engine on a layer's state with somebody's credentials."""
    place = stack.backend()
    return backend.run("deploy", *arguments, PULUMI_BACKEND_URL=place, GOOGLE_APPLICATION_CREDENTIALS=str(credentials))


@pytest.mark.parametrize("stack", [*LAYERS, TEAM, NAMESPACES], ids=lambda stack: stack.title)
def test_a_layers_jobs_preview_and_update_its_own_state(backend: Backend, stack: Stack) -> None:
    run(backend, stack, None, "stack", "init", "prod", "--secrets-provider", stack.secrets_provider()).succeeded()
    run(backend, stack, "deploy", "config", "set", "--secret", "password", "of the layer").succeeded()
    run(backend, stack, "deploy", "up", "--yes", "--skip-preview").succeeded()
    run(backend, stack, "preview", "preview", "--expect-no-changes").succeeded()
    shown = run(backend, stack, "deploy", "stack", "output", "password", "--show-secrets").succeeded()
    assert shown.out.strip() == "of the layer"
    refused = run(backend, stack, "preview", "up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert f"{stack.account('preview')} does not have storage.objects.create access" in refused.text
    run(backend, stack, "deploy", "destroy", "--yes", "--skip-preview").succeeded()
    run(backend, stack, "deploy", "stack", "rm", "--yes").succeeded()


def test_an_administrator_alone_writes_the_foundations_state(backend: Backend) -> None:
    provider = FOUNDATION.secrets_provider()
    run(backend, FOUNDATION, None, "stack", "init", "prod", "--secrets-provider", provider).succeeded()
    run(backend, FOUNDATION, None, "config", "set", "--secret", "password", "of the foundation").succeeded()
    run(backend, FOUNDATION, None, "up", "--yes", "--skip-preview").succeeded()
    run(backend, FOUNDATION, "preview", "preview", "--expect-no-changes").succeeded()
    refused = run(backend, FOUNDATION, "preview", "up", "--yes", "--skip-preview")
    assert refused.code != 0
    assert f"{IDENTITY.account('preview')} does not have storage.objects.create access" in refused.text
    run(backend, FOUNDATION, None, "destroy", "--yes", "--skip-preview").succeeded()
    run(backend, FOUNDATION, None, "stack", "rm", "--yes").succeeded()


_OTHERS = [
    *((own, other, kind) for own, other in permutations(LAYERS, 2) for kind in ("preview", "deploy")),
    *((own, FOUNDATION, "deploy") for own in (*LAYERS, TEAM)),
    *((own, other, "deploy") for own, other in permutations((IDENTITY, TEAM), 2)),
    *((own, other, "deploy") for own, other in permutations((PLATFORM, NAMESPACES), 2)),
    *((own, other, "deploy") for own, other in permutations((TEAM, NAMESPACES), 2)),
]


@pytest.mark.parametrize(
    ("own", "other", "kind"), [pytest.param(*case, id=f"{case[0].title}-{case[1].title}-{case[2]}") for case in _OTHERS]
)
def test_no_layers_job_reaches_anothers_state_or_key(backend: Backend, own: Stack, other: Stack, kind: Kind) -> None:
    refused = on(backend, other, sign_in(backend.sandbox, own, kind), "stack", "ls")
    assert refused.code != 0
    assert f"{own.account(kind)} does not have storage.objects." in refused.text
    key = f"//cloudkms.googleapis.com/{other.secrets_provider().removeprefix('gcpkms://')}"
    with backend.cloud() as cloud:
        assert cloud.iam.find_grant(f"serviceAccount:{own.account(kind)}", DECRYPT, key) is None
