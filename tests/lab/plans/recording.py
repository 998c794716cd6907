"""Makes the plans of all cases on the real engine, in a copy of the checkout and a sandbox of its own.

Each preview runs as the stack's read-only identity with the policy pack, as `make preview` runs it. Where the engine
stops at what is protected, the plan is made once more without regard to protection, as `make preview` does.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from cli.chain import Chain
from cli.layout import POLICIES, SANDBOX, Stack
from cli.pulumi.engine import reviewed
from cli.pulumi.gate import PreviewArtifacts, evaluate
from cli.target.protocol import PreviewEngine
from cli.target.sandbox import Sandbox
from engine.events import parse
from lab.plans.case import Case
from lab.plans.cases import base, cases
from lab.plans.edits import Edit
from toolchain.environments import CHECKOUT
from toolchain.progress import say

Json = dict[str, Any]


def main() -> int:
    """Record the named cases, or all, of this checkout's sandbox, which is up; the folder is the first argument."""
    into, chosen = Path(sys.argv[1]), set(sys.argv[2:])
    target = Sandbox()
    target.start()
    failed = 0
    for stack in sorted({case.stack for case in cases()}):
        if not chosen and _stack(stack).file.is_file():
            with target.preview(_stack(stack)) as engine:
                _write(into / "base" / stack, _preview(_stack(stack), engine, engine.env)[1])
    for case in cases():
        if chosen and case.name not in chosen:
            continue
        try:
            files, text = _record(target, case)
        except Exception as error:  # noqa: BLE001  the other cases are recorded nevertheless
            say(f"{case.name}: {error}")
            failed += 1
            continue
        _write(into / "cases" / case.name, files)
        (into / "cases" / case.name / "engine.txt").write_text(text, encoding="utf-8")
        say(case.name)
    return int(failed > 0)


def declare() -> None:
    """Write what the base declares into this checkout."""
    for edit in base():
        edit.apply(CHECKOUT)


def _stack(title: str) -> Stack:
    project, _, part = title.partition("/")
    return Stack(project, SANDBOX, part or None)


@contextmanager
def _changed(edits: tuple[Edit, ...]) -> Generator[None]:
    with ExitStack() as undoing:
        for edit in edits:
            undoing.callback(edit.apply(CHECKOUT))
        yield


def _record(target: Sandbox, case: Case) -> tuple[dict[str, bytes], str]:
    with _changed(case.edits), tempfile.TemporaryDirectory() as folder:
        chain = Chain(Path(folder))
        for title in case.before:
            stack = _stack(title)
            with target.preview(stack) as engine:
                _, files = _preview(stack, engine, {**engine.env, **chain.environment(stack)})
                chain.add(stack, _contracts(stack, files, Path(folder)))
        stack = _stack(case.stack)
        with target.preview(stack) as engine:
            prepared = _unprotected(engine, stack, case, Path(folder)) if case.unprotected else engine
            code, files = _preview(stack, prepared, {**prepared.env, **chain.environment(stack)})
            return files, code


def _unprotected(engine: PreviewEngine, stack: Stack, case: Case, folder: Path) -> PreviewEngine:
    """Return an engine on a copy of the state in which an earlier update has taken protection away."""
    file = folder / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    file.parent.mkdir(parents=True)
    state: Json = json.loads(engine.state())
    for resource in state["checkpoint"]["latest"]["resources"]:
        if resource["type"] in case.unprotected:
            resource.pop("protect", None)
            resource["inputs"] |= {"deletionProtection": False, "deletionPolicy": "DELETE"}
            resource["inputs"]["settings"] = {**resource["inputs"]["settings"], "deletionProtectionEnabled": False}
    file.write_text(json.dumps(state), encoding="utf-8")
    env = {**engine.env, "PULUMI_BACKEND_URL": f"file://{folder}?metadata=skip"}
    return replace(engine, env=env, state=file.read_bytes)


def _contracts(stack: Stack, files: dict[str, bytes], folder: Path) -> Path:
    made = folder / f"made-{stack.name}"
    made.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    artifacts = PreviewArtifacts(folder / "plan.json", folder / "events.json", lambda: files["state.json"])
    evaluate(stack, artifacts, binding=False, contracts=made)
    return made


def _preview(stack: Stack, engine: PreviewEngine, env: Mapping[str, str]) -> tuple[str, dict[str, bytes]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        text, files = _run(stack, engine, env, folder, ())
        if any(reviewed(message) != message for _, message in parse(files["events.json"], "events.json").errors):
            text, files = _run(stack, engine, env, folder, ("--ignore-protect",))
        return text, {**files, "state.json": engine.state()}


def _run(
    stack: Stack, engine: PreviewEngine, env: Mapping[str, str], folder: Path, options: tuple[str, ...]
) -> tuple[str, dict[str, bytes]]:
    plan, events = folder / "plan.json", folder / "events.json"
    for file in (plan, events):
        file.unlink(missing_ok=True)
    command = [
        str(engine.program),
        "preview",
        "--stack",
        stack.name,
        "--non-interactive",
        "--suppress-progress",
        "--diff",
    ]
    command += [
        "--color",
        "never",
        "--policy-pack",
        str(POLICIES),
        f"--save-plan={plan}",
        f"--event-log={events}",
        *options,
    ]
    done = subprocess.run(  # noqa: S603  the engine
        command,
        cwd=stack.folder,
        env={**env, "PULUMI_DEBUG_COMMANDS": "true"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if not events.exists():
        raise RuntimeError(f"the engine did not start:\n{done.stdout}")
    files = {file.name: file.read_bytes() for file in (plan, events) if file.exists()}
    return done.stdout, files


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
