"""The command that deploys: what it refuses before anything starts, what stops what, and whose locks it removes."""

import getpass
import hashlib
import json
import socket
from pathlib import Path

import pytest

from cli import command_line, deploy
from cli.deploy import DeploymentResult
from cli.layout import Choice, Stack, foundation
from cli.pulumi.engine import Engine
from cli.pulumi.engine_directory import EngineDirectory
from cli.pulumi.gate import GateResult, PreviewArtifacts
from cli.pulumi.policy_sets import OWN, PolicySet
from toolchain.errors import ToolError, UsageError

DEV = {name: Stack(name, "dev") for name in ("identity", "platform")}
FOUNDATION = foundation("dev")
SHOP, REPORTS = (Stack("apps", "dev", name) for name in ("storefront", "reports"))


@pytest.fixture
def tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Stack]:
    """The stacks that would be deployed, in their order; a failed stack of the layer is reported by its title."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'states'}")
    done: list[Stack] = []

    def stacks(environment: str, choice: Choice) -> list[Stack]:
        known = [FOUNDATION, *DEV.values(), SHOP, REPORTS]
        return [
            each
            for each in known
            if choice.layer in (None, each.project)
            and choice.app in (None, each.part)
            and choice.owner in (None, owner_of(each))
        ]

    def succeed(stack: Stack, stop: object, *, refresh: bool, harmless: bool) -> DeploymentResult:
        del stop, refresh, harmless
        done.append(stack)
        return DeploymentResult(stack, "1 created", 1.0)

    def owner_of(stack: Stack) -> str:
        return "foundation" if stack == FOUNDATION else "apps-shop" if stack.part else stack.project

    monkeypatch.setattr(deploy, "stacks", stacks)
    monkeypatch.setattr(deploy, "_deploy", succeed)

    def account(stack: Stack, kind: str) -> str:
        return f"{owner_of(stack)}-{kind}@example-dev.iam.gserviceaccount.com"

    monkeypatch.setattr(Stack, "owner", owner_of)
    monkeypatch.setattr(Stack, "account", account)
    return done


def test_nothing_is_deployed_beside_a_state_that_no_stack_file_is_of(tried: list[Stack], tmp_path: Path) -> None:
    file = tmp_path / "states/.pulumi/stacks/platform/namespaces-gone-dev.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")  # of whose content nobody knows

    with pytest.raises(ToolError, match=r"platform/namespaces-gone \(namespaces-gone-dev\): its state cannot be read"):
        deploy.run("dev", Choice("platform"))
    assert tried == []


def failing(monkeypatch: pytest.MonkeyPatch, bad: Stack, tried: list[Stack]) -> None:
    def fail(stack: Stack, stop: object, *, refresh: bool, harmless: bool) -> DeploymentResult:
        del stop, refresh, harmless
        if stack == bad:
            raise ToolError(f"{stack.title}: no")
        tried.append(stack)
        return DeploymentResult(stack, "1 created", 1.0)

    monkeypatch.setattr(deploy, "_deploy", fail)


def test_the_sandbox_is_not_deployed_to() -> None:
    with pytest.raises(UsageError, match="`make up`"):
        deploy.run("sandbox", Choice())


def test_the_layers_go_in_their_order_and_before_the_apps(tried: list[Stack]) -> None:
    assert deploy.run("dev", Choice()) == 0
    assert tried[:2] == list(DEV.values())
    assert set(tried[2:]) == {SHOP, REPORTS}


@pytest.mark.parametrize("layer", [None, "identity"])
def test_the_foundation_is_refused_by_its_name(tried: list[Stack], layer: str | None) -> None:
    with pytest.raises(
        UsageError, match=r"administrators alone.* Nothing was started\. .*make bootstrap STACK=dev$"
    ) as raised:
        deploy.run("dev", Choice(layer, owner="foundation"))

    assert raised.value.exit_code == 2
    assert tried == []


@pytest.mark.parametrize(
    ("layer", "owner", "expected"),
    [
        (None, None, [*DEV.values(), SHOP, REPORTS]),
        ("identity", None, [DEV["identity"]]),
        (None, "identity", [DEV["identity"]]),
    ],
)
def test_the_foundation_is_left_out_otherwise(
    tried: list[Stack], layer: str | None, owner: str | None, expected: list[Stack]
) -> None:
    assert deploy.run("dev", Choice(layer, owner=owner)) == 0
    assert [stack for stack in expected if stack.part is None] == [stack for stack in tried if stack.part is None]
    assert set(tried) == set(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [((), (True, False)), (("--REFRESH", "no"), (False, False)), (("--HARMLESS", "yes"), (True, True))],
)
def test_a_deployment_begins_from_the_cloud_and_does_everything_unless_it_is_told_not_to(
    monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], expected: tuple[bool, bool]
) -> None:
    began: list[tuple[bool, bool]] = []

    def run(environment: str, choice: Choice, *, refresh: bool, harmless: bool) -> int:
        del environment, choice
        began.append((refresh, harmless))
        return 0

    monkeypatch.setattr(deploy, "run", run)
    assert command_line.run(["deploy", "--STACK", "dev", "--LAYER", "platform", *given]) == 0
    assert began == [expected]


def test_drift_is_not_put_back_without_a_look_for_it(tried: list[Stack]) -> None:
    with pytest.raises(UsageError, match=r"HARMLESS=yes puts drift back, and REFRESH=no looks for none"):
        deploy.run("dev", Choice("platform"), refresh=False, harmless=True)
    assert tried == []


def test_apps_are_named_with_blanks_and_deployed_once(tried: list[Stack]) -> None:
    deploy.run("dev", Choice("apps", app=" reports  storefront reports "))
    assert sorted(each.title for each in tried) == ["apps/reports", "apps/storefront"]


def test_a_layer_that_fails_stops_those_after_it(monkeypatch: pytest.MonkeyPatch, tried: list[Stack]) -> None:
    failing(monkeypatch, DEV["platform"], tried)
    with pytest.raises(ToolError, match="platform: no"):
        deploy.run("dev", Choice())
    assert tried == [DEV["identity"]]


def test_an_app_that_fails_is_named_and_stops_no_other(monkeypatch: pytest.MonkeyPatch, tried: list[Stack]) -> None:
    failing(monkeypatch, SHOP, tried)
    with pytest.raises(ToolError, match=r"1 of 2 apps could not be deployed:\n.*storefront: no"):
        deploy.run("dev", Choice("apps", app="storefront reports"))
    assert tried == [REPORTS]


def test_a_job_is_told_in_its_summary(monkeypatch: pytest.MonkeyPatch, tried: list[Stack], tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    told = {"STEP_SUMMARY": str(summary), "SHA": "c0ffee" * 6, "REPOSITORY": "o/r", "SERVER_URL": "https://github.com"}
    for name, value in told.items():
        monkeypatch.setenv(f"GITHUB_{name}", value)
    deploy.run("dev", Choice("platform"))
    text = summary.read_text()
    assert "| [platform (dev)](https://github.com/o/r/deployments/platform-dev) |" in text
    assert "| [c0ffeec0ffee](https://github.com/o/r/commit/c0ffee" in text
    assert "| 1 created |" in text


JOB = {"ACTIONS_ID_TOKEN_REQUEST_URL": "https://x", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "x"}
OURS = {"username": getpass.getuser(), "hostname": "another-runner", "pid": 1, "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("job", "lock", "removed"),
    [
        (JOB, OURS, True),  # a job's machine that is gone
        (JOB, {**OURS, "hostname": socket.gethostname(), "pid": 2**30}, True),  # a process of this machine that is gone
        (JOB, {**OURS, "username": "alice"}, False),  # a person at a terminal
        ({}, OURS, False),  # somebody at another machine, and this is no job
        (JOB, {"version": 2}, False),  # nobody knows who
    ],
)
def test_the_lock_of_an_ended_job_is_removed_and_no_other(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, job: dict[str, str], lock: dict[str, object], removed: bool
) -> None:
    calls: list[tuple[str, ...]] = []

    class NoGoogle:
        def objects(self, bucket: str, prefix: str) -> list[bytes]:
            assert f"gs://{bucket}" == DEV["platform"].backend()
            assert prefix == ".pulumi/locks/organization/platform/dev/"
            return [json.dumps(lock).encode()]

    def call(self: Engine, *arguments: str) -> str:
        calls.append(arguments)
        return json.dumps({"version": 3, "deployment": {}})

    for name, value in job.items():
        monkeypatch.setenv(name, value)

    def connect(project: str) -> NoGoogle:
        return NoGoogle()

    monkeypatch.setattr(deploy, "connect", connect)
    monkeypatch.setattr(Engine, "call", call)
    folder = deploy.EngineDirectory(tmp_path)
    engine = Engine(folder, DEV["platform"], {"PULUMI_BACKEND_URL": DEV["platform"].backend()})
    if removed:
        deploy.settle(engine)
        assert calls[0] == ("cancel", "--yes", "dev")
    else:
        with pytest.raises(ToolError, match=r"is being changed by (process 1 on another-runner|somebody whose lock)"):
            deploy.settle(engine)
        assert calls == []


@pytest.mark.parametrize("refused_by", ["this checkout", "the base branch", None])
def test_a_plan_is_carried_out_when_no_set_of_policies_refuses_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused_by: str | None
) -> None:
    asked: list[Stack] = []
    stack, base = DEV["platform"], PolicySet(tmp_path / "policies", "the base branch")
    plan = tmp_path / "plans" / "platform-dev.json"
    plan.parent.mkdir()
    plan.write_text("{}")
    digest = hashlib.sha256(b"{}").hexdigest()

    def evaluate(of: Stack, artifacts: PreviewArtifacts, *, policies: PolicySet, unattended: bool) -> GateResult:
        assert unattended
        passed = policies.title != refused_by
        return GateResult(passed, "", of, artifacts, digest, digest, ("no",), policies=policies)

    monkeypatch.setattr(deploy, "evaluate", evaluate)

    def require(of: Stack, artifacts: PreviewArtifacts) -> None:
        del artifacts
        asked.append(of)

    def state(_: Engine) -> bytes:
        return b"{}"

    monkeypatch.setattr(deploy.granted, "require", require)
    monkeypatch.setattr(Engine, "state", state)
    engine = Engine(EngineDirectory(tmp_path), stack, {}, policies=(OWN, base))

    if refused_by:
        with pytest.raises(ToolError, match="refused the plan"):
            deploy.require_permitted(engine, unattended=True)
    else:
        deploy.require_permitted(engine, unattended=True)
    assert asked == ([] if refused_by else [stack])
