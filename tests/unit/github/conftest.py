"""A repository with three environments that have their states, and GitHub around it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli.rollout import FILE
from example_checkout import files
from toolchain.environments import CHECKOUT
from unit.github.fake_github import FakeGitHub
from unit.github.fake_server import serving
from unit.github.origin import Origin, git

# Of names that nothing but the repository's own list knows.
ENVIRONMENTS = ("trial", "staging", "live")


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    """GitHub, with nothing in it."""
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A git folder with this checkout as its first commit; tests copy it."""
    folder = tmp_path_factory.mktemp("repository")
    for name in files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, folder / name)
    for file in folder.glob("*/Pulumi.*.yaml"):
        if not file.name.endswith("sandbox.yaml"):
            file.unlink()
    (folder / FILE).write_text(yaml.safe_dump({"environments": [{"name": name} for name in ENVIRONMENTS]}))
    for environment in ENVIRONMENTS:
        _make_ready(folder, environment)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "the beginning")
    return folder


def _make_ready(folder: Path, environment: str) -> None:
    """An environment like the sandbox, whose stack files name the key of each state as `make bootstrap` leaves them."""
    for layer in ("identity", "platform", "apps"):
        for file in (folder / layer).glob("Pulumi.*sandbox.yaml"):
            content = yaml.safe_load(file.read_text())
            content.pop("encryptionsalt", None)
            ready = file.with_name(file.name.replace("sandbox", environment))
            ready.write_text(yaml.safe_dump({"secretsprovider": f"gcpkms://{layer}", **content}))


@pytest.fixture
def origin(repository: Path, github: FakeGitHub, tmp_path: Path) -> Origin:
    """The repository, for one test."""
    folder = tmp_path / "origin"
    subprocess.run(["git", "clone", "-q", str(repository), str(folder)], check=True)
    place = tmp_path / "jobs"
    place.mkdir()
    state = tmp_path / "state"
    state.mkdir()
    return Origin(folder, place, github, {"PULUMI_BACKEND_URL": f"file://{state}"})
