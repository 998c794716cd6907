import json
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from cli.events import summary
from cli.layout import Stack
from cli.preview import quiet
from cli.pulumi.engine import Engine, Result, reasons
from cli.pulumi.engine_directory import EngineDirectory
from cli.pulumi.policy_sets import OWN, PolicySet
from engine.events import Event, Events
from toolchain.progress import Step
from waiting import eventually

URN = "urn:pulumi:sandbox::platform::prodfirst:platform:Database$gcp:sql/databaseInstance:DatabaseInstance::orders"


def _policy(level: str) -> dict[str, Any]:
    event = {"resourceUrn": URN, "message": "is public\n", "policyName": "sql-public", "enforcementLevel": level}
    return {"policyEvent": event}


def _error(text: str) -> dict[str, Any]:
    return {"diagnosticEvent": {"severity": "error", "message": f"{text}\n", "urn": URN}}


def _outcome(*events: dict[str, Any]) -> Events:
    outcome = Events()
    for event in events:
        outcome.take(Event.model_validate(event))
    return outcome


def test_a_summary_tells_plans_from_deeds() -> None:
    changes = Counter({"create": 3, "update": 1, "same": 12})

    assert summary(changes, planned=True) == "3 to create, 1 to update, 12 unchanged"
    assert summary(changes, planned=False) == "3 created, 1 updated, 12 unchanged"


def test_a_plan_that_only_protects_is_a_change_to_carry_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resource = {"urn": URN, "type": "gcp:sql/databaseInstance:DatabaseInstance", "custom": True}

    def planned(engine: Engine, command: str, options: Sequence[str], step: Step) -> Result:
        del engine, command, step
        goal = {"type": resource["type"], "custom": True, "protect": True}
        plan = {"manifest": {}, "resourcePlans": {URN: {"steps": ["same"], "goal": goal}}}
        Path(options[-1]).write_text(json.dumps(plan), "utf-8")
        return Result(0, Events(changes=Counter({"same": 1})), "")

    def state(engine: Engine) -> bytes:
        del engine
        return json.dumps({"version": 3, "deployment": {"resources": [resource]}}).encode()

    monkeypatch.setattr(Engine, "_run", planned)
    monkeypatch.setattr(Engine, "state", state)
    (tmp_path / "plans").mkdir()

    result = Engine(EngineDirectory(tmp_path), Stack("platform", "sandbox"), {}).preview(Step("preview"))

    assert result.is_changed
    assert summary(result.outcome.changes, planned=True, options=len(result.options)) == "1 options to set, 1 unchanged"


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_preview_that_begins_from_the_cloud_is_followed_by_such_an_update(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, refreshes: bool
) -> None:
    ran: dict[str, bool] = {}

    def run(engine: Engine, command: str, options: Sequence[str], step: Step) -> Result:
        del engine, step
        ran[command] = "--refresh" in options
        return Result(0, Events(), "")

    monkeypatch.setattr(Engine, "_run", run)
    engine = Engine(EngineDirectory(tmp_path), Stack("platform", "sandbox"), {}, refreshes=refreshes)
    engine.preview(Step("preview"))
    engine.update(Step("update"))

    assert ran == {"preview": refreshes, "up": refreshes}


def test_the_reasons_are_violations_and_causes_without_what_merely_follows() -> None:
    outcome = _outcome(_policy("mandatory"), _error("Error 409: exists\ndetails"), _error("update failed"))
    outcome.take(Event.model_validate(_error("failed to run policy: context canceled")))

    told = reasons(Result(1, outcome, "noise"))

    assert told.splitlines() == [
        "  policy sql-public: DatabaseInstance orders: is public",
        "  Error 409: exists",
        "    details",
    ]


def test_without_events_the_end_of_the_output_is_the_reason() -> None:
    assert reasons(Result(255, Events(), "a\nerror: no such option\n")) == "  a\n  error: no such option"


def test_many_reasons_are_cut_and_say_how_many_more() -> None:
    outcome = _outcome(*(_error(f"e{number}") for number in range(30)))

    assert reasons(Result(1, outcome, "")).splitlines()[-1] == "  … and 10 more, in the log of the engine"


def test_a_preview_is_shown_without_lines_that_say_nothing_about_the_plan() -> None:
    lines = ["Previewing update (sandbox):\n", "\n", "Loading policy packs...\n", "  + gcp:sql\n", "Resources:\n"]

    assert list(quiet(lines)) == ["  + gcp:sql", "Resources:"]


