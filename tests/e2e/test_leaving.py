"""Nothing locks anybody in: the commands of `.github/guides/leave.md`, with the plain engine.

It takes the real engine and the real states: that a layer's folder is enough, and that a moved state is whole.
"""

import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

import example_tenant as example
from cli.layout import Stack
from e2e.harness import IDENTITY, NAMESPACES, PLATFORM, PROJECT, REPORTS, STOREFRONT, TEAM, Ran, Sandbox, ran
from sandbox.cloud import names, seed
from toolchain.environments import CHECKOUT

GUIDE = CHECKOUT / ".github" / "guides" / "leave.md"
# People of the team that owns each stack, who may preview it as themselves.
OWNERS = {
    IDENTITY: "user:security-reviewer@example.com",
    TEAM: "user:security-reviewer@example.com",
    PLATFORM: "user:platform-engineer@example.com",
    NAMESPACES: "user:platform-engineer@example.com",
    STOREFRONT: "user:shop-developer@example.com",
}
CLUSTER = f"{PROJECT}/locations/{example.REGION}/clusters/main"
_INSTALLED_ALREADY = ("python3 -m venv", ".venv/bin/python -m pip install", "cd ")
_PLAIN = ("HOME", "LANG", "TMPDIR")


def guide(part: str) -> list[str]:
    """The commands of one of the guide's blocks."""
    [block] = re.findall(rf"<!-- leave: {part} -->\n```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    return [line for line in block.splitlines() if not line.startswith(_INSTALLED_ALREADY)]


@dataclass(frozen=True)
class Alone:
    """A layer's folder with nothing beside it, and a person with the plain engine."""

    sandbox: Sandbox
    stack: Stack
    folder: Path

    def run(self, *commands: str) -> Ran:
        """Run commands as one script, with the names of this stack for the guide's."""
        stack, place = self.stack, f"file://{self.sandbox.directory.state(self.stack.store)}?metadata=skip"
        renamed = "\n".join(["set -e", *commands])
        for shown, own in {
            "gs://PROJECT-state-platform": f"'{place}'",
            "platform-preview@PROJECT.iam.gserviceaccount.com": stack.account("preview"),
            "file:///srv/states": f"file://{self.states}",
            "STACK": stack.name,
        }.items():
            renamed = renamed.replace(shown, own)
        env = {
            **{name: os.environ[name] for name in _PLAIN if name in os.environ},
            "PATH": f"{self.sandbox.directory.bin}{os.pathsep}{os.defpath}",
            "PULUMI_HOME": str(self.sandbox.directory.pulumi_home),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.sandbox.directory.passphrase(stack.store)),
            "GOOGLE_APPLICATION_CREDENTIALS": str(seed.write_credentials(self.sandbox.path, OWNERS[stack])),
            "SANDBOX_DIR": str(self.sandbox.path),
        }
        return ran(["sh", "-c", renamed], self.folder, env)

    @property
    def states(self) -> Path:
        """A new place for states."""
        place = self.folder.parent / "states"
        place.mkdir(exist_ok=True)
        return place


@pytest.fixture(params=OWNERS, ids=lambda stack: stack.title)
def alone(request: pytest.FixtureRequest, shared: Sandbox, tmp_path: Path) -> Alone:
    """A stack of each owner, alone."""
    stack: Stack = request.param
    folder = tmp_path / stack.project
    shutil.copytree(CHECKOUT / stack.project, folder, ignore=shutil.ignore_patterns(".venv", "__pycache__"))
    (folder / ".venv").symlink_to(CHECKOUT / stack.project / ".venv")
    return Alone(shared, stack, folder)


def test_a_layers_folder_and_the_engine_are_enough_and_a_moved_state_is_whole(alone: Alone) -> None:
    done = alone.run(*guide("plain"), *guide("backend"), "pulumi stack --stack STACK --show-secrets").succeeded()

    assert done.out.count("unchanged") == 2, done.text
    assert not re.search(r"\d+ to (create|update|replace|delete)", done.out), done.text
    assert [file.name for file in (alone.states / ".pulumi/stacks" / alone.stack.project).glob("*.json")] == [
        f"{alone.stack.name}.json"
    ]
    assert not (alone.folder / "state.json").exists()


@pytest.mark.parametrize("alone", [PLATFORM], indirect=True)
def test_the_ids_are_those_that_other_tools_import_and_forgetting_deletes_nothing(alone: Alone) -> None:
    _, _, *move = guide("backend")
    listed = alone.run(guide("plain")[0], *guide("ids")).succeeded()
    told = re.findall(r"(gcp:\S+)\s.*\n.*ID: (\S+)", listed.out)

    assert ("gcp:compute/network:Network", f"{PROJECT}/global/networks/main") in told
    assert ("gcp:container/cluster:Cluster", CLUSTER) in told
    mark = alone.sandbox.mark()
    [forget] = re.findall(r"`(pulumi state delete --all [^`]*)`", GUIDE.read_text(encoding="utf-8"))
    place, export = f"export PULUMI_BACKEND_URL=file://{alone.states}", guide("backend")[0]
    left = alone.run(guide("plain")[0], export, place, *move[:2], forget, "pulumi stack --show-urns").succeeded()
    assert "gcp:" not in left.out
    assert not any(names.split(call.resource)[1] == CLUSTER for call in alone.sandbox.calls(mark))


def test_an_app_is_destroyed_by_its_teams_identity_and_comes_back(shared: Sandbox) -> None:
    shared.run("shell", "--app", "reports", "--cmd", f"pulumi destroy --stack {REPORTS.name} --yes").succeeded()
    gone = shared.kubectl("get", "cronjobs", "--namespace", "reports", "--output", "name").out
    shared.run("up", "--app", "reports").succeeded()

    assert gone == ""
    assert shared.kubectl("get", "cronjobs", "--namespace", "reports", "--output", "name").out.strip()


class _UndoneError(Exception):
    """Ends a transaction that is not to be kept."""


def test_nobody_but_break_glass_shuts_the_project_down(shared: Sandbox) -> None:
    project, on_duty = names.project(example.PROJECT), "user:on-duty@example.com"
    with shared.cloud() as cloud, suppress(_UndoneError), cloud.store.transaction():
        cloud.store.add_membership("group:break-glass@example.com", on_duty)
        denied = {
            member: cloud.iam.decide(member, "resourcemanager.projects.delete", project).denial is not None
            for member in (seed.ADMIN, on_duty)
        }
        assert denied == {seed.ADMIN: True, on_duty: False}
        raise _UndoneError
