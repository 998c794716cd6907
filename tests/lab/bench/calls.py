"""The simulated cloud's share of an unchanged `make up`.

`python -m lab.bench.calls`, from `tests`, with SANDBOX_DIR set. The audit log lists the calls of an `up`. On an
unchanged sandbox these only read, so each is repeated by the same principal and timed. The sum is the cost of the
calls without the processes that made them.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.cloud.api import Cloud
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import CallEntry
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

TOOLS = CHECKOUT / "tools"
# The log does not keep the tokens that these took.
_SIGNING_IN = ("sts.", "iamcredentials.")


@dataclass(frozen=True)
class Share:
    """Share of the simulated cloud in an unchanged `make up`: total seconds, and number and seconds of the calls."""

    whole: float
    number: int
    seconds: float


def _again(cloud: Cloud, call: CallEntry) -> None:
    """Repeats one call of the log, or one decision that the API server asked for."""
    caller = Caller(call.principal, tuple(call.delegation))
    if call.method not in cloud.methods:
        with cloud.iam.recording(caller, call.resource):
            for permission in call.permissions:
                decision = cloud.iam.decide(call.principal, permission, call.resource)
                cloud.log_decision(call.method, call.resource, caller, decision)
        return
    try:
        cloud.call(call.method, call.resource.removeprefix("//").partition("/")[2], caller)
    except ApiError as error:
        if error.status != call.status:
            raise


def seconds(cloud: Cloud, calls: Iterable[CallEntry]) -> float:
    """Total time of the calls."""
    started = time.perf_counter()
    for call in calls:
        _again(cloud, call)
    return time.perf_counter() - started


def measured(directory: Path, env: Mapping[str, str]) -> Share:
    """Runs `up` on a sandbox that is up, and measures its calls.

    Args:
        directory: the sandbox's folder.
        env: the environment for the command.
    """
    cloud = Cloud(directory / "cloud.db")
    before = max((call.number for call in cloud.store.calls()), default=0)
    started = time.monotonic()
    command = [sys.executable, "-m", "cli", "up"]
    done = subprocess.run(command, cwd=TOOLS, env=dict(env), capture_output=True, text=True, check=False)  # noqa: S603  ours
    taken = time.monotonic() - started
    if done.returncode or "no changes" not in done.stdout:
        raise ToolError(f"the sandbox is not up and unchanged, so its calls were not measured:\n{done.stderr}")
    calls = [call for call in cloud.store.calls(before) if not call.method.startswith(_SIGNING_IN)]
    spent = seconds(cloud, calls)
    cloud.store.close()
    return Share(taken, len(calls), spent)


def main() -> int:
    """Measures on the sandbox of SANDBOX_DIR."""
    directory = os.environ.get("SANDBOX_DIR", "")
    if not (Path(directory) / "cloud.db").is_file():
        print(f"error: SANDBOX_DIR={directory!r} is no sandbox; run `make up`", file=sys.stderr)
        return 1
    share = measured(Path(directory), os.environ)
    print(
        f"make up, unchanged: {share.whole:.1f} s; {share.number} calls of the simulated cloud: "
        f"{share.seconds * 1000:.0f} ms, {share.seconds / share.whole:.2%} of it"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
