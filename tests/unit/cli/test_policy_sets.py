"""Sets of policies that evaluate a plan: the checkout's, and the other one where a proposal changes them."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.github import proposal
from cli.layout import LAYERS, Stack
from cli.pulumi import gate, policy_sets
from cli.pulumi.gate import GateResult, PreviewArtifacts
from cli.pulumi.policy_sets import PolicySet
from toolchain import confined
from toolchain.environments import python
from toolchain.errors import ToolError
from unit.github.origin import git

PROJECT = "runtime: {name: python, options: {toolchain: pip, virtualenv: .venv}}\n"
RULES = "policies/plan_rules.yaml"
PLATFORM = Stack("platform", "sandbox")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout whose main branch has policies and layers."""
    folder = tmp_path / "checkout"
    for layer in LAYERS:
        (folder / layer).mkdir(parents=True)
    (folder / "policies" / ".venv").mkdir(parents=True)
    (folder / "policies" / "PulumiPolicy.yaml").write_text(PROJECT)
    (folder / "policies" / "README.md").write_text("# Policies\n")
    (folder / RULES).write_text("as reviewed\n")
    (folder / ".gitignore").write_text(".venv\n")
    _committed(folder, "-b", "main")
    monkeypatch.setattr(policy_sets, "CHECKOUT", folder)
    monkeypatch.setattr(policy_sets, "POLICIES", folder / "policies")
    policy_sets.evaluating.cache_clear()
    yield folder
    policy_sets.evaluating.cache_clear()


def _committed(folder: Path, *options: str) -> None:
    if options:
        git(folder, "init", "-q", *options)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "a commit")


def _on_a_branch(folder: Path) -> None:
    git(folder, "switch", "-q", "-c", "change")
    (folder / RULES).write_text("milder\n")
    _committed(folder)


def _uncommitted(folder: Path) -> None:
    (folder / RULES).write_text("milder\n")


def _another_file(folder: Path) -> None:
    (folder / "policies" / "sitecustomize.py").write_text("x = 1\n")


def _without_a_file(folder: Path) -> None:
    (folder / RULES).unlink()


def _known_by_the_remote_alone(folder: Path) -> None:
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    _on_a_branch(folder)
    git(folder, "branch", "-q", "-D", "main")


def _merged_here_alone(folder: Path) -> None:
    """A local main is no base while the remote has another one."""
    git(folder, "update-ref", "refs/remotes/origin/main", "main")
    _uncommitted(folder)
    _committed(folder)


@pytest.mark.parametrize(
    "change",
    [_on_a_branch, _uncommitted, _another_file, _without_a_file, _known_by_the_remote_alone, _merged_here_alone],
)
def test_changed_policies_evaluate_a_plan_beside_those_of_the_base_branch(
    checkout: Path, change: Callable[[Path], None]
) -> None:
    change(checkout)

    own, base = policy_sets.evaluating()

    assert own.folder == checkout / "policies"
    assert base.title.startswith("the base branch (")
    assert (base.folder / "plan_rules.yaml").read_text() == "as reviewed\n"
    assert not (base.folder / "sitecustomize.py").exists()
    # It runs in the checkout's environment, beside the checkout's layers, and can write neither.
    assert str(checkout / "policies" / ".venv") in (base.folder / "PulumiPolicy.yaml").read_text()
    assert not (base.folder / ".venv").exists()
    assert (base.folder.parent / "identity").resolve() == checkout / "identity"


def _nothing(_: Path) -> None:
    """Leave the checkout as it is."""


def _documents(folder: Path) -> None:
    (folder / "policies" / "README.md").write_text("# Other words\n")


def _layers(folder: Path) -> None:
    (folder / "identity" / "program.py").write_text("x = 1\n")


def _bytecode(folder: Path) -> None:
    (folder / "policies" / "__pycache__").mkdir()
    (folder / "policies" / "__pycache__" / "gate.pyc").write_bytes(b"x")


def _without_git(folder: Path) -> None:
    _uncommitted(folder)
    shutil.rmtree(folder / ".git")


def _without_a_default_branch(folder: Path) -> None:
    _on_a_branch(folder)
    git(folder, "branch", "-q", "-D", "main")


def _a_linked_environment(folder: Path) -> None:
    """A link in the place of an environment, which the name of a folder in .gitignore does not cover."""
    (folder / "policies" / ".venv").rmdir()
    (folder / "policies" / ".venv").symlink_to("/usr")
    git(folder, "add", "-f", "policies/.venv")
    _committed(folder)


def _inside_of_another(folder: Path) -> None:
    """A checkout in a folder of another repository, as the tests' own copy is."""
    _without_git(folder)
    _committed(folder.parent, "-b", "main")
    (folder / RULES).write_text("milder\n")


@pytest.mark.parametrize(
    "change",
    [
        *(_nothing, _documents, _layers, _bytecode, _a_linked_environment),
        *(_without_git, _without_a_default_branch, _inside_of_another),
    ],
)
def test_where_nothing_that_decides_differs_or_no_base_is_known_there_is_one_set(
    checkout: Path, change: Callable[[Path], None]
) -> None:
    change(checkout)

    assert [each.folder for each in policy_sets.evaluating()] == [checkout / "policies"]


