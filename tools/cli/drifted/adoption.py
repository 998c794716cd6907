"""Adoption of a drifted property: the place in the configuration that it comes from, proved by a preview.

Of the places with the declared value in the stack file and, for an app, in its entry, the one is right with which the
program declares what the cloud has. So each is tried: a copy of the layer with the other value there is previewed
against the cloud, as the read-only identity, and the property must no longer be drifted.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.drifted import places
from cli.drifted.drifted_property import DriftedProperty
from cli.drifted.places import Place
from cli.layout import Stack
from cli.pulumi import judges
from cli.pulumi.gate import GateResult, PreviewArtifacts, evaluate
from cli.target.protocol import PreviewEngine
from toolchain.progress import step

# Previews of one property; a value such as `true` is in many places.
_TRIED = 5
_CHANGES = "changes"
_ENVIRONMENT = ".venv"
_NOT_COPIED = (_ENVIRONMENT, ".pytest_cache", ".ruff_cache")


@dataclass(frozen=True)
class Proof:
    """Result of the previews of a property's places.

    Attributes:
        place: the place that the property comes from; None where none was proved.
        besides: what else a deployment would change with the other value there, a line each.
        candidates: places with the declared value.
        tried: number of the places that were previewed.
    """

    place: Place | None
    besides: tuple[str, ...]
    candidates: Sequence[Place]
    tried: int


@dataclass
class Trials:
    """Previews of a stack with other values in its configuration.

    Attributes:
        stack: the stack.
        engine: its read-only engine.
        before: the gate's verdict on the configuration as it is.
    """

    stack: Stack
    engine: PreviewEngine
    before: GateResult
    _done: dict[tuple[Path, str], GateResult | None] = field(default_factory=dict[tuple[Path, str], GateResult | None])

    def proof(self, drifted: DriftedProperty) -> Proof:
        """Return the place that a property comes from."""
        found = list(_candidates(self.stack, drifted))
        found.sort(key=lambda place: -places.likeness(place, drifted.path))
        for number, place in enumerate(found[:_TRIED], 1):
            verdict = self._verdict(place)
            if verdict is not None and drifted.key not in {one.key for one in verdict.drift}:
                known = self.before.sections.get(_CHANGES, ())
                besides = tuple(line for line in verdict.sections.get(_CHANGES, ()) if line not in known)
                return Proof(place, besides, found, number)
        return Proof(None, (), found, min(len(found), _TRIED))

    def _verdict(self, place: Place) -> GateResult | None:
        """Return the gate's verdict with another value at a place; None where the program refuses it."""
        key = place.file, place.text
        if key not in self._done:
            self._done[key] = self._previewed(place)
        return self._done[key]

    def _previewed(self, place: Place) -> GateResult | None:
        stack, engine = self.stack, self.engine
        with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder, step(f"{stack.title}: trying {place.path}"):
            copy = Path(folder) / stack.project
            shutil.copytree(stack.folder, copy, ignore=shutil.ignore_patterns(*_NOT_COPIED))
            (copy / _ENVIRONMENT).symlink_to((stack.folder / _ENVIRONMENT).resolve())
            (copy / place.file.relative_to(stack.folder)).write_text(place.text, encoding="utf-8")
            artifacts = PreviewArtifacts(Path(folder) / "plan.json", Path(folder) / "events.json", engine.state)
            judges.before_run(stack)
            done = subprocess.run(  # noqa: S603  the engine
                [
                    *(str(engine.program), "preview", "--stack", stack.name, "--refresh"),
                    *("--non-interactive", "--suppress-progress", "--color", "never"),
                    *(f"--save-plan={artifacts.plan}", f"--event-log={artifacts.events}"),
                ],
                cwd=copy,
                env={**engine.env, "PULUMI_DEBUG_COMMANDS": "true"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            return None if done.returncode else evaluate(stack, artifacts, binding=False)


def _candidates(stack: Stack, drifted: DriftedProperty) -> Iterator[Place]:
    yield from places.places(stack.file, drifted.declared, drifted.live, below=("config",))
    if stack.is_app:
        entry = stack.folder / "entries" / f"{stack.part}.yaml"
        yield from places.places(entry, drifted.declared, drifted.live)
