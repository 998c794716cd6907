"""Cost of each stack's preview against the engine's floor of the same run, and where its time goes.

The floor is the engine's preview of an empty program, without and with the policy pack.
"""

import statistics
from collections.abc import Iterator, Mapping
from pathlib import Path

from cli.embedded.environment import sandbox_environment
from cli.layout import POLICIES, SANDBOX, stacks
from lab.bench import floor, trace
from lab.bench.place import Place
from lab.bench.process import output
from lab.bench.tables import Table
from toolchain.progress import say

_PACK = ("--policy-pack", str(POLICIES))
_EMPTY, _EMPTY_WITH_PACK = "an empty program: the floor", "an empty program, with the pack"


def measured(place: Place) -> Iterator[Table]:
    """Tables: each stack's preview, against the floor and split by the engine's trace."""
    sandbox = place.sandbox()
    pulumi = floor.pulumi(sandbox)
    chosen = {stack.title: stack for stack in stacks(SANDBOX)}
    with floor.program(sandbox) as (folder, env):
        say("previews of an empty program …")
        lowest = floor.median([*pulumi, "preview"], folder, env)
        times = {_EMPTY: lowest, _EMPTY_WITH_PACK: floor.median([*pulumi, "preview", *_PACK], folder, env)}
        splits = {_EMPTY_WITH_PACK: _split([*pulumi, "preview", *_PACK], folder, env, place)}
    for title, stack in chosen.items():
        say(f"previews of {title} …")
        command = [*pulumi, "preview", "--stack", stack.name, *_PACK]
        env = sandbox_environment(sandbox, stack, "preview")
        times[f"{title}, with the pack"] = floor.median(command, stack.folder, env)
        splits[f"{title}, with the pack"] = _split(command, stack.folder, env, place)
    rows = [[what, f"{taken:.2f} s", f"{taken / lowest:.1f}"] for what, taken in times.items()]
    yield Table("previews", ("preview of", "time", "times the floor"), rows)
    shares = [[what, *(f"{parts[kind]:.2f} s" for kind in trace.KINDS)] for what, parts in splits.items()]
    yield Table("split", ("preview of", *trace.KINDS), shares)


def _split(command: list[str], folder: Path, env: Mapping[str, str], place: Place) -> dict[str, float]:
    """Median seconds of each kind over several traced previews."""
    splits: list[dict[str, float]] = []
    file = place.empty("trace") / "trace.json"
    for _ in range(floor.RUNS):
        output([*command, f"--otel-traces=file://{file}"], folder, env)
        splits.append(trace.split(trace.read(file)))
        file.unlink()
    return {kind: statistics.median(each[kind] for each in splits) for kind in trace.KINDS}