def test_what_is_new_of_an_app_is_left_to_the_gates_list_of_names() -> None:
    new = ["+ kubernetes:core/v1:Service: (create)", "    [urn=x]", "", '    kubeconfig: "{}"']
    changed = ["~ kubernetes:apps/v1:Deployment: (update)", '    image: "a" => "b"', "Resources:", "    + 1 to create"]

    assert list(quiet([*new, *changed], new_is_short=True)) == changed
    assert list(quiet([*new, *changed])) == [line for line in [*new, *changed] if line]


@pytest.fixture
def folder(tmp_path: Path) -> EngineDirectory:
    """A folder whose engine runs until it is interrupted."""
    made = EngineDirectory(tmp_path)
    for place in (made.bin, made.logs(), made.plans):
        place.mkdir()
    program = made.bin / "pulumi"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o700)
    return made


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list["subprocess.Popen[bytes]"]:
    """The processes of the engine, each from the moment when it was started."""
    kept: list[subprocess.Popen[bytes]] = []

    class Kept(subprocess.Popen[bytes]):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            kept.append(self)

    monkeypatch.setattr("cli.pulumi.engine.subprocess.Popen", Kept)
    return kept


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["at a terminal", "in the background"])
def interrupts(request: pytest.FixtureRequest) -> Iterator[None]:
    """Handler of interrupts in this process, which child processes inherit: a script's background job ignores them."""
    before = signal.signal(signal.SIGINT, request.param)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("interrupts", [signal.default_int_handler], indirect=True)
def test_an_interrupt_that_comes_while_the_engine_is_started_ends_it(
    folder: EngineDirectory, started: list["subprocess.Popen[bytes]"], interrupts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = subprocess.Popen[bytes]

    def interrupted(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
        signal.raise_signal(signal.SIGINT)
        return start(command, **options)

    monkeypatch.setattr("cli.pulumi.engine.subprocess.Popen", interrupted)

    with pytest.raises(KeyboardInterrupt):
        Engine(folder, Stack("identity", "sandbox"), {}).preview(Step("preview"))
    assert [process.returncode for process in started] == [-signal.SIGINT]


def test_an_interrupt_ends_an_engine_that_another_thread_started(
    folder: EngineDirectory, started: list["subprocess.Popen[bytes]"], interrupts: None
) -> None:
    stop = threading.Event()
    engine = Engine(folder, Stack("apps", "sandbox", "storefront"), {}, stop=stop)

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(engine.preview, Step("preview"))
        eventually(lambda: started)
        stop.set()
        second = threads.submit(engine.preview, Step("preview"))  # does not even begin

    assert [type(each.exception()) for each in (first, second)] == [KeyboardInterrupt, KeyboardInterrupt]
    assert [process.returncode for process in started] == [-signal.SIGINT]


def test_of_an_output_a_preview_shows_what_changes() -> None:
    lines = [
        "    --outputs:--\n",
        "  ~ contract: {\n",
        "      ~ teams: {\n",
        "          + search: {\n",
        '              + group: "search-team@example.com"\n',
        "            }\n",
        "            shop: {\n",
        '                group: "shop-team@example.com"\n',
        "            }\n",
        "    }\n",
        "Resources:\n",
        "    + 2 to create\n",
    ]
    kept = ["--outputs:--", "~ contract: {", "~ teams: {", "+ search: {", '+ group: "search-team@example.com"']
    assert [line.strip() for line in quiet(lines)] == [*kept, "Resources:", "+ 2 to create"]


def test_a_preview_and_its_update_pass_every_set_of_policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: dict[str, list[str]] = {}

    def run(engine: Engine, command: str, options: Sequence[str], step: Step) -> Result:
        del engine, step
        ran[command] = [value for option, value in pairwise(options) if option == "--policy-pack"]
        return Result(0, Events(), "")

    monkeypatch.setattr(Engine, "_run", run)
    sets = (OWN, PolicySet(tmp_path / "policies", "the base branch"))
    engine = Engine(EngineDirectory(tmp_path), Stack("platform", "sandbox"), {}, policies=sets)
    engine.preview(Step("preview"))
    engine.update(Step("update"))

    folders = [str(each.folder) for each in sets]
    assert ran == {"preview": folders, "up": folders}