def _proposed(checkout: Path) -> Path:
    """Another checkout in the folder of the proposal, as a workflow has it."""
    head = checkout / proposal.HEAD
    shutil.copytree(checkout, head, ignore=shutil.ignore_patterns(".git", proposal.HEAD))
    _committed(head, "-b", "main")
    return head


def test_in_the_job_of_a_proposal_the_checkout_is_the_base_branch_and_the_other_set_the_proposals(
    checkout: Path,
) -> None:
    head = _proposed(checkout)
    assert len(policy_sets.evaluating()) == 1
    policy_sets.evaluating.cache_clear()
    (head / RULES).write_text("milder\n")
    (head / "policies" / "PulumiPolicy.yaml").write_text("runtime: nodejs\n")
    _committed(head)

    own, proposed = policy_sets.evaluating()

    assert (own.folder, own.title) == (checkout / "policies", "the base branch")
    assert proposed.title == "this proposal"
    assert (proposed.folder / "plan_rules.yaml").read_text() == "milder\n"
    # How the pack is started is not the proposal's to say: another language host would not be confined.
    assert "nodejs" not in (proposed.folder / "PulumiPolicy.yaml").read_text()


def test_a_proposal_without_policies_or_with_a_link_out_of_them_is_not_previewed(checkout: Path) -> None:
    head = _proposed(checkout)
    shutil.rmtree(head / "policies")
    _committed(head)
    with pytest.raises(ToolError, match="the policies of this proposal cannot be read"):
        policy_sets.evaluating()

    (head / "policies").mkdir()
    (head / "policies" / "waivers.yaml").symlink_to("/etc/passwd")
    _committed(head)
    with pytest.raises(ToolError, match="have a file that is not unpacked"):
        policy_sets.evaluating()


GATE = """
import json, sys
from pathlib import Path

tried = [Path.cwd() / "plan_rules.yaml", Path(sys.argv[0]), Path("{plan}"), Path("{venv}") / "sitecustomize.py"]
written = []
for file in tried:
    try:
        file.open("a").write("tampered")
        written.append(str(file))
    except OSError:
        pass
verdict = next(option.partition("=")[2] for option in sys.argv if option.startswith("--verdict="))
refusals = [dict(policy="plan-long", message="x" * 200_000), dict(policy="tampered", message=repr(written))]
document = dict(passed={passed}, plan="p", state="s", violations=0, sections=dict(refused=["no"]), refusals=refusals)
Path(verdict).write_text(json.dumps(document))
print("plan gate: refused")
sys.exit({code})
"""


def _gate(folder: Path, plan: Path, *, passed: bool = False, code: int = 1) -> PolicySet:
    (folder / "plan_gate").mkdir(parents=True)
    (folder / "plan_gate" / "__init__.py").touch()
    text = GATE.format(plan=plan, venv=python("policies").parents[1], passed=passed, code=code)
    (folder / "plan_gate" / "__main__.py").write_text(text)
    (folder / "plan_rules.yaml").write_text("as reviewed\n")
    return PolicySet(folder, "this proposal")


@pytest.mark.skipif(not confined.version(), reason="this kernel has no Landlock")
def test_a_proposals_gate_writes_nothing_but_its_verdict(tmp_path: Path) -> None:
    plan, events = tmp_path / "plan.json", tmp_path / "events.json"
    plan.write_text("{}")
    proposed = _gate(tmp_path / "policies", plan)

    result = gate.evaluate(PLATFORM, PreviewArtifacts(plan, events, lambda: b"{}"), policies=proposed, binding=False)

    assert not result.passed
    assert result.reasons[1] == "tampered: []"
    assert len(result.reasons[0]) > 200_000  # more than a pipe holds at once
    assert result.sections == {"refused": ("no",)}
    assert plan.read_text() == "{}"
    with pytest.raises(ToolError, match="the plan gate of this proposal refused the plan"):
        result.confirm()


@pytest.mark.parametrize(("passed", "code"), [(True, 1), (False, 0), (True, 2)])
def test_a_gate_whose_verdict_and_exit_code_disagree_lets_nothing_pass(
    tmp_path: Path, *, passed: bool, code: int
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{}")
    artifacts = PreviewArtifacts(plan, tmp_path / "events.json", lambda: b"{}")
    proposed = _gate(tmp_path / "policies", plan, passed=passed, code=code)
    if code > 1:
        with pytest.raises(ToolError, match="of this proposal could not judge"):
            gate.evaluate(PLATFORM, artifacts, policies=proposed)
    else:
        assert not gate.evaluate(PLATFORM, artifacts, policies=proposed).passed


def _verdict(*, passed: bool, **sections: tuple[str, ...]) -> GateResult:
    text = "\n".join(["plan gate: platform: passed", *(line for lines in sections.values() for line in lines)])
    artifacts = PreviewArtifacts(Path("plan.json"), Path("events.json"), lambda: b"{}")
    return GateResult(passed, text, PLATFORM, artifacts, "p", "s", (), sections)


def test_what_the_other_sets_verdict_says_alike_is_not_said_twice() -> None:
    own = _verdict(passed=True, changes=("~ Network main",), note=("with the limits of this account",))

    assert _verdict(passed=True, changes=("~ Network main",)).beside(own) == (
        "plan gate: platform: passed, otherwise as above"
    )
    other = _verdict(passed=True, changes=("~ Network main", "- Network old"))
    assert other.beside(own) == other.text
    refused = _verdict(passed=False, changes=("~ Network main",))
    assert refused.beside(own) == refused.text
